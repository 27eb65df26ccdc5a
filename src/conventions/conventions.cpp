#include "conventions/conventions.h"

#include "conventions/dimension_scales.h"
#include "conventions/mat73.h"
#include "conventions/nwb.h"

namespace rutter {

Status ApplyConventions(Map& map, const DataAccess& data) {
  // The conventions of today all stand on HDF5; other formats say what they mean themselves.
  if (map.format != "hdf5") return {};
  bool nwb = IsNwb(map), mat73 = !nwb && IsMat73(map);
  ApplyDimensionScales(map, !nwb && !mat73);
  if (nwb) ApplyNwb(map);
  if (mat73) return ApplyMat73(map, data);
  return {};
}

}  // namespace rutter
