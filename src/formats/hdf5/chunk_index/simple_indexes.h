#pragma once
// The chunk indexes that need no structure in the file.
// Source: HDF5 4.0, "Appendix C: Types of Indexes for Dataset Chunks", "The Single Chunk Index" and "The Implicit Index".

#include <cstdint>

#include "formats/hdf5/chunk_index/geometry.h"

namespace rutter::hdf5 {

/// The only chunk of a dataset.
class SingleChunkIndex : public ChunkIndex {
 public:
  SingleChunkIndex(ChunkGeometry geometry, std::uint64_t address, std::uint64_t bytes, std::uint32_t mask)
      : geometry_(std::move(geometry)), address_(address), bytes_(bytes), mask_(mask) {}
  const char* kind() const override { return "single chunk"; }
  Status Locate(const Box& box, const ChunkSink& sink) const override;
  std::optional<std::uint64_t> StoredBytes() const override { return bytes_; }

 private:
  ChunkGeometry geometry_;
  std::uint64_t address_, bytes_;
  std::uint32_t mask_;
};

/// All chunks lie one behind the other, in C order of the grid that max_shape gives; never filtered.
class ImplicitIndex : public ChunkIndex {
 public:
  ImplicitIndex(ChunkGeometry geometry, std::uint64_t address) : geometry_(std::move(geometry)), address_(address) {}
  const char* kind() const override { return "implicit"; }
  Status Locate(const Box& box, const ChunkSink& sink) const override;
  std::optional<std::uint64_t> StoredBytes() const override;

 private:
  ChunkGeometry geometry_;
  std::uint64_t address_;
};

}  // namespace rutter::hdf5
