#pragma once
// The slicing engine: selection -> chunks -> byte ranges -> decode -> scatter, in parallel, with bounded memory.

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "model/data_access.h"
#include "model/map.h"
#include "read/slice.h"
#include "read/source_pool.h"

namespace rutter {

struct ReadOptions {
  unsigned threads = 0;                        ///< 0 = all cores.
  std::uint64_t max_memory_bytes = 1ull << 30;  ///< Beside the output.
  const std::atomic<bool>* cancel = nullptr;   ///< kCancelled soon after it turns true.
  std::atomic<std::uint64_t>* progress_bytes = nullptr;  ///< Grows with the output bytes that are done.
};

/// What a read cost, for --trace and tests.
struct ReadStatistics {
  std::uint64_t chunks = 0, missing_chunks = 0, requests = 0, bytes_read = 0, bytes_decoded = 0;
};

/// Reads arrays of one map. Thread-safe; several reads may run at once.
class Reader : public DataAccess {
 public:
  Reader(std::shared_ptr<SourcePool> pool, Limits limits);

  /// Reads a slice into `out`: C order, host byte order, NativeType(array.dtype) packed; out.size() must be exact.
  /// The dtype must be fixed (Dtype::IsFixed) and object_codec empty. Missing chunks yield the fill value.
  /// Errors: kInvalidArgument, kCorrupt, kTruncated, kUnsupported (codec, time type), kLimit, kIo, kSourceChanged, kCancelled.
  Status Read(const Array& array, const Slice& slice, std::span<std::byte> out, const ReadOptions& options = {},
              ReadStatistics* statistics = nullptr) const;

  /// The same for every dtype, as Values, flat in C order.
  Result<ValueList> ReadAsValues(const Array& array, const Slice& slice, const ReadOptions& options = {}) const;

  Result<std::vector<std::byte>> ReadStored(const Array& array, std::uint64_t max_bytes) const override;
  Result<ValueList> ReadValues(const Array& array, std::uint64_t max_elements) const override;
  Result<std::vector<std::byte>> ReadChunk(const Array& array, const Shape& chunk_index) const override;

 private:
  std::shared_ptr<SourcePool> pool_;
  Limits limits_;
};

}  // namespace rutter
