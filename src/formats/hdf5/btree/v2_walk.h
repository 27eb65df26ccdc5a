#pragma once
// The walk over the nodes of a version 2 B-tree, for all of it or for a range of keys.
// Source: HDF5 4.0, "Disk Format: Level 1A2 - Version 2 B-trees".

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "formats/hdf5/btree/v2.h"

namespace rutter::hdf5 {

/// Signature, version, type and checksum of a node.
constexpr std::uint32_t kBTreeV2NodeOverhead = 10;

/// Tells whether a subtree is wanted whose records lie strictly between these two (an empty span: no bound).
using BTreeV2Wanted = std::function<bool(std::span<const std::byte> after, std::span<const std::byte> before)>;

/// Visits the records of wanted subtrees in key order, those of their inner nodes included. The wanted children of one
/// node are read together; memory is a few batches per level. Nodes of a sound tree are disjoint, so that their sum is
/// bounded by the file: this ends the walk over a hostile one.
/// Errors: kCorrupt, kTruncated, kLimit, kIo, and what `visit` returns.
Status WalkBTreeV2(File& file, const BTreeV2Header& header, const BTreeV2Wanted& wanted,
                   const std::function<Status(std::span<const std::byte> record)>& visit);

}  // namespace rutter::hdf5
