#pragma once
// What conventions and reference writers may ask of the data: the reading engine implements it, so that the model side
// stays free of I/O.

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "model/map.h"

namespace rutter {

/// Reads whole (small) arrays of one map. Thread-safe.
class DataAccess {
 public:
  virtual ~DataAccess() = default;
  /// All elements in C order, as stored (dtype.size_bytes each), decoded. The dtype must be fixed.
  /// Errors: as a read; kLimit above `max_bytes`.
  virtual Result<std::vector<std::byte>> ReadStored(const Array& array, std::uint64_t max_bytes) const = 0;
  /// All elements in C order as Values, flat. Any dtype.
  virtual Result<ValueList> ReadValues(const Array& array, std::uint64_t max_elements) const = 0;
  /// One decoded chunk in C order as stored, edge overhang filled with the fill value. For inlining odd chunks.
  virtual Result<std::vector<std::byte>> ReadChunk(const Array& array, const Shape& chunk_index) const = 0;
};

}  // namespace rutter
