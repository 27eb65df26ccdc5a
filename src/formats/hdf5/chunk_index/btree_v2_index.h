#pragma once
// Chunks under a version 2 B-tree: datasets with two or more unlimited axes.
// Source: HDF5 4.0, "Appendix C: Types of Indexes for Dataset Chunks", "The Version 2 B-trees Index"; record types 10 and 11.

#include <cstdint>

#include "formats/hdf5/chunk_index/geometry.h"

namespace rutter::hdf5 {

class BTreeV2Index : public ChunkIndex {
 public:
  BTreeV2Index(ChunkGeometry geometry, std::uint64_t header) : geometry_(std::move(geometry)), header_(header) {}
  const char* kind() const override { return "v2 B-tree"; }
  Status Locate(const Box& box, const ChunkSink& sink) const override;

 private:
  ChunkGeometry geometry_;
  std::uint64_t header_;
};

}  // namespace rutter::hdf5
