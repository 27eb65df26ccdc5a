#pragma once
// What the parser saw, for `rutter inspect`.

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "formats/hdf5/describe.h"

namespace rutter::hdf5 {

/// Superblock, and every object of `map` with its header, messages, layout, index and filters. Offsets are absolute.
Result<nlohmann::json> InspectFile(const OpenedFile& opened, const Map& map);

}  // namespace rutter::hdf5
