#pragma once
// Copies between two places that hold the same box of elements with different strides.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace rutter {

/// The most axes that the reading engine takes (HDF5's own bound).
inline constexpr std::size_t kMaxRank = 32;

/// One axis of a box: how many elements, and how many bytes apart on either side. Strides may be negative or 0.
struct StridedAxis {
  std::uint64_t count;
  std::int64_t from;
  std::int64_t to;
};

/// A box of elements, slowest axis first. Holds at most kMaxRank + 1 axes (one more for the parts of an element).
struct StridedBox {
  std::array<StridedAxis, kMaxRank + 1> axes;  ///< Those from `rank` on are not set, nor copied: small reads make many boxes.
  std::size_t rank = 0;

  StridedBox() {}  // NOLINT(modernize-use-equals-default): the axes stay as they are
  StridedBox(const StridedBox& other) : rank(other.rank) { std::copy_n(other.axes.begin(), rank, axes.begin()); }
  StridedBox& operator=(const StridedBox& other) {
    rank = other.rank;
    std::copy_n(other.axes.begin(), rank, axes.begin());
    return *this;
  }

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

/// Calls visit(from, to) with the byte offsets of every element of the box from its first one, in the order of the axes.
template <class Visit>
void VisitStrided(const StridedBox& box, const Visit& visit) {
  if (box.NumElements() == 0) return;
  std::array<std::uint64_t, kMaxRank + 1> index{};
  std::int64_t from = 0, to = 0;
  for (;;) {
    visit(from, to);
    std::size_t k = box.rank;
    for (;;) {
      if (k == 0) return;
      --k;
      const StridedAxis& axis = box.axes[k];
      from += axis.from;
      to += axis.to;
      if (++index[k] < axis.count) break;
      from -= static_cast<std::int64_t>(axis.count) * axis.from;
      to -= static_cast<std::int64_t>(axis.count) * axis.to;
      index[k] = 0;
    }
  }
}

}  // namespace rutter
