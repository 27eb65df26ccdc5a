#pragma once
// A large slice as a sequence of smaller ones.

#include <cstdint>
#include <optional>

#include "model/map.h"
#include "read/slice.h"

namespace rutter {

/// Cuts a slice into blocks that follow each other in the C order of the result. Where it can, a block ends where chunks
/// end, so that no chunk is decoded twice.
class SliceBlocks {
 public:
  /// `max_bytes` bounds one block of `element_bytes` a element (but a block has at least one element); blocks grow beyond
  /// `preferred_bytes` only to hold whole chunks.
  SliceBlocks(const Array& array, const Slice& slice, std::uint64_t element_bytes, std::uint64_t preferred_bytes, std::uint64_t max_bytes);

  /// The next block; nullopt after the last.
  std::optional<Slice> Next();

  /// How many blocks may meet one chunk: so often is it decoded, at most.
  std::uint64_t MostDecodes() const { return most_decodes_; }

 private:
  std::uint64_t RowsFrom(std::uint64_t first) const;

  Slice whole_;
  std::size_t axis_ = 0;              // the axis that is cut; those before it are walked one by one
  std::uint64_t rows_ = 1;            // of axis_ in one block
  std::uint64_t chunk_extent_ = 1;    // of axis_
  std::vector<std::uint64_t> index_;  // of the axes up to axis_
  std::uint64_t most_decodes_ = 1;
  bool done_ = false;
};

}  // namespace rutter
