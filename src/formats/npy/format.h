#pragma once
// NumPy's NPY files: one array each. See docs/formats/npy.md.

#include "formats/format.h"

namespace rutter {

/// One array named "/data". Versions 1.0 to 3.0; .npz archives and arrays of Python objects are refused by name.
extern const Format kNpyFormat;

}  // namespace rutter
