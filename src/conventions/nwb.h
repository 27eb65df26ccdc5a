#pragma once
// Neurodata Without Borders 2: kept whole.

#include "model/map.h"

namespace rutter {

bool IsNwb(const Map& map);

/// Says in a note what the file is, and names the time axis of time series where the schema defines it: `data`,
/// `timestamps` and `control` of a group with a neurodata_type that holds `data` beside `timestamps` or beside
/// `starting_time` with its rate. Object ids, references and links stay as they are.
/// Source: NWB 2 schema, "TimeSeries".
void ApplyNwb(Map& map);

}  // namespace rutter
