#pragma once
// HDF5 dimension scales and netCDF-4's rules on top of them -> Array::dimension_names.

#include "model/map.h"

namespace rutter {

/// Names the dimensions of every array, first rule that answers:
///  1. _Netcdf4Coordinates, the numbers of the dimensions, where all of them exist with these lengths;
///  2. a dimension scale is named by itself (its first dimension);
///  3. DIMENSION_LIST: the scale's own name (of several scales of one dimension the last, as netCDF-C takes it);
///  4. DIMENSION_LABELS;
///  5. with `phony`: a dimension of the same group and length, else "phony_dim_N", numbered as netCDF-C numbers them.
/// Marks netCDF dimensions without a variable (Array::dimension_only). Damaged attributes leave dimensions unnamed.
/// Source: HDF5 "Dimension Scales" 1.4, netCDF-4 file format specification ("Dimensions"), netCDF-C 4.9's behaviour.
void ApplyDimensionScales(Map& map, bool phony);

}  // namespace rutter
