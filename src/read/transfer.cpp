#include "read/transfer.h"

#include <algorithm>

#include "model/element.h"

namespace rutter {
namespace {

/// Big-endian machine numbers, alone or side by side (complex, arrays, enumerations): bytes of one, 0 for anything else.
std::size_t SwapUnit(const Dtype& dtype) {
  switch (dtype.type_class) {
    case TypeClass::kInteger:
    case TypeClass::kFloat:
      return dtype.IsMachine() && dtype.order == ByteOrder::kBig && dtype.size_bytes > 1 ? static_cast<std::size_t>(dtype.size_bytes) : 0;
    case TypeClass::kEnum:
    case TypeClass::kArray:
    case TypeClass::kComplex: return dtype.base == nullptr ? 0 : SwapUnit(*dtype.base);
    default: return 0;
  }
}

}  // namespace

Transfer Transfer::AsStored(const Dtype& stored) {
  Transfer transfer;
  transfer.stored_ = transfer.native_ = &stored;
  transfer.from_bytes_ = transfer.to_bytes_ = static_cast<std::size_t>(stored.size_bytes);
  return transfer;
}

Result<Transfer> Transfer::ToNativeType(const Dtype& stored, const Dtype& native) {
  RUTTER_TRY(ToNative(stored, native, {}, 0, {}));  // refuses what has no conversion
  Transfer transfer = AsStored(stored);
  transfer.native_ = &native;
  transfer.to_bytes_ = static_cast<std::size_t>(native.size_bytes);
  if (&stored == &native) return transfer;
  std::size_t unit = SwapUnit(stored);
  bool swaps = unit != 0 && stored.size_bytes == native.size_bytes && stored.size_bytes % unit == 0;
  transfer.kind_ = swaps ? Kind::kSwap : Kind::kConvert;
  transfer.unit_bytes_ = unit;
  return transfer;
}

Status Transfer::Move(const StridedBox& box, const std::byte* from, std::byte* to, Buffer& scratch) const {
  switch (kind_) {
    case Kind::kCopy: CopyStrided(box, from, to, from_bytes_); return {};
    case Kind::kSwap: {
      StridedBox units = box;
      if (unit_bytes_ != from_bytes_) {
        auto unit = static_cast<std::int64_t>(unit_bytes_);
        units.Add(from_bytes_ / unit_bytes_, unit, unit);
      }
      CopySwapped(units, from, to, unit_bytes_);
      return {};
    }
    case Kind::kConvert: {
      if (box.NumElements() == 0) return {};
      return Convert(box, from, to, scratch);
    }
  }
  return {};
}

Status Transfer::Convert(const StridedBox& wanted, const std::byte* from, std::byte* to, Buffer& scratch) const {
  StridedBox box = wanted;
  box.Simplify();
  // Blocks that stay in the cache: the largest axis is halved until they are small.
  std::uint64_t elements = box.NumElements();
  constexpr std::size_t kBlockBytes = 128 << 10;
  if (elements > 1 && elements * (from_bytes_ + to_bytes_) > kBlockBytes) {
    std::size_t longest = 0;
    for (std::size_t k = 1; k < box.rank; ++k) {
      if (box.axes[k].count > box.axes[longest].count) longest = k;
    }
    StridedBox half = box;
    half.axes[longest].count /= 2;
    RUTTER_TRY(Convert(half, from, to, scratch));
    auto done = static_cast<std::int64_t>(half.axes[longest].count);
    half.axes[longest].count = box.axes[longest].count - half.axes[longest].count;
    return Convert(half, from + done * box.axes[longest].from, to + done * box.axes[longest].to, scratch);
  }
  // Gathered, converted in one call, scattered. Either copy falls away where that side is contiguous already.
  StridedBox gather, scatter;
  std::int64_t packed_from = static_cast<std::int64_t>(from_bytes_), packed_to = static_cast<std::int64_t>(to_bytes_);
  bool from_is_packed = true, to_is_packed = true;
  gather.rank = scatter.rank = box.rank;
  for (std::size_t k = box.rank; k-- > 0;) {
    const StridedAxis& axis = box.axes[k];
    gather.axes[k] = {axis.count, axis.from, packed_from};
    scatter.axes[k] = {axis.count, packed_to, axis.to};
    from_is_packed = from_is_packed && axis.from == packed_from;
    to_is_packed = to_is_packed && axis.to == packed_to;
    packed_from *= static_cast<std::int64_t>(axis.count);
    packed_to *= static_cast<std::int64_t>(axis.count);
  }
  std::size_t in_bytes = static_cast<std::size_t>(elements) * from_bytes_, out_bytes = static_cast<std::size_t>(elements) * to_bytes_;
  std::byte* memory = scratch.Reserve(in_bytes + out_bytes);
  const std::byte* in = from;
  if (!from_is_packed) {
    CopyStrided(gather, from, memory, from_bytes_);
    in = memory;
  }
  std::byte* out = to_is_packed ? to : memory + in_bytes;
  RUTTER_TRY(ToNative(*stored_, *native_, {in, in_bytes}, elements, {out, out_bytes}));
  if (!to_is_packed) CopyStrided(scatter, out, to, to_bytes_);
  return {};
}

}  // namespace rutter
