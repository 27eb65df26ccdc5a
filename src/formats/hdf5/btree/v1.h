#pragma once
// Version 1 B-trees. Source: HDF5 4.0, "Disk Format: Level 1A1 - Version 1 B-trees".

#include <cstdint>
#include <functional>

#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

inline constexpr std::uint64_t kUsualGroupNodeBytes = 544;  ///< Of trees and symbol tables with the usual K.

/// Visits the symbol table nodes (children of level 0) of a group's B-tree (node type 0), left to right. Iterative, with a
/// visited set; levels must fall by exactly one. Errors: kCorrupt, kTruncated, kLimit, and what `visit` returns.
Status VisitGroupBTree(File& file, std::uint64_t root_address, const std::function<Status(std::uint64_t node_address)>& visit);

}  // namespace rutter::hdf5
