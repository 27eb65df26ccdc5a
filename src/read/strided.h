#pragma once
// Copies between two places that hold the same box of elements with different strides.

#include <array>
#include <cstddef>
#include <cstdint>

namespace rutter {

/// The most axes that the reading engine takes (HDF5's own bound).
inline constexpr std::size_t kMaxRank = 32;

/// One axis of a box: how many elements, and how many bytes apart on either side. Strides may be negative or 0.
struct StridedAxis {
  std::uint64_t count = 1;
  std::int64_t from = 0;
  std::int64_t to = 0;
};

/// A box of elements, slowest axis first. Holds at most kMaxRank + 1 axes (one more for the parts of an element).
struct StridedBox {
  std::array<StridedAxis, kMaxRank + 1> axes;
  std::size_t rank = 0;

  void Add(std::uint64_t count, std::int64_t from, std::int64_t to) { axes[rank++] = {count, from, to}; }
  std::uint64_t NumElements() const;
  /// Drops axes of one element and merges neighbours that continue each other on both sides. Keeps the order.
  void Simplify();
  /// Orders the axes from the largest source stride to the smallest.
  void SortBySource();
};

/// Copies every element; `from` and `to` point at the box's first element and do not overlap.
void CopyStrided(const StridedBox& box, const std::byte* from, std::byte* to, std::size_t element_bytes);

/// The same with the bytes of every element reversed; element_bytes is 2, 4 or 8.
void CopySwapped(const StridedBox& box, const std::byte* from, std::byte* to, std::size_t element_bytes);

}  // namespace rutter
