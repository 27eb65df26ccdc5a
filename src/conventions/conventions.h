#pragma once
// Meaning on top of a format: model -> model.

#include "base/result.h"
#include "model/data_access.h"
#include "model/map.h"

namespace rutter {

/// Applies every convention that the map's content shows: NetCDF-4 / HDF5 dimension scales (Array::dimension_names,
/// phony names), MAT v7.3 (matlab_shape and the like as attributes), NWB (kept whole). Idempotent.
/// Never fails for damaged conventions: a note says what was not understood. Errors: kLimit, kIo.
Status ApplyConventions(Map& map, const DataAccess& data);

}  // namespace rutter
