#pragma once
// How many elements, in which shape. Source: HDF5 4.0, "The Dataspace Message".

#include <cstdint>
#include <optional>
#include <vector>

#include "base/byte_reader.h"
#include "formats/hdf5/file.h"
#include "model/selection.h"

namespace rutter::hdf5 {

struct Dataspace {
  Shape shape;           ///< Elements, slowest axis first; empty = scalar (or null).
  bool is_null = false;  ///< No element at all.
  /// Empty where no axis can grow; else one entry per axis, an empty one = unlimited.
  std::vector<std::optional<std::uint64_t>> max_shape;
};

/// Versions 1 and 2. Permutation indices (version 1) were never implemented by any writer and are passed over.
/// Errors: kCorrupt (rank above 32, a scalar with dimensions), kUnsupported (version), kLimit (Limits::rank).
Result<Dataspace> DecodeDataspace(ByteReader reader, const Sizes& sizes, const Limits& limits);

}  // namespace rutter::hdf5
