#pragma once
// "Which bytes hold chunk (i, j, ...)", in the smallest form that is exact.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/chunk_table.h"
#include "model/selection.h"

namespace rutter {

struct Array;

/// One stored chunk.
struct ChunkRef {
  static constexpr std::uint64_t kWholeSource = ~0ull;
  std::uint32_t source = 0;       ///< Index into Map::sources.
  std::uint64_t offset = 0;       ///< Absolute byte offset in the source (user block included).
  std::uint64_t length = 0;       ///< Stored bytes; kWholeSource = all bytes from `offset` on, where a map does not know the size.
  std::uint32_t filter_mask = 0;  ///< Bit i set: stage i of Array::codecs was skipped. All ones: stored raw.
  /// Not null where the bytes lie in the map itself; `source` and `offset` then mean nothing. Valid during the call.
  const std::byte* inline_data = nullptr;
};

/// Receives chunks one by one; an error stops the walk and is handed through.
/// `index` is the chunk's place in the chunk grid, rank numbers, valid during the call.
using ChunkSink = std::function<Status(std::span<const std::uint64_t> index, const ChunkRef& chunk)>;

/// How an array's bytes are found. Immutable and thread-safe.
class ChunkIndex {
 public:
  virtual ~ChunkIndex() = default;

  /// For people and `ls`: "strided", "table", "inline", "mosaic", "fixed array", "extensible array", "v1 B-tree", ...
  virtual const char* kind() const = 0;

  /// Streams the stored chunks that meet `box`, which is in chunk-grid coordinates and lies inside the grid. Chunks that
  /// were never stored are left out (they read as the fill value). The order is the index's own. No chunk comes twice.
  /// Errors: kCorrupt, kTruncated, kIo, kLimit, and what `sink` returns.
  virtual Status Locate(const Box& box, const ChunkSink& sink) const = 0;

  /// Stored bytes of the whole array, where the index knows without walking.
  virtual std::optional<std::uint64_t> StoredBytes() const { return std::nullopt; }
};

using ChunkIndexPtr = std::shared_ptr<const ChunkIndex>;

/// A run of bytes of a flat array: bytes [stream_offset, stream_offset + length) of the array lie in `source` at `offset`.
struct Extent {
  std::uint64_t stream_offset = 0;
  std::uint32_t source = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Uncompressed data whose every element has an address: element (i, j, ...) starts at stream byte
/// sum(i_k * byte_strides[k]). The stream is one extent (nearly always) or several (HDF5 external storage), sorted and
/// not overlapping; bytes in no extent read as the fill value. The chunk grid is ours to choose (Array::chunk_shape).
class FlatIndex : public ChunkIndex {
 public:
  FlatIndex(std::vector<Extent> extents, Shape byte_strides, Shape array_shape, Shape chunk_shape,
            std::uint64_t element_bytes);
  const char* kind() const override { return extents_.size() > 1 ? "external" : "strided"; }
  /// Reports a chunk only where its bytes are one unbroken run in the order that the array declares; chunks that are
  /// not (strided columns, chunks over two extents, short last chunks) give kUnsupported. The reading engine never asks:
  /// it uses the strides.
  Status Locate(const Box& box, const ChunkSink& sink) const override;
  std::optional<std::uint64_t> StoredBytes() const override;

  std::span<const Extent> extents() const { return extents_; }
  std::span<const std::uint64_t> byte_strides() const { return byte_strides_; }

 private:
  std::vector<Extent> extents_;
  Shape byte_strides_;
  Shape array_shape_, chunk_shape_;
  std::uint64_t element_bytes_;
};

/// Packed columns of chunk places, for maps that were read from a document.
class TableIndex : public ChunkIndex {
 public:
  using Row = ChunkRow;
  static constexpr std::uint32_t kInline = ChunkTable::kInline;

  /// `rows` are sorted by chunk, without duplicates, all inside the grid.
  TableIndex(Shape chunk_grid, const std::vector<Row>& rows, std::vector<std::byte> inline_data);
  /// A table that is finished.
  TableIndex(Shape chunk_grid, ChunkTable table, std::vector<std::byte> inline_data);
  const char* kind() const override { return "table"; }
  Status Locate(const Box& box, const ChunkSink& sink) const override;
  std::optional<std::uint64_t> StoredBytes() const override;

 private:
  Shape grid_;
  ChunkTable table_;
  std::vector<std::byte> inline_data_;
};

/// One chunk that is the whole array, held in the map: HDF5 compact data, generated coordinates.
class InlineIndex : public ChunkIndex {
 public:
  explicit InlineIndex(std::vector<std::byte> data) : data_(std::move(data)) {}
  const char* kind() const override { return "inline"; }
  Status Locate(const Box& box, const ChunkSink& sink) const override;
  std::optional<std::uint64_t> StoredBytes() const override { return data_.size(); }
  std::span<const std::byte> data() const { return data_; }

 private:
  std::vector<std::byte> data_;
};

/// No chunk was ever stored: everything reads as the fill value.
class EmptyIndex : public ChunkIndex {
 public:
  const char* kind() const override { return "unallocated"; }
  Status Locate(const Box&, const ChunkSink&) const override { return {}; }
  std::optional<std::uint64_t> StoredBytes() const override { return 0; }
};

/// One piece of a mosaic: the elements of `target` (in the mosaic) are, in selection order, those of `part` (in the array
/// that `open` gives). Both select equally many elements.
struct MosaicPiece {
  ElementSelection target;  ///< In the mosaic; kRegular or kAll with finite counts.
  ElementSelection part;    ///< In the source array.
  std::string source_name;  ///< For people: "b.h5:/data".
  /// Opens the source array on demand, with its own sources; thread-safe, cached by the format. A missing file or
  /// dataset gives nullptr (HDF5: its elements read as the fill value); other failures are errors.
  std::function<Result<std::shared_ptr<const struct MosaicSource>>()> open;
};

/// Boxes of the array, each answered by another array (HDF5 virtual datasets, combined maps).
class MosaicIndex : public ChunkIndex {
 public:
  explicit MosaicIndex(std::vector<MosaicPiece> pieces) : pieces_(std::move(pieces)) {}
  const char* kind() const override { return "virtual"; }
  /// Always kUnsupported: a mosaic has no chunks of its own. The reading engine uses pieces().
  Status Locate(const Box& box, const ChunkSink& sink) const override;
  std::span<const MosaicPiece> pieces() const { return pieces_; }

 private:
  std::vector<MosaicPiece> pieces_;
};

}  // namespace rutter
