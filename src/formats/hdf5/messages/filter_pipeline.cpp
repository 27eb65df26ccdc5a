#include <string>

#include "formats/hdf5/messages/storage_messages.h"

namespace rutter::hdf5 {
namespace {

constexpr std::uint16_t kFirstNamedFilter = 256;  ///< Version 2 gives names only to filters from here on.
constexpr std::uint16_t kOptionalFlag = 1;

CodecSpec DecodeFilter(ByteReader& r, std::uint8_t version) {
  CodecSpec spec;
  spec.hdf5_filter = r.U16();
  bool has_name_length = version == 1 || spec.hdf5_filter >= kFirstNamedFilter;
  std::uint16_t name_bytes = has_name_length ? r.U16() : 0;
  if (version == 1 && name_bytes % 8 != 0) {
    r.Fail(ErrorCode::kCorrupt, "a filter name of " + std::to_string(name_bytes) + " bytes, not a multiple of 8");
  }
  spec.optional = (r.U16() & kOptionalFlag) != 0;
  std::uint16_t num_values = r.U16();
  std::string_view name = r.TakeText(name_bytes);
  spec.name = name.substr(0, name.find('\0'));
  if (r.Fits(num_values, 4)) {
    spec.values.resize(num_values);
    for (std::uint32_t& value : spec.values) value = r.U32();
  }
  if (version == 1 && num_values % 2 != 0) r.Skip(4);  // padding to 8 bytes

  if (const Codec* codec = FindCodecByHdf5Filter(spec.hdf5_filter)) {
    spec.id = codec->id;
    if (spec.name.empty()) spec.name = codec->title;
  } else if (spec.name.empty()) {
    spec.name = Hdf5FilterTitle(spec.hdf5_filter);
  }
  return spec;
}

}  // namespace

Result<std::vector<CodecSpec>> DecodeFilterPipeline(ByteReader r, const Limits& limits) {
  std::uint8_t version = r.U8();
  if (r.ok() && version != 1 && version != 2) r.Fail(ErrorCode::kUnsupported, "version " + std::to_string(version));
  std::uint8_t count = r.U8();
  if (version == 1) r.Skip(6);  // reserved
  if (count > limits.filters) r.Fail(ErrorCode::kLimit, std::to_string(count) + " filters (Limits::filters)");
  std::vector<CodecSpec> stages;
  for (unsigned i = 0; i < count && r.ok(); ++i) stages.push_back(DecodeFilter(r, version));
  return r.Finish(std::move(stages));
}

}  // namespace rutter::hdf5
