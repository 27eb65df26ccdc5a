#pragma once
// What the parts of one read share, and the selection that they work on.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "codecs/codec.h"
#include "model/map.h"
#include "read/reader.h"
#include "read/source_pool.h"
#include "read/strided.h"
#include "read/transfer.h"

namespace rutter {

/// Working memory and counters of one thread of a read.
struct ReadSlot {
  Buffer stored;   ///< A batch of encoded chunks.
  Buffer raw;      ///< A block of raw bytes.
  Buffer decoded, convert;
  PipelineScratch pipeline;
  std::vector<ReadRequest> requests;
  ReadStatistics statistics;
};

/// One read: its options, budgets and counters.
struct ReadJob {
  /// `read_trace` (may be null) gets the statistics at the end. `cache` (may be null) is used where the options allow it.
  ReadJob(const ReadOptions& read_options, const Limits& read_limits, Trace* read_trace = nullptr, ChunkCache* cache = nullptr);
  ~ReadJob();
  ReadJob(const ReadJob&) = delete;
  ReadJob& operator=(const ReadJob&) = delete;

  const ReadOptions& options;
  const Limits& limits;
  unsigned threads;
  Trace* trace;
  ChunkCache* chunk_cache;      ///< Null where nothing is kept.
  bool as_stored = false;       ///< Elements as they are stored, instead of native ones.
  ReadStatistics statistics;    ///< Complete when the read has returned.
  std::uint64_t mosaic_pieces = 0;  ///< Visited so far, over all levels.

  /// Runs body(task, slot) on the shared pool, on at most `most_threads` threads; the slots' counters end in `statistics`.
  Status Run(std::uint64_t num_tasks, unsigned most_threads, const std::function<Status(std::uint64_t, ReadSlot&)>& body);
  void Progress(std::uint64_t bytes) const {
    if (options.progress_bytes != nullptr) options.progress_bytes->fetch_add(bytes, std::memory_order_relaxed);
  }
  Status CheckCancelled() const;
};

/// One axis of a selection with a positive step; a negative step of the slice is a negative output stride.
struct SelectedAxis {
  std::uint64_t start = 0, count = 0, step = 1;
  std::int64_t to = 0;  ///< Bytes between neighbours in the output.
};

/// What to read of an array, and where to.
struct Selection {
  std::array<SelectedAxis, kMaxRank> axes;
  std::size_t rank = 0;
  std::byte* to = nullptr;  ///< Where the element at every axis' start goes.
  std::uint64_t NumElements() const;
};

/// The selection of a slice into a C-order output of `element_bytes` a element; the output is a part of a box of `box_shape`
/// elements where that is not null (no axis of it shorter than the slice's).
/// Errors: kInvalidArgument (rank, outside the shape), kLimit (rank).
Result<Selection> SelectSlice(const Shape& shape, const Slice& slice, std::byte* out, std::size_t element_bytes, const Shape* box_shape = nullptr);

/// The part of a selection that meets one box of the array, as a copy whose source strides are `from_strides` bytes for
/// one element of each axis. Axes of the array stay axes of the copy.
struct SelectedPart {
  StridedBox box;
  std::int64_t from_offset = 0;  ///< Bytes from the box's first element to the first one wanted.
  std::int64_t to_offset = 0;    ///< Bytes from Selection::to.
  bool Empty() const { return box.NumElements() == 0; }
};
SelectedPart SelectInBox(const Selection& selection, std::span<const std::uint64_t> box_start, std::span<const std::uint64_t> box_shape,
                         std::span<const std::int64_t> from_strides);

/// The fill value as it stands in the output: transfer.to_bytes() bytes.
Result<std::vector<std::byte>> OutputFill(const Array& array, const Transfer& transfer);

/// Writes the fill value over the whole selection.
void FillSelection(const Selection& selection, std::span<const std::byte> fill);

/// Reads a selection of any array. `pool` holds the array's own sources.
Status ReadSelection(ReadJob& job, SourcePool& pool, const Array& array, const Selection& selection, unsigned depth);

// The three ways that an array can be stored; ReadSelection chooses.
Status ReadFlat(ReadJob& job, SourcePool& pool, const Array& array, const FlatIndex& index, const Selection& selection, const Transfer& transfer);
Status ReadChunked(ReadJob& job, SourcePool& pool, const Array& array, const Selection& selection, const Transfer& transfer);
Status ReadMosaic(ReadJob& job, SourcePool& pool, const Array& array, const MosaicIndex& index, const Selection& selection, unsigned depth);

/// Opens, in their order, the pieces of a mosaic that the selection may meet; missing sources are passed over.
/// Errors: kLimit (nesting, number of pieces), what opening and `visit` give.
using PieceVisitor = std::function<Status(const MosaicPiece& piece, const Array& source, SourcePool& source_pool)>;
Status ForEachPiece(ReadJob& job, SourcePool& pool, const MosaicIndex& index, const Selection& selection, unsigned depth, const PieceVisitor& visit);

}  // namespace rutter
