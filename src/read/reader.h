#pragma once
// The slicing engine: selection -> chunks -> byte ranges -> decode -> scatter, in parallel, with bounded memory.

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "base/trace.h"
#include "model/data_access.h"
#include "model/map.h"
#include "read/chunk_cache.h"
#include "read/slice.h"
#include "read/source_pool.h"

namespace rutter {

struct ReadOptions {
  unsigned threads = 0;                        ///< 0 = all cores.
  std::uint64_t max_memory_bytes = 1ull << 30;  ///< Beside the output, and beside the reader's cache of chunks.
  bool keep_chunks = true;                     ///< Use the reader's cache of decoded chunks, where it has one.
  const std::atomic<bool>* cancel = nullptr;   ///< kCancelled soon after it turns true.
  std::atomic<std::uint64_t>* progress_bytes = nullptr;  ///< Grows with the output bytes that are done.
};

/// What a read cost, for --trace and tests.
struct ReadStatistics {
  std::uint64_t chunks = 0, missing_chunks = 0, kept_chunks = 0, requests = 0, bytes_read = 0, bytes_decoded = 0, decode_cpu_ns = 0;
};

/// Reads arrays of one map. Thread-safe; several reads may run at once.
class Reader : public DataAccess {
 public:
  /// `trace` (may be null) counts what all reads cost. Decoded chunks of up to `kept_bytes` are kept for later reads.
  Reader(std::shared_ptr<SourcePool> pool, Limits limits, std::shared_ptr<Trace> trace = nullptr, std::uint64_t kept_bytes = 0);

  /// Reads a slice into `out`: C order, host byte order, NativeType(array.dtype) packed; out.size() must be exact.
  /// The dtype must be fixed (Dtype::IsFixed) and object_codec empty. Missing chunks yield the fill value.
  /// Errors: kInvalidArgument, kCorrupt, kTruncated, kUnsupported (codec, time type), kLimit, kIo, kSourceChanged, kCancelled.
  Status Read(const Array& array, const Slice& slice, std::span<std::byte> out, const ReadOptions& options = {},
              ReadStatistics* statistics = nullptr) const;

  /// The same into a part of a larger box: element (i, j, ...) of the slice goes to place (i, j, ...) of a C-order box of
  /// `box_shape` elements, behind the place of the slice's first element, where `out` begins. Other places are not touched.
  /// Errors: as Read; kInvalidArgument (a box smaller than the slice, an output that ends before the slice's last element).
  Status ReadSpread(const Array& array, const Slice& slice, const Shape& box_shape, std::span<std::byte> out, const ReadOptions& options = {}) const;

  /// The same for every dtype, as Values, flat in C order.
  Result<ValueList> ReadAsValues(const Array& array, const Slice& slice, const ReadOptions& options = {}) const;

  Result<std::vector<std::byte>> ReadStored(const Array& array, std::uint64_t max_bytes) const override;
  Result<ValueList> ReadValues(const Array& array, std::uint64_t max_elements) const override;
  Result<std::vector<std::byte>> ReadChunk(const Array& array, const Shape& chunk_index) const override;

 private:
  std::shared_ptr<SourcePool> pool_;
  Limits limits_;
  std::shared_ptr<Trace> trace_;
  std::unique_ptr<ChunkCache> chunk_cache_;  // null where nothing is kept
};

}  // namespace rutter
