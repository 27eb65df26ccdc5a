#pragma once
// Fractal heap: links, attributes and shared messages of new-style groups. Source: HDF5 4.0, "Disk Format: Level 1G - Fractal Heap".

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

class FractalHeap {
 public:
  /// Reads the header. Errors: kCorrupt, kTruncated, kUnsupported, kLimit.
  static Result<std::shared_ptr<FractalHeap>> Open(File& file, std::uint64_t address);
  virtual ~FractalHeap() = default;
  virtual std::size_t id_length() const = 0;
  /// The object behind a heap id of id_length() bytes: managed, huge (direct or by B-tree, filtered too) or tiny.
  virtual Result<std::vector<std::byte>> Object(std::span<const std::byte> id) = 0;
};

}  // namespace rutter::hdf5
