#pragma once
// Chunks under a fixed array: datasets whose every axis has a limit.
// Source: HDF5 4.0, "Appendix C: Types of Indexes for Dataset Chunks", "The Fixed Array Index".

#include <cstdint>
#include <optional>

#include "formats/hdf5/chunk_index/geometry.h"

namespace rutter::hdf5 {

struct FixedArrayHeader {
  std::uint8_t client_id = 0;  ///< 0: plain chunks, 1: filtered chunks.
  std::uint8_t entry_bytes = 0;
  std::uint8_t page_bits = 0;
  std::uint64_t num_entries = 0;
  std::optional<std::uint64_t> data_block;
};
Result<FixedArrayHeader> DecodeFixedArrayHeader(ByteReader r, const Sizes& sizes);

class FixedArrayIndex : public ChunkIndex {
 public:
  FixedArrayIndex(ChunkGeometry geometry, std::uint64_t header) : geometry_(std::move(geometry)), header_(header) {}
  const char* kind() const override { return "fixed array"; }
  Status Locate(const Box& box, const ChunkSink& sink) const override;

 private:
  ChunkGeometry geometry_;
  std::uint64_t header_;
};

}  // namespace rutter::hdf5
