#pragma once
// NumPy's own file format.

#include <string>

#include "base/result.h"
#include "model/dtype.h"
#include "model/selection.h"

namespace rutter {

/// The header of a .npy file for elements of a native type (NativeType): C order, `shape` in elements. Version 1 where it
/// fits, 2 where it is longer than 64 KiB, 3 where a field name is not ASCII. A type of arrays adds its axes to the shape.
/// Errors: kUnsupported (types without a NumPy form: variable-length data, references, time).
/// Source: NumPy, "numpy.lib.format", NEP 1.
Result<std::string> NpyHeader(const Dtype& native, const Shape& shape);

/// Why a type cannot be written.
tl::unexpected<Error> NoNumpyForm(const Dtype& dtype);

}  // namespace rutter
