#pragma once
// Division of numbers that must be multiples, by one multiplication.

#include <bit>
#include <cstdint>

namespace rutter::hdf5 {

/// Divides by a constant > 0 and tells multiples from others. An odd divisor d has an inverse d' with d * d' = 1 modulo
/// 2^64; n * d' is then n / d for multiples and larger than (2^64 - 1) / d for all others.
/// Source: T. Granlund, P. Montgomery, "Division by Invariant Integers using Multiplication", 1994, section 9.
class ExactDivider {
 public:
  explicit ExactDivider(std::uint64_t divisor)
      : shift_(static_cast<unsigned>(std::countr_zero(divisor))), low_mask_((1ull << shift_) - 1) {
    const std::uint64_t odd = divisor >> shift_;
    limit_ = ~0ull / odd;
    inverse_ = odd;  // Right in the lowest 3 bits; each turn doubles the number of right bits.
    for (int i = 0; i < 5; ++i) inverse_ *= 2 - odd * inverse_;
  }

  /// The quotient; `exact` is cleared where n is no multiple.
  std::uint64_t Divide(std::uint64_t n, bool& exact) const {
    const std::uint64_t quotient = (n >> shift_) * inverse_;
    exact = exact && (n & low_mask_) == 0 && quotient <= limit_;
    return quotient;
  }

 private:
  unsigned shift_;
  std::uint64_t low_mask_, limit_ = 0, inverse_ = 0;
};

}  // namespace rutter::hdf5
