#pragma once
// Chunks under a version 1 B-tree, the only index of old files.
// Source: HDF5 4.0, "Disk Format: Level 1A1 - Version 1 B-trees", node type 1.

#include <cstdint>

#include "formats/hdf5/chunk_index/geometry.h"

namespace rutter::hdf5 {

/// Walks level by level; only the children whose keys meet the box are read, the nodes of one level together.
class BTreeV1Index : public ChunkIndex {
 public:
  BTreeV1Index(ChunkGeometry geometry, std::uint64_t root) : geometry_(std::move(geometry)), root_(root) {}
  const char* kind() const override { return "v1 B-tree"; }
  Status Locate(const Box& box, const ChunkSink& sink) const override;

 private:
  ChunkGeometry geometry_;
  std::uint64_t root_;
};

}  // namespace rutter::hdf5
