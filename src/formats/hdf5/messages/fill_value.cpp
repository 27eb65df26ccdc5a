#include <string>

#include "formats/hdf5/messages/storage_messages.h"

namespace rutter::hdf5 {
namespace {

constexpr std::uint8_t kUndefinedFlag = 0x10, kDefinedFlag = 0x20;  ///< Version 3.
constexpr std::uint32_t kLargestSize = 0x7FFFFFFF;  ///< Versions 1 and 2.

void TakeValue(ByteReader& r, std::uint32_t size, FillValueMessage& fill) {
  auto value = r.Take(size);
  fill.value.assign(value.begin(), value.end());
  fill.defined = !value.empty();  // A size of 0 is the library's default: zeros.
}

}  // namespace

Result<FillValueMessage> DecodeFillValue(ByteReader r) {
  FillValueMessage fill;
  const std::uint8_t version = r.U8();
  if (version == 1 || version == 2) {
    fill.allocation_time = r.U8();
    fill.write_time = r.U8();
    const bool defined = r.U8() != 0;
    fill.undefined = !defined;
    if (version == 1 || defined) {
      // The library takes the size as a signed number, and writes -1 where the value is undefined.
      const std::uint32_t size = r.U32();
      fill.undefined = fill.undefined || size > kLargestSize;
      if (size <= kLargestSize) TakeValue(r, size, fill);
    }
    if (!defined) {
      fill.defined = false;
      fill.value.clear();
    }
  } else if (version == 3) {
    const std::uint8_t flags = r.U8();
    fill.allocation_time = flags & 3;
    fill.write_time = (flags >> 2) & 3;
    fill.undefined = (flags & kUndefinedFlag) != 0;
    if (fill.undefined && (flags & kDefinedFlag) != 0) r.Fail(ErrorCode::kCorrupt, "a fill value both undefined and defined");
    if ((flags & kDefinedFlag) != 0) TakeValue(r, r.U32(), fill);
  } else if (r.ok()) {
    r.Fail(ErrorCode::kUnsupported, "version " + std::to_string(version));
  }
  return r.Finish(std::move(fill));
}

Result<FillValueMessage> DecodeFillValueOld(ByteReader r) {
  FillValueMessage fill;
  TakeValue(r, r.U32(), fill);
  return r.Finish(std::move(fill));
}

}  // namespace rutter::hdf5
