#pragma once
// Neighbouring ranges as one request.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "io/byte_source.h"

namespace rutter {

/// One request that brings one or more of the wanted ranges.
struct MergedRange {
  std::uint64_t offset = 0, length = 0;
  std::vector<std::size_t> wanted;  ///< Numbers of the ranges that lie in it whole, by offset.
};

/// Merges ranges where at most `gap` bytes lie between two, up to `longest` bytes; ranges longer than that stay as they are.
/// Empty ranges are left out. Every range ends at or below 2^64 - 1.
std::vector<MergedRange> MergeRanges(std::span<const ReadRequest> ranges, std::uint64_t gap, std::uint64_t longest);

}  // namespace rutter
