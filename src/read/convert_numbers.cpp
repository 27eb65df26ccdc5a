#include "read/convert_numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "model/number.h"

namespace rutter {
namespace {

struct Half {
  std::uint16_t bits;
};

/// The number type of a native dtype: enumerations are their base.
const Dtype& NumberOf(const Dtype& dtype) {
  return dtype.type_class == TypeClass::kEnum && dtype.base != nullptr ? *dtype.base : dtype;
}

/// Calls visit(T{}) for the machine type of a native number; false where there is none.
template <class Visit>
bool WithMachineType(const Dtype& dtype, const Visit& visit) {
  if (dtype.type_class == TypeClass::kFloat) {
    switch (dtype.size_bytes) {
      case 2: visit(Half{}); return true;
      case 4: visit(float{}); return true;
      case 8: visit(double{}); return true;
      default: return false;
    }
  }
  bool is_integer = dtype.type_class == TypeClass::kInteger || dtype.type_class == TypeClass::kBool || dtype.type_class == TypeClass::kBitfield;
  if (!is_integer) return false;
  bool is_signed = dtype.type_class == TypeClass::kInteger && dtype.is_signed;
  switch (dtype.size_bytes) {
    case 1: is_signed ? visit(std::int8_t{}) : visit(std::uint8_t{}); return true;
    case 2: is_signed ? visit(std::int16_t{}) : visit(std::uint16_t{}); return true;
    case 4: is_signed ? visit(std::int32_t{}) : visit(std::uint32_t{}); return true;
    case 8: is_signed ? visit(std::int64_t{}) : visit(std::uint64_t{}); return true;
    default: return false;
  }
}

template <class To, class From>
To Number(From value) {
  if constexpr (std::is_same_v<From, Half>) {
    return Number<To>(HalfToDouble(value.bits));
  } else if constexpr (std::is_same_v<To, Half>) {
    return Half{DoubleToHalf(static_cast<double>(value))};
  } else if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else if constexpr (std::is_floating_point_v<From>) {
    if (std::isnan(value)) return 0;
    // The bounds as powers of two are exact in either float type.
    constexpr int kBits = std::numeric_limits<To>::digits;
    const From high = std::ldexp(From{1}, kBits);
    const From low = std::is_signed_v<To> ? -high : From{0};
    if (value >= high) return std::numeric_limits<To>::max();
    if (value <= low) return std::numeric_limits<To>::min();
    return static_cast<To>(value);
  } else {
    auto wide = static_cast<__int128>(value);
    if (wide > static_cast<__int128>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
    if (wide < static_cast<__int128>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
    return static_cast<To>(value);
  }
}

}  // namespace

Status ConvertNative(const Dtype& from, const Dtype& to, const std::byte* in, std::uint64_t count, std::byte* out) {
  auto from_bytes = static_cast<std::size_t>(from.size_bytes), to_bytes = static_cast<std::size_t>(to.size_bytes);
  if (SameDtype(from, to)) {
    if (count != 0 && to_bytes != 0) std::memcpy(out, in, count * to_bytes);
    return {};
  }
  if (from.type_class == TypeClass::kString && to.type_class == TypeClass::kString &&
      (from.charset == CharSet::kUtf32) == (to.charset == CharSet::kUtf32)) {
    std::size_t kept = std::min(from_bytes, to_bytes);
    for (std::uint64_t i = 0; i < count; ++i) {
      std::memcpy(out + i * to_bytes, in + i * from_bytes, kept);
      std::memset(out + i * to_bytes + kept, 0, to_bytes - kept);
    }
    return {};
  }
  bool done = false;
  WithMachineType(NumberOf(from), [&](auto source) {
    done = WithMachineType(NumberOf(to), [&](auto target) {
      for (std::uint64_t i = 0; i < count; ++i) {
        std::memcpy(&source, in + i * sizeof source, sizeof source);
        target = Number<decltype(target)>(source);
        std::memcpy(out + i * sizeof target, &target, sizeof target);
      }
    });
  });
  if (!done) return Fail(ErrorCode::kUnsupported, "no conversion from " + DtypeTitle(from) + " to " + DtypeTitle(to));
  return {};
}

}  // namespace rutter
