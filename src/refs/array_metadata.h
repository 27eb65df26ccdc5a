#pragma once
// The metadata text of one planned array.

#include <string>
#include <vector>

#include "model/map.h"
#include "refs/array_plan.h"

namespace rutter {

void AppendShapeJson(const Shape& shape, std::string& out);

/// The plan's fill value, or the netCDF attribute _FillValue of `owner` where it may stand in its place: it is one number of the
/// array's type, and no chunk is missing or its missing chunks mean the same. `taken` tells which.
std::string FillOf(const Node& owner, const ArrayPlan& plan, bool& taken);

/// `.zarray`. With `scalar_as_vector`, a scalar has the shape [1] (LINDI).
void AppendZarr2Metadata(const ArrayPlan& plan, const std::string& fill_value, bool scalar_as_vector, std::string& out);

/// `zarr.json`; `names` and `attributes` are the members of a list and of an object.
std::string Zarr3Metadata(const ArrayPlan& plan, const std::string& names, const std::string& attributes);

/// The JSON of a Zarr v3 data type; empty where v3 clients share none for this type.
std::string Zarr3DataType(const Dtype& type);

}  // namespace rutter
