#pragma once
// A map that was written and read back, beside the map that it was written of: nothing may be missing without its reason.

#include <string>

#include "model/map.h"

namespace rutter::fuzz {

/// What `back` lost of `map`, in words; empty where nothing. Every node, attribute and failure of `map` must be in `back`: as it
/// was, or with the reason why a document cannot hold it.
std::string Lost(const Map& map, const Map& back);

}  // namespace rutter::fuzz
