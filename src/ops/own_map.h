#pragma once
// Maps that this user wrote: they may lead to their sources wherever they stand.

#include <string>
#include <vector>

#include "base/result.h"
#include "model/map.h"

namespace rutter {

/// The seal for a map of `map` that is written to the local path `output`; empty where every source lies in the folder of
/// `output` or below it, so that the map needs none. Errors: kIo (the user's key cannot be made).
Result<std::string> SealForMap(const Map& map, const std::string& output);

/// The sources of a map that was read back, where its seal is this user's own; else none.
std::vector<std::string> SourcesOfOwnMap(const Map& map);

}  // namespace rutter
