#include "read/summary.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "base/checked.h"
#include "base/thread_pool.h"
#include "model/number.h"
#include "read/slice_blocks.h"

namespace rutter {
namespace {

constexpr std::uint64_t kBlockBytes = 16 << 20;
constexpr std::uint64_t kPartElements = 32 << 10;

struct Half {
  std::uint16_t bits;
};

/// Count, mean and sum of squared distances from it; two of them join exactly (Chan, Golub, LeVeque 1979).
struct Moments {
  std::uint64_t count = 0, non_finite = 0;
  double minimum = std::numeric_limits<double>::infinity(), maximum = -std::numeric_limits<double>::infinity();
  double mean = 0, squares = 0;

  void Join(const Moments& other) {
    non_finite += other.non_finite;
    if (other.count == 0) return;
    minimum = std::min(minimum, other.minimum);
    maximum = std::max(maximum, other.maximum);
    auto n = static_cast<double>(count), m = static_cast<double>(other.count);
    double distance = other.mean - mean;
    mean += distance * (m / (n + m));
    squares += other.squares + distance * distance * (n * m / (n + m));
    count += other.count;
  }
};

template <class T>
Moments MomentsOf(const std::byte* from, std::uint64_t elements) {
  Moments moments;
  auto each = [&](const auto& visit) {
    for (std::uint64_t i = 0; i < elements; ++i) {
      T value;
      std::memcpy(&value, from + i * sizeof value, sizeof value);
      if constexpr (std::is_same_v<T, Half>) {
        visit(HalfToDouble(value.bits));
      } else {
        visit(static_cast<double>(value));
      }
    }
  };
  double sum = 0;
  each([&](double number) {
    if (!std::isfinite(number)) {
      ++moments.non_finite;
      return;
    }
    ++moments.count;
    sum += number;
    moments.minimum = std::min(moments.minimum, number);
    moments.maximum = std::max(moments.maximum, number);
  });
  if (moments.count == 0) return moments;
  double mean = sum / static_cast<double>(moments.count), squares = 0;
  each([&](double number) {
    if (std::isfinite(number)) squares += (number - mean) * (number - mean);
  });
  moments.mean = mean;
  moments.squares = squares;
  return moments;
}

using Measure = Moments (*)(const std::byte*, std::uint64_t);

/// Null where the type is no plain number.
Measure MeasureOf(const Dtype& native) {
  const Dtype& number = native.type_class == TypeClass::kEnum && native.base != nullptr ? *native.base : native;
  bool is_signed = number.type_class == TypeClass::kInteger && number.is_signed;
  switch (number.type_class) {
    case TypeClass::kFloat:
      return number.size_bytes == 2 ? MomentsOf<Half> : number.size_bytes == 4 ? MomentsOf<float> : number.size_bytes == 8 ? MomentsOf<double> : nullptr;
    case TypeClass::kBool:
    case TypeClass::kInteger:
    case TypeClass::kBitfield:
      switch (number.size_bytes) {
        case 1: return is_signed ? MomentsOf<std::int8_t> : MomentsOf<std::uint8_t>;
        case 2: return is_signed ? MomentsOf<std::int16_t> : MomentsOf<std::uint16_t>;
        case 4: return is_signed ? MomentsOf<std::int32_t> : MomentsOf<std::uint32_t>;
        case 8: return is_signed ? MomentsOf<std::int64_t> : MomentsOf<std::uint64_t>;
        default: return nullptr;
      }
    default: return nullptr;
  }
}

}  // namespace

Result<Summary> Summarize(const Reader& reader, const Array& array, const Slice& slice, const ReadOptions& options) {
  if (array.failure) return Fail(*array.failure);
  DtypePtr native = NativeType(array.dtype);
  Measure measure = array.object_codec.empty() ? MeasureOf(*native) : nullptr;
  if (measure == nullptr) return Fail(ErrorCode::kUnsupported, "no statistics of " + DtypeTitle(*array.dtype) + " elements");
  Moments all;
  std::uint64_t size = native->size_bytes;
  ReadOptions block_options = options;
  block_options.max_memory_bytes = options.max_memory_bytes / 2;
  SliceBlocks blocks(array, array.is_null ? WholeSlice({0}) : slice, size, std::min(kBlockBytes, block_options.max_memory_bytes), block_options.max_memory_bytes);
  std::vector<std::byte> bytes;
  std::vector<Moments> parts;
  while (auto block = blocks.Next()) {
    std::uint64_t elements = block->NumElements();
    bytes.resize(static_cast<std::size_t>(elements * size));
    RUTTER_TRY(reader.Read(array, *block, bytes, block_options));
    parts.assign(static_cast<std::size_t>(CeilDiv(elements, kPartElements)), {});
    auto measure_part = [&](std::uint64_t part, unsigned) -> Status {
      std::uint64_t first = part * kPartElements;
      parts[part] = measure(bytes.data() + first * size, std::min(kPartElements, elements - first));
      return {};
    };
    RUTTER_TRY(ThreadPool::Shared().ParallelFor(parts.size(), options.threads, options.cancel, measure_part));
    for (const Moments& part : parts) all.Join(part);  // in order, so that the result does not depend on the threads
  }
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  Summary summary{all.count + all.non_finite, all.non_finite, kNone, kNone, kNone, kNone};
  if (all.count > 0) {
    summary.minimum = all.minimum;
    summary.maximum = all.maximum;
    summary.mean = all.mean;
    summary.standard_deviation = std::sqrt(all.squares / static_cast<double>(all.count));
  }
  return summary;
}

}  // namespace rutter
