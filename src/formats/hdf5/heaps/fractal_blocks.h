#pragma once
// Direct and indirect blocks of a fractal heap: from an offset in the heap's address space to bytes.
// Source: HDF5 4.0, "Disk Format: Level 1G - Fractal Heap".

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "codecs/codec.h"
#include "formats/hdf5/heaps/fractal_header.h"

namespace rutter::hdf5 {

/// The blocks of one heap. Blocks are checked once; decoded ones (heaps with filters) are kept up to a bound.
/// Not thread-safe. The header must outlive it.
class FractalBlocks {
 public:
  FractalBlocks(File& file, std::uint64_t heap_address, const FractalHeapHeader& header)
      : file_(file), heap_address_(heap_address), header_(header) {}

  /// A managed object: `length` bytes at `offset` of the heap's address space; valid until the next call.
  Result<std::span<const std::byte>> ManagedObject(std::uint64_t offset, std::uint64_t length);

 private:
  struct DirectBlock {
    std::uint64_t address = 0;
    std::uint64_t heap_offset = 0;
    std::uint64_t bytes = 0;           ///< Decoded.
    std::uint64_t filtered_bytes = 0;  ///< Stored, where the heap has filters.
    std::uint32_t filter_mask = 0;
  };
  Result<DirectBlock> FindDirectBlock(std::uint64_t offset);
  Result<ByteReader> OpenIndirectBlock(std::uint64_t address, std::uint64_t heap_offset, std::uint64_t rows);
  Result<std::span<const std::byte>> DirectBlockBytes(const DirectBlock& block);
  Result<std::span<const std::byte>> LoadDirectBlock(const DirectBlock& block);
  Status CheckDirectBlock(std::span<const std::byte> bytes, const DirectBlock& block) const;
  std::uint64_t DirectHeaderBytes() const;

  File& file_;
  std::uint64_t heap_address_;
  const FractalHeapHeader& header_;
  std::unordered_set<std::uint64_t> checked_indirect_;
  std::unordered_map<std::uint64_t, Error> failed_;  ///< Damaged blocks by address: tried once.
  std::unordered_map<std::uint64_t, std::span<const std::byte>> plain_;
  std::unordered_map<std::uint64_t, std::vector<std::byte>> decoded_;
  std::uint64_t decoded_bytes_ = 0, checked_bytes_ = 0;
  PipelineScratch scratch_;
};

}  // namespace rutter::hdf5
