#pragma once
// Arithmetic on numbers that come from files: overflow is a value, never a wrap.

#include <cstdint>
#include <optional>
#include <span>

namespace rutter {

inline std::optional<std::uint64_t> CheckedAdd(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

inline std::optional<std::uint64_t> CheckedMul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

/// The product of all numbers; 1 for none; 0 where one is 0, however large the others are; nullopt on overflow.
inline std::optional<std::uint64_t> CheckedProduct(std::span<const std::uint64_t> numbers) {
  std::uint64_t product = 1;
  bool overflow = false;
  for (std::uint64_t n : numbers) {
    if (n == 0) return 0;
    overflow = overflow || __builtin_mul_overflow(product, n, &product);
  }
  if (overflow) return std::nullopt;
  return product;
}

/// Rounds up without overflow; `divisor` > 0.
inline std::uint64_t CeilDiv(std::uint64_t n, std::uint64_t divisor) { return n / divisor + (n % divisor != 0); }

/// True where [offset, offset + length) lies inside [0, size).
inline bool RangeInside(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return offset <= size && length <= size - offset;
}

}  // namespace rutter
