#pragma once
// Reads elements that have addresses: of flat arrays and of chunks that were stored raw.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "io/byte_source.h"
#include "read/fetch_ahead.h"
#include "read/read_job.h"

namespace rutter {

/// One run of a stream of bytes.
struct RawRun {
  std::uint64_t stream_offset = 0;
  std::uint64_t offset = 0;  ///< In the source.
  std::uint64_t length = 0;
  std::shared_ptr<ByteSource> source;
};

/// A stream of bytes that lies in one or more sources. Thread-safe.
class RawBytes {
 public:
  /// `runs` are sorted and do not overlap. `fill` is repeated over the bytes of no run (one element, phase 0 at stream
  /// byte 0; empty = zeros); without `has_fill` such bytes are kTruncated. Reads end with kCancelled where `cancel` (may be null) turns true.
  RawBytes(std::vector<RawRun> runs, bool has_fill, std::span<const std::byte> fill, const std::atomic<bool>* cancel)
      : runs_(std::move(runs)), has_fill_(has_fill), fill_(fill), cancel_(cancel) {}

  /// Fills `out` from the stream.
  Status ReadAt(std::uint64_t stream_offset, std::span<std::byte> out, ReadStatistics& statistics) const;
  /// Fills many ranges (offsets are the stream's), in one go where the stream is one run.
  Status ReadMany(std::span<ReadRequest> requests, ReadStatistics& statistics) const;
  /// The bytes without a copy, where they lie in memory in one piece.
  const std::byte* View(std::uint64_t stream_offset, std::uint64_t length) const;
  /// True where some of the bytes come over a network.
  bool IsFar() const;
  /// Starts fetching ranges of the stream; a hint that never fails.
  void Prefetch(std::span<const WantedRange> ranges) const;

 private:
  const RawRun* Find(std::uint64_t stream_offset, std::uint64_t length) const;

  std::vector<RawRun> runs_;
  bool has_fill_;
  std::span<const std::byte> fill_;
  const std::atomic<bool>* cancel_;
};

/// Moves a box of elements whose source strides are byte distances in `bytes`. The first element starts at
/// `stream_offset`. Reads little more than the bytes wanted: gaps of up to 4 KiB are read over.
Status ReadRaw(const RawBytes& bytes, std::uint64_t stream_offset, const StridedBox& box, std::byte* to, const Transfer& transfer, ReadSlot& slot);

/// Appends the ranges of the stream that ReadRaw will ask for.
void AppendRawRanges(std::uint64_t stream_offset, const StridedBox& box, const Transfer& transfer, std::uint32_t source, std::vector<WantedRange>& ranges);

/// ReadRaw on all of the job's threads where it is large; sources far away are asked for many ranges at once.
Status ReadRawParallel(ReadJob& job, const RawBytes& bytes, std::uint64_t stream_offset, const StridedBox& box, std::byte* to, const Transfer& transfer);

}  // namespace rutter
