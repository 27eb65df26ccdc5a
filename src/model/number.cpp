#include "model/number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace rutter {
namespace {

using Wide = unsigned __int128;

/// The element's bytes as one little-endian number; at most 16 bytes.
Wide LoadBits(const Dtype& dtype, std::span<const std::byte> in) {
  std::array<std::byte, 16> bytes{};
  std::size_t n = std::min(in.size(), bytes.size());
  if (dtype.order == ByteOrder::kBig) {
    for (std::size_t i = 0; i < n; ++i) bytes[i] = in[n - 1 - i];
  } else if (dtype.order == ByteOrder::kVax) {
    // 16-bit words, each little-endian, the most significant word first.
    for (std::size_t i = 0; i + 1 < n; i += 2) {
      bytes[n - 2 - i] = in[i];
      bytes[n - 1 - i] = in[i + 1];
    }
  } else {
    std::copy_n(in.begin(), n, bytes.begin());
  }
  Wide value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

Wide Field(Wide bits, std::uint32_t position, std::uint32_t count) {
  if (position >= 128 || count == 0) return 0;
  bits >>= position;
  return count >= 128 ? bits : bits & ((Wide{1} << count) - 1);
}

}  // namespace

std::uint64_t StoredInteger(const Dtype& dtype, std::span<const std::byte> in) {
  auto total = static_cast<std::uint32_t>(std::min<std::uint64_t>(dtype.size_bytes * 8, 128));
  std::uint32_t precision = dtype.precision == 0 ? total : std::min(dtype.precision, total);
  auto value = static_cast<std::uint64_t>(Field(LoadBits(dtype, in), dtype.bit_offset, precision));
  bool negative = dtype.is_signed && precision > 0 && precision < 64 && (value >> (precision - 1) & 1) != 0;
  return negative ? value | ~0ull << precision : value;
}

double StoredFloat(const Dtype& dtype, std::span<const std::byte> in) {
  const FloatLayout& layout = dtype.float_layout;
  Wide bits = LoadBits(dtype, in);
  bool negative = Field(bits, layout.sign_bit, 1) != 0;
  auto exponent = static_cast<std::uint64_t>(Field(bits, layout.exponent_bit, layout.exponent_bits));
  Wide mantissa = Field(bits, layout.mantissa_bit, layout.mantissa_bits);
  std::uint64_t all_ones = layout.exponent_bits >= 64 ? ~0ull : (1ull << layout.exponent_bits) - 1;
  double magnitude;
  if (layout.exponent_bits > 0 && exponent == all_ones) {
    Wide fraction = mantissa;
    if (layout.normalization == FloatLayout::Normalization::kMsbSet && layout.mantissa_bits > 0) {
      fraction = Field(mantissa, 0, layout.mantissa_bits - 1);
    }
    magnitude = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else {
    auto digits = static_cast<std::int64_t>(layout.mantissa_bits);
    std::int64_t scale = static_cast<std::int64_t>(exponent) - static_cast<std::int64_t>(layout.exponent_bias);
    if (layout.normalization == FloatLayout::Normalization::kImplied) {
      if (exponent == 0) {
        scale += 1;  // subnormal: no implied bit, the exponent of the smallest normal number
      } else if (digits < 127) {
        mantissa |= Wide{1} << digits;
      }
      scale -= digits;
    } else {
      scale -= std::max<std::int64_t>(0, digits - 1);
    }
    magnitude = mantissa == 0 ? 0.0 : std::ldexp(static_cast<double>(mantissa), static_cast<int>(std::clamp<std::int64_t>(scale, -20000, 20000)));
  }
  return negative ? -magnitude : magnitude;
}

double HalfToDouble(std::uint16_t half) {
  int exponent = half >> 10 & 31;
  double mantissa = half & 1023;
  double magnitude = exponent == 31  ? (mantissa == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN())
                     : exponent == 0 ? std::ldexp(mantissa, -24)
                                     : std::ldexp(mantissa + 1024, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

std::uint16_t DoubleToHalf(double number) {
  std::uint16_t sign = std::signbit(number) ? 0x8000 : 0;
  if (std::isnan(number)) return sign | 0x7E00;
  double magnitude = std::fabs(number);
  if (magnitude == 0) return sign;
  if (magnitude > 65504) return sign | 0x7C00;
  int exponent;
  std::frexp(magnitude, &exponent);
  int power = std::max(exponent - 11, -24);  // one unit in the last place
  auto units = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, -power)));
  // 1024 units and more are normal numbers; their leading bit adds one to the exponent field.
  auto field = static_cast<std::uint32_t>(power + 24);
  return static_cast<std::uint16_t>(sign | ((field << 10) + units));
}

}  // namespace rutter
