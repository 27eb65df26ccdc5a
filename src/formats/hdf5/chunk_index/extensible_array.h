#pragma once
// Chunks under an extensible array: datasets with exactly one unlimited axis.
// Source: HDF5 4.0, "Appendix C: Types of Indexes for Dataset Chunks", "The Extensible Array Index".

#include <cstdint>
#include <optional>

#include "formats/hdf5/chunk_index/geometry.h"

namespace rutter::hdf5 {

struct ExtensibleArrayHeader {
  std::uint8_t client_id = 0;  ///< 0: plain chunks, 1: filtered chunks.
  std::uint8_t entry_bytes = 0;
  std::uint8_t max_bits = 0;              ///< log2 of the largest number of entries.
  std::uint8_t index_entries = 0;         ///< Entries in the index block itself.
  std::uint8_t min_block_entries = 0;     ///< Of the smallest data block; a power of two.
  std::uint8_t min_block_pointers = 0;    ///< Of the smallest super block; a power of two.
  std::uint8_t page_bits = 0;
  std::optional<std::uint64_t> index_block;
};
Result<ExtensibleArrayHeader> DecodeExtensibleArrayHeader(ByteReader r, const Sizes& sizes);

class ExtensibleArrayIndex : public ChunkIndex {
 public:
  ExtensibleArrayIndex(ChunkGeometry geometry, std::uint64_t header) : geometry_(std::move(geometry)), header_(header) {}
  const char* kind() const override { return "extensible array"; }
  Status Locate(const Box& box, const ChunkSink& sink) const override;

 private:
  ChunkGeometry geometry_;
  std::uint64_t header_;
};

}  // namespace rutter::hdf5
