#pragma once
// What every chunk index of a dataset shares: the chunk grid, the sizes, and how a found chunk is handed on.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/checked.h"
#include "formats/hdf5/file.h"
#include "model/chunk_index.h"

namespace rutter::hdf5 {

/// One chunked dataset. All vectors have the rank's length.
struct ChunkGeometry {
  std::shared_ptr<File> file;
  Shape shape;                                          ///< Elements.
  std::vector<std::optional<std::uint64_t>> max_shape;  ///< Elements; an empty entry = unlimited.
  Shape chunk;                                          ///< Elements; none 0.
  Shape grid;                                           ///< ceil(shape / chunk).
  std::uint64_t chunk_bytes = 0;                        ///< Decoded.
  bool filtered = false;                                ///< There is a filter pipeline.
  bool unfiltered_edges = false;                        ///< Chunks that stick out of the shape are stored raw.

  std::size_t rank() const { return shape.size(); }
  /// Chunks per axis that the index was made for: ceil(max_shape / chunk); nullopt along unlimited axes.
  std::optional<std::uint64_t> MaxGrid(std::size_t axis) const {
    if (!max_shape[axis]) return std::nullopt;
    return CeilDiv(*max_shape[axis], chunk[axis]);
  }
};

/// The filter mask of chunks that were stored raw, whatever the pipeline says.
constexpr std::uint32_t kAllSkipped = 0xFFFFFFFF;

/// Hands chunks on: checks that their bytes lie in the file, applies the rule for edge chunks, counts.
class ChunkEmitter {
 public:
  ChunkEmitter(const ChunkGeometry& geometry, const ChunkSink& sink, std::string_view structure, std::string_view spec)
      : geometry_(geometry),
        sink_(sink),
        end_(geometry.file->end()),
        base_(geometry.file->base_address()),
        left_(geometry.file->limits().chunks_located),
        edges_(geometry.filtered && geometry.unfiltered_edges),
        structure_(structure),
        spec_(spec) {}

  const ChunkGeometry& geometry() const { return geometry_; }

  Status Emit(std::span<const std::uint64_t> index, std::uint64_t address, std::uint64_t bytes, std::uint32_t mask) {
    if (edges_ && SticksOut(index)) {
      bytes = geometry_.chunk_bytes;
      mask = kAllSkipped;
    }
    if (!RangeInside(address, bytes, end_) || left_ == 0) [[unlikely]] return Refuse(index, address, bytes);
    --left_;
    ChunkRef chunk;
    chunk.offset = base_ + address;
    chunk.length = bytes;
    chunk.filter_mask = mask;
    return sink_(index, chunk);
  }

 private:
  bool SticksOut(std::span<const std::uint64_t> index) const {
    for (std::size_t k = 0; k < index.size(); ++k) {
      // index < grid = ceil(shape / chunk), so the product stays below the shape.
      if (geometry_.shape[k] - index[k] * geometry_.chunk[k] < geometry_.chunk[k]) return true;
    }
    return false;
  }
  Status Refuse(std::span<const std::uint64_t> index, std::uint64_t address, std::uint64_t bytes) const;

  const ChunkGeometry& geometry_;
  const ChunkSink& sink_;
  const std::uint64_t end_, base_;
  std::uint64_t left_;
  const bool edges_;
  std::string_view structure_, spec_;
};

/// Moves `at` to the first cell of `box` that is not before it in C order; false where there is none.
bool NextInBox(const Box& box, std::span<std::uint64_t> at);

}  // namespace rutter::hdf5
