#pragma once
// Stored integers and floats of any layout as C++ numbers.

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/dtype.h"

namespace rutter {

/// The significant bits of a stored integer or bitfield of at most 8 bytes, sign-extended where it is signed.
/// `in.size()` = dtype.size_bytes.
std::uint64_t StoredInteger(const Dtype& dtype, std::span<const std::byte> in);

/// A stored float of any layout of at most 16 bytes, rounded to the nearest double.
/// Source: HDF5 4.0, "Class specific information for the Floating-point type".
double StoredFloat(const Dtype& dtype, std::span<const std::byte> in);

/// The double nearest to an IEEE half.
double HalfToDouble(std::uint16_t half);
/// The half nearest to a double that came from a layout of at most 10 mantissa and 5 exponent bits (exact there).
std::uint16_t DoubleToHalf(double number);

}  // namespace rutter
