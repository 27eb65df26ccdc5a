#pragma once
// A bound on what the parser copies out of heaps: a few stored bytes can name the same large heap object again and again.

#include <atomic>
#include <cstdint>
#include <string>

#include "base/limits.h"
#include "base/result.h"

namespace rutter::hdf5 {

/// Counts copied bytes of one file against Limits::metadata_bytes. Thread-safe.
class KeptBytes {
 public:
  explicit KeptBytes(const Limits& limits) : limit_(limits.metadata_bytes) {}

  /// Errors: kLimit.
  Status Charge(std::uint64_t bytes) {
    std::uint64_t used = used_.load(std::memory_order_relaxed);
    while (bytes <= limit_ - used) {
      if (used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed)) return {};
    }
    return Fail(ErrorCode::kLimit, "names and messages of more than " + std::to_string(limit_) + " bytes (Limits::metadata_bytes)");
  }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};  ///< Never more than the limit.
};

}  // namespace rutter::hdf5
