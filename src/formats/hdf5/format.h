#pragma once
// HDF5 as a format of the registry. Source: HDF5 File Format Specification 4.0.

#include "formats/format.h"

namespace rutter {

extern const Format kHdf5Format;

}  // namespace rutter
