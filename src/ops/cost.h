#pragma once
// What the work on one opened file or map cost, as plain numbers.

#include <cstdint>

#include "ops/open.h"

namespace rutter {

/// One moment of a dataset's counters (base/trace.h, http::ClientStatistics).
struct Cost {
  std::uint64_t requests = 0, repeats = 0, redirects = 0;  ///< To servers; requests hold the other two.
  std::uint64_t fetched_bytes = 0;                         ///< Bytes that came: of servers' answers and of local reads.
  std::uint64_t local_reads = 0, local_bytes = 0;
  std::uint64_t reads = 0, wanted_bytes = 0;               ///< Ranges that the engine asked for.
  std::uint64_t ranges = 0, merged_ranges = 0;             ///< Ranges fetched for reads, and the requests that they became.
  std::uint64_t kept_reads = 0, kept_bytes = 0;            ///< Ranges that needed no request of their own.
  std::uint64_t objects = 0, chunks = 0, missing_chunks = 0, kept_chunks = 0, decoded_bytes = 0;
  double decode_cpu_seconds = 0, wait_seconds = 0;         ///< Both summed over threads.

  /// Bytes that came for each byte that was wanted; below 1 where kept bytes were used again, 0 where nothing was wanted.
  double Amplification() const { return wanted_bytes == 0 ? 0 : static_cast<double>(fetched_bytes) / static_cast<double>(wanted_bytes); }
};

Cost CostOf(const Dataset& dataset);

}  // namespace rutter
