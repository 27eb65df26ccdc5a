#pragma once
// Header of a fractal heap and the doubling table that it describes.
// Source: HDF5 4.0, "Disk Format: Level 1G - Fractal Heap".

#include <cstdint>
#include <optional>
#include <vector>

#include "codecs/codec.h"
#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

/// How the blocks of a heap grow: rows of `width` blocks, each row twice the block size of the one before (the first two
/// alike). All three numbers are powers of two.
struct DoublingTable {
  std::uint16_t width = 0;
  std::uint64_t start_block_bytes = 0, max_direct_block_bytes = 0;
  std::uint16_t max_heap_bits = 0;  ///< The heap's address space is 2^max_heap_bits bytes.

  unsigned FirstRowBits() const;                       ///< log2 of the bytes in row 0.
  unsigned MaxDirectRows() const;                      ///< Rows of direct blocks; later rows are indirect blocks.
  unsigned MaxRows() const;                            ///< Rows that the address space can have.
  std::uint64_t BlockBytes(unsigned row) const;        ///< `row` < MaxRows().
  std::uint64_t RowOffset(unsigned row) const;
  unsigned RowOf(std::uint64_t offset) const;
  unsigned RowsOfIndirectBlock(unsigned row) const;    ///< Rows of the indirect blocks that stand in `row`; 0: none fit.
};

struct FractalHeapHeader {
  std::uint16_t id_bytes = 0, filter_bytes = 0;
  bool checksummed_direct_blocks = false;
  std::uint32_t max_managed_bytes = 0;
  std::optional<std::uint64_t> huge_tree;
  DoublingTable table;
  std::optional<std::uint64_t> root;
  std::uint16_t root_rows = 0;  ///< 0: the root is a direct block.
  std::uint64_t root_filtered_bytes = 0;
  std::uint32_t root_filter_mask = 0;
  std::vector<CodecSpec> filters;

  unsigned OffsetBytes() const { return (table.max_heap_bits + 7u) / 8u; }  ///< Width of an offset in the heap.
  unsigned LengthBytes() const;                                             ///< Width of a managed object's length.
};

/// Errors: kCorrupt, kTruncated, kUnsupported (version), kLimit.
Result<FractalHeapHeader> ReadFractalHeapHeader(File& file, std::uint64_t address);

}  // namespace rutter::hdf5
