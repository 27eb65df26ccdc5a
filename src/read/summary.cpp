#include "read/summary.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "model/number.h"
#include "read/npy_writer.h"

namespace rutter {
namespace {

/// Count, mean and sum of squared differences; two of them merge exactly as Chan et al. (1979) give it.
struct Moments {
  std::uint64_t count = 0;
  double mean = 0, squares = 0, minimum = 0, maximum = 0;

  void Merge(const Moments& other) {
    if (other.count == 0) return;
    if (count == 0) {
      *this = other;
      return;
    }
    double total = static_cast<double>(count + other.count), delta = other.mean - mean;
    squares += other.squares + delta * delta * static_cast<double>(count) * static_cast<double>(other.count) / total;
    mean += delta * static_cast<double>(other.count) / total;
    count += other.count;
    minimum = std::min(minimum, other.minimum);
    maximum = std::max(maximum, other.maximum);
  }
};

template <class Number>
Moments Block(const std::byte* bytes, std::uint64_t count, std::uint64_t& non_finite) {
  Moments moments;
  double sum = 0, squares = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    Number number;
    std::memcpy(&number, bytes + i * sizeof number, sizeof number);
    auto value = static_cast<double>(number);
    if (!std::isfinite(value)) {
      ++non_finite;
      continue;
    }
    if (moments.count == 0) moments.minimum = moments.maximum = moments.mean = value;  // mean: the shift that keeps sums small
    double shifted = value - moments.mean;
    sum += shifted;
    squares += shifted * shifted;
    moments.minimum = std::min(moments.minimum, value);
    moments.maximum = std::max(moments.maximum, value);
    ++moments.count;
  }
  if (moments.count == 0) return moments;
  double n = static_cast<double>(moments.count);
  moments.squares = std::max(0.0, squares - sum * sum / n);
  moments.mean += sum / n;
  return moments;
}

using BlockFunction = Moments (*)(const std::byte*, std::uint64_t, std::uint64_t&);

Moments HalfBlock(const std::byte* bytes, std::uint64_t count, std::uint64_t& non_finite) {
  std::vector<double> wide(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint16_t half;
    std::memcpy(&half, bytes + 2 * i, 2);
    wide[static_cast<std::size_t>(i)] = HalfToDouble(half);
  }
  return Block<double>(reinterpret_cast<const std::byte*>(wide.data()), count, non_finite);
}

BlockFunction Choose(const Dtype& native) {
  const Dtype& type = native.type_class == TypeClass::kEnum && native.base != nullptr ? *native.base : native;
  if (type.type_class == TypeClass::kBool) return Block<std::uint8_t>;
  if (type.type_class == TypeClass::kFloat) return type.size_bytes == 2 ? HalfBlock : type.size_bytes == 4 ? Block<float> : Block<double>;
  if (type.type_class != TypeClass::kInteger) return nullptr;
  switch (type.size_bytes) {
    case 1: return type.is_signed ? Block<std::int8_t> : Block<std::uint8_t>;
    case 2: return type.is_signed ? Block<std::int16_t> : Block<std::uint16_t>;
    case 4: return type.is_signed ? Block<std::int32_t> : Block<std::uint32_t>;
    case 8: return type.is_signed ? Block<std::int64_t> : Block<std::uint64_t>;
    default: return nullptr;
  }
}

}  // namespace

Result<Summary> Summarize(const Reader& reader, const Array& array, const Slice& slice, const ReadOptions& options) {
  DtypePtr native = NativeType(array.dtype);
  BlockFunction block_moments = array.object_codec.empty() ? Choose(*native) : nullptr;
  if (block_moments == nullptr) return Fail(ErrorCode::kUnsupported, "statistics need numbers, and this is " + DtypeTitle(*array.dtype));
  Summary summary;
  Moments all;
  std::vector<std::byte> buffer;
  std::uint64_t block_bytes = std::max<std::uint64_t>(1 << 20, std::min<std::uint64_t>(options.max_memory_bytes / 2, 64ull << 20));
  RUTTER_TRY(ForEachBlock(slice, block_bytes / native->size_bytes, [&](const Slice& block) -> Status {
    std::uint64_t count = block.NumElements();
    buffer.resize(static_cast<std::size_t>(count * native->size_bytes));
    RUTTER_TRY(reader.Read(array, block, buffer, options));
    summary.count += count;
    all.Merge(block_moments(buffer.data(), count, summary.non_finite));
    return {};
  }));
  summary.minimum = all.minimum;
  summary.maximum = all.maximum;
  summary.mean = all.mean;
  summary.standard_deviation = all.count == 0 ? 0 : std::sqrt(all.squares / static_cast<double>(all.count));
  return summary;
}

}  // namespace rutter
