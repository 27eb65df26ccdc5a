#pragma once
// Is a map still true? Bounds, sources, every chunk's decoding.

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "ops/open.h"

namespace rutter {

struct CheckOptions {
  bool decode = false;                               ///< Read and decode every chunk.
  const std::atomic<bool>* cancel = nullptr;
  std::atomic<std::uint64_t>* progress = nullptr;    ///< Chunks done.
};

/// One thing that is wrong (an error) or worth knowing (a warning).
struct Finding {
  bool is_error = false;
  std::string path;     ///< Node, or "" for the whole map.
  std::string clients;  ///< Which clients stumble: "zarrita, GDAL"; "" = all.
  std::string message;
};

struct CheckReport {
  std::uint64_t arrays = 0, chunks = 0, decoded_chunks = 0, sources = 0;
  std::vector<Finding> findings;
  bool HasErrors() const;
};

/// Checks the sources (present, size and fingerprint as mapped), every chunk reference (inside its source, not empty) and,
/// with `decode`, that every chunk decodes to its size. Finds all faults; fails only for kCancelled.
Result<CheckReport> CheckDataset(const Dataset& dataset, const CheckOptions& options = {});

}  // namespace rutter
