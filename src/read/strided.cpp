#include "read/strided.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace rutter {
namespace {

template <class T>
T Load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
void Store(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

template <class T>
struct Keep {
  static constexpr std::size_t kBytes = sizeof(T);
  static constexpr bool kIsCopy = true;
  using Type = T;
  T operator()(T value) const { return value; }
};

template <class T>
struct Swap {
  static constexpr std::size_t kBytes = sizeof(T);
  static constexpr bool kIsCopy = false;
  using Type = T;
  T operator()(T value) const {
    if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
    if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
    if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
  }
};

/// One row of machine-sized elements.
template <class Change>
void CopyRow(const StridedAxis& axis, const std::byte* from, std::byte* to) {
  using T = typename Change::Type;
  constexpr auto kBytes = static_cast<std::int64_t>(Change::kBytes);
  Change change;
  auto count = static_cast<std::int64_t>(axis.count);
  if (axis.from == kBytes && axis.to == kBytes) {
    if constexpr (Change::kIsCopy) {
      std::memcpy(to, from, static_cast<std::size_t>(count * kBytes));
    } else {
      for (std::int64_t i = 0; i < count; ++i) Store<T>(to + i * kBytes, change(Load<T>(from + i * kBytes)));
    }
  } else if (axis.from == 0) {
    const T value = change(Load<T>(from));
    if (axis.to == kBytes) {
      for (std::int64_t i = 0; i < count; ++i) Store<T>(to + i * kBytes, value);
    } else {
      for (std::int64_t i = 0; i < count; ++i) Store<T>(to + i * axis.to, value);
    }
  } else if (axis.to == kBytes) {
    for (std::int64_t i = 0; i < count; ++i) Store<T>(to + i * kBytes, change(Load<T>(from + i * axis.from)));
  } else {
    for (std::int64_t i = 0; i < count; ++i) Store<T>(to + i * axis.to, change(Load<T>(from + i * axis.from)));
  }
}

/// The two fastest axes. Transposes go tile by tile, so that both sides stay in the cache.
template <class Change>
void CopyPlane(const StridedAxis& outer, const StridedAxis& inner, const std::byte* from, std::byte* to) {
  constexpr std::uint64_t kTile = 32;
  bool crosses = std::abs(outer.from) < std::abs(inner.from) || std::abs(outer.to) < std::abs(inner.to);
  bool transposed = crosses && inner.count > kTile && outer.count > kTile;
  if (!transposed) {
    for (std::uint64_t i = 0; i < outer.count; ++i, from += outer.from, to += outer.to) CopyRow<Change>(inner, from, to);
    return;
  }
  for (std::uint64_t i = 0; i < outer.count; i += kTile) {
    std::uint64_t rows = std::min(kTile, outer.count - i);
    for (std::uint64_t j = 0; j < inner.count; j += kTile) {
      StridedAxis part = inner;
      part.count = std::min(kTile, inner.count - j);
      const std::byte* tile_from = from + static_cast<std::int64_t>(i) * outer.from + static_cast<std::int64_t>(j) * inner.from;
      std::byte* tile_to = to + static_cast<std::int64_t>(i) * outer.to + static_cast<std::int64_t>(j) * inner.to;
      for (std::uint64_t k = 0; k < rows; ++k, tile_from += outer.from, tile_to += outer.to) CopyRow<Change>(part, tile_from, tile_to);
    }
  }
}

/// Calls plane(outer, inner, from, to) for every pair of fastest axes. Counts are not 0.
template <class Plane>
void ForEachPlane(const StridedBox& box, const std::byte* from, std::byte* to, const Plane& plane) {
  static constexpr StridedAxis kOne{1, 0, 0};
  const StridedAxis& inner = box.rank > 0 ? box.axes[box.rank - 1] : kOne;
  const StridedAxis& outer = box.rank > 1 ? box.axes[box.rank - 2] : kOne;
  std::size_t rest = box.rank > 2 ? box.rank - 2 : 0;
  std::array<std::uint64_t, kMaxRank + 1> index{};
  for (;;) {
    plane(outer, inner, from, to);
    std::size_t k = rest;
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

template <class Change>
void CopyTyped(const StridedBox& box, const std::byte* from, std::byte* to) {
  ForEachPlane(box, from, to, [](const StridedAxis& outer, const StridedAxis& inner, const std::byte* f, std::byte* t) {
    CopyPlane<Change>(outer, inner, f, t);
  });
}

}  // namespace

std::uint64_t StridedBox::NumElements() const {
  std::uint64_t elements = 1;
  for (std::size_t k = 0; k < rank; ++k) elements *= axes[k].count;
  return elements;
}

void StridedBox::Simplify() {
  std::size_t kept = 0;
  for (std::size_t k = 0; k < rank; ++k) {
    const StridedAxis axis = axes[k];
    if (axis.count == 1) continue;
    if (kept > 0) {
      StridedAxis& outer = axes[kept - 1];
      auto count = static_cast<std::int64_t>(axis.count);
      if (outer.from == axis.from * count && outer.to == axis.to * count) {
        outer = {outer.count * axis.count, axis.from, axis.to};
        continue;
      }
    }
    axes[kept++] = axis;
  }
  rank = kept;
}

void StridedBox::SortBySource() {
  // By insertion: there are few axes, and they nearly always are in order already. std::stable_sort asks for memory first.
  for (std::size_t k = 1; k < rank; ++k) {
    for (std::size_t i = k; i > 0 && std::abs(axes[i].from) > std::abs(axes[i - 1].from); --i) std::swap(axes[i], axes[i - 1]);
  }
}

void CopyStrided(const StridedBox& wanted, const std::byte* from, std::byte* to, std::size_t element_bytes) {
  StridedBox box = wanted;
  box.Simplify();
  if (box.NumElements() == 0 || element_bytes == 0) return;
  bool runs = box.rank > 0 && box.axes[box.rank - 1].from == static_cast<std::int64_t>(element_bytes) &&
              box.axes[box.rank - 1].to == static_cast<std::int64_t>(element_bytes);
  if (runs) {
    // Whole rows, whatever the element is.
    std::size_t row_bytes = static_cast<std::size_t>(box.axes[box.rank - 1].count) * element_bytes;
    box.axes[box.rank - 1] = {1, 0, 0};
    --box.rank;
    ForEachPlane(box, from, to, [&](const StridedAxis& outer, const StridedAxis& inner, const std::byte* f, std::byte* t) {
      for (std::uint64_t i = 0; i < outer.count; ++i) {
        for (std::uint64_t j = 0; j < inner.count; ++j) {
          std::memcpy(t + static_cast<std::int64_t>(i) * outer.to + static_cast<std::int64_t>(j) * inner.to,
                      f + static_cast<std::int64_t>(i) * outer.from + static_cast<std::int64_t>(j) * inner.from, row_bytes);
        }
      }
    });
    return;
  }
  switch (element_bytes) {
    case 1: return CopyTyped<Keep<std::uint8_t>>(box, from, to);
    case 2: return CopyTyped<Keep<std::uint16_t>>(box, from, to);
    case 4: return CopyTyped<Keep<std::uint32_t>>(box, from, to);
    case 8: return CopyTyped<Keep<std::uint64_t>>(box, from, to);
    default: break;
  }
  ForEachPlane(box, from, to, [&](const StridedAxis& outer, const StridedAxis& inner, const std::byte* f, std::byte* t) {
    for (std::uint64_t i = 0; i < outer.count; ++i) {
      for (std::uint64_t j = 0; j < inner.count; ++j) {
        std::memcpy(t + static_cast<std::int64_t>(i) * outer.to + static_cast<std::int64_t>(j) * inner.to,
                    f + static_cast<std::int64_t>(i) * outer.from + static_cast<std::int64_t>(j) * inner.from, element_bytes);
      }
    }
  });
}

void CopySwapped(const StridedBox& wanted, const std::byte* from, std::byte* to, std::size_t element_bytes) {
  StridedBox box = wanted;
  box.Simplify();
  if (box.NumElements() == 0) return;
  switch (element_bytes) {
    case 2: return CopyTyped<Swap<std::uint16_t>>(box, from, to);
    case 4: return CopyTyped<Swap<std::uint32_t>>(box, from, to);
    case 8: return CopyTyped<Swap<std::uint64_t>>(box, from, to);
    default: return CopyStrided(box, from, to, element_bytes);
  }
}

}  // namespace rutter
