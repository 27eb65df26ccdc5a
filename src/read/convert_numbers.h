#pragma once
// Numbers of one native type as numbers of another, by HDF5's rules.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "model/dtype.h"

namespace rutter {

/// Converts `count` packed native elements. Integers are clipped to the target's range, fractions are cut off, NaN becomes
/// the integer 0, floats round to nearest, fixed strings are cut or padded with NUL. Equal types are copied.
/// Errors: kUnsupported (any other pair). Source: HDF5 reference manual, "H5Tconvert", default exceptions.
Status ConvertNative(const Dtype& from, const Dtype& to, const std::byte* in, std::uint64_t count, std::byte* out);

}  // namespace rutter
