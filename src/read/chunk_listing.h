#pragma once
// The chunks of an array as text: where each lies, for people and for programs.

#include <functional>
#include <string_view>

#include "base/result.h"
#include "model/map.h"

namespace rutter {

/// Streams one line a chunk to `write`, or one JSON list of {"index","source","offset","length","filter_mask"} where `json`.
/// The filter mask is the file's own; an edge chunk that HDF5 leaves unfiltered has "unfiltered_edge" beside it.
/// `array` has an index. Memory is bounded. Errors: damage in the index, what `write` returns.
Status ListChunks(const Array& array, bool json, const std::function<Status(std::string_view)>& write);

}  // namespace rutter
