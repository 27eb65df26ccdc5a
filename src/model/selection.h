#pragma once
// Sets of elements of an n-dimensional array: boxes, hyperslabs, points.

#include <cstdint>
#include <vector>

#include "base/inline_vector.h"

namespace rutter {

using Shape = InlineVector<std::uint64_t, 3>;  ///< Elements (or chunks) per axis, slowest first.

/// A half-open box: start and shape, slowest axis first.
struct Box {
  Shape start, shape;
  std::uint64_t NumElements() const;  ///< Saturates at 2^64 - 1.
  bool Empty() const;
};

/// Intersection; Empty() where the boxes do not meet. Ranks are equal.
Box Intersect(const Box& a, const Box& b);

/// HDF5's regular hyperslab along one axis: `count` blocks of `block` elements, `stride` apart.
/// count == kUnlimited grows with the extent (virtual datasets).
struct HyperslabAxis {
  static constexpr std::uint64_t kUnlimited = ~0ull;
  std::uint64_t start = 0, stride = 1, count = 1, block = 1;
  bool operator==(const HyperslabAxis&) const = default;
};

/// HDF5's dataspace selection. Source: HDF5 4.0, "Dataspace selection".
struct ElementSelection {
  enum class Kind : std::uint8_t { kNone, kAll, kRegular, kBoxes, kPoints } kind = Kind::kAll;
  std::vector<HyperslabAxis> axes;  ///< kRegular.
  std::vector<Box> boxes;           ///< kBoxes: in the order of the file.
  std::vector<Shape> points;        ///< kPoints: in the order of the file.
};

}  // namespace rutter
