// The scale-offset filter: numbers less their minimum, in as few bits as that takes; floats scaled by a power of ten.
// Source: HDF5 reference manual, "H5Pset_scaleoffset", and the parameter list that the library stores with the filter.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "codecs/big_endian.h"
#include "codecs/bit_stream.h"
#include "codecs/decoders.h"

namespace rutter {
namespace {

constexpr std::size_t kHeaderBytes = 21;

template <class Int>
void Put(Int value, bool big, std::byte* out) {
  for (std::size_t i = 0; i < sizeof(Int); ++i) out[big ? sizeof(Int) - 1 - i : i] = static_cast<std::byte>(value >> (8 * i));
}

void PutWidth(std::uint64_t value, std::size_t width, bool big, std::byte* out) {
  for (std::size_t i = 0; i < width; ++i) out[big ? width - 1 - i : i] = static_cast<std::byte>(value >> (8 * i));
}

/// A signed number of `width` bytes from its low bits, as the library reinterprets it.
std::int64_t SignExtend(std::uint64_t value, std::size_t width) {
  unsigned shift = 64 - 8 * static_cast<unsigned>(width);
  return static_cast<std::int64_t>(value << shift) >> shift;
}

}  // namespace

RUTTER_DECODER(DecodeScaleOffset) {
  (void)context;
  const auto& v = spec.values;
  if (v.size() < 8) return Fail(ErrorCode::kCorrupt, "scale-offset needs at least eight parameters");
  std::uint32_t scale_type = v[0], count = v[2], type_class = v[3];
  auto decimals = static_cast<std::int32_t>(v[1]);
  std::size_t width = v[4];
  bool big = v[6] == 1, has_fill = v[7] == 1;
  bool is_float = type_class == 1;
  bool sound = (width == 1 || width == 2 || width == 4 || width == 8) && (!is_float || width >= 4) && type_class <= 1;
  if (!sound) return Fail(ErrorCode::kCorrupt, "scale-offset parameters are out of range");
  if (is_float && scale_type != 0) return Fail(ErrorCode::kUnsupported, "scale-offset with exponent scaling");
  if (count > out.size() / width) return Fail(ErrorCode::kCorrupt, "scale-offset parameters claim more than the chunk");
  if (in.size() < kHeaderBytes) return Fail(ErrorCode::kCorrupt, "scale-offset data is shorter than its header");
  auto bits = static_cast<std::uint32_t>(LoadLittle(in.data(), 4));
  auto minimum_bytes = std::min<std::size_t>(8, std::to_integer<std::size_t>(in[4]));
  std::uint64_t minimum = LoadLittle(in.data() + 5, static_cast<int>(minimum_bytes));
  if (bits > width * 8) return Fail(ErrorCode::kCorrupt, "scale-offset stores more bits than its type has");
  std::size_t total = count * width;
  auto data = in.subspan(kHeaderBytes);
  if (bits == width * 8) {  // nothing saved: the numbers themselves, little-endian whatever the type's order is
    if (data.size() < total) return Fail(ErrorCode::kCorrupt, "scale-offset data is cut short");
    if (!big && total != 0) std::memcpy(out.data(), data.data(), total);
    for (std::size_t at = 0; big && at < total; at += width) {
      std::reverse_copy(data.data() + at, data.data() + at + width, out.data() + at);
    }
    return total;
  }
  std::uint64_t fill = 0;
  for (std::size_t k = 0; k < (width + 3) / 4 && 8 + k < v.size(); ++k) fill |= static_cast<std::uint64_t>(v[8 + k]) << (32 * k);
  std::uint64_t fill_mark = bits == 0 ? 0 : (~0ull >> (64 - bits));
  BitStream stream(data);
  float minimum_float;
  double minimum_double;
  auto low = static_cast<std::uint32_t>(minimum);
  std::memcpy(&minimum_float, &low, 4);
  std::memcpy(&minimum_double, &minimum, 8);
  float float_scale = std::pow(10.0f, static_cast<float>(decimals));
  double double_scale = std::pow(10.0, static_cast<double>(decimals));
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t raw = stream.Take(bits);
    std::byte* at = out.data() + i * width;
    if (has_fill && raw == fill_mark) {
      PutWidth(fill, width, big, at);
    } else if (!is_float) {
      PutWidth(raw + minimum, width, big, at);
    } else if (width == 4) {
      float number = static_cast<float>(SignExtend(raw, 4)) / float_scale + minimum_float;
      std::uint32_t word;
      std::memcpy(&word, &number, 4);
      Put(word, big, at);
    } else {
      double number = static_cast<double>(SignExtend(raw, 8)) / double_scale + minimum_double;
      std::uint64_t word;
      std::memcpy(&word, &number, 8);
      Put(word, big, at);
    }
  }
  if (stream.overrun()) return Fail(ErrorCode::kCorrupt, "scale-offset data is cut short");
  return total;
}

}  // namespace rutter
