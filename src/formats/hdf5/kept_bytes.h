#pragma once
// A bound on what the parser copies out of heaps: a few stored bytes can name the same large heap object again and again.

#include <cstdint>
#include <string>

#include "base/limits.h"
#include "base/result.h"

namespace rutter::hdf5 {

/// Counts copied bytes of one file against Limits::metadata_bytes. Not thread-safe.
class KeptBytes {
 public:
  explicit KeptBytes(const Limits& limits) : limit_(limits.metadata_bytes) {}

  /// Errors: kLimit.
  Status Charge(std::uint64_t bytes) {
    if (bytes > limit_ - used_) {
      return Fail(ErrorCode::kLimit, "names and messages of more than " + std::to_string(limit_) + " bytes (Limits::metadata_bytes)");
    }
    used_ += bytes;
    return {};
  }

 private:
  std::uint64_t limit_;
  std::uint64_t used_ = 0;
};

}  // namespace rutter::hdf5
