#include "read/slice_blocks.h"

#include <algorithm>

#include "base/checked.h"

namespace rutter {

SliceBlocks::SliceBlocks(const Array& array, const Slice& slice, std::uint64_t element_bytes, std::uint64_t preferred_bytes, std::uint64_t max_bytes)
    : whole_(slice) {
  done_ = slice.NumElements() == 0;
  if (done_ || slice.axes.empty()) return;
  auto chunk_at = [&](std::size_t k) { return k < array.chunk_shape.size() ? std::max<std::uint64_t>(1, array.chunk_shape[k]) : 1; };
  std::uint64_t inner = std::max<std::uint64_t>(1, element_bytes);  // bytes of one step of axis_
  axis_ = slice.axes.size() - 1;
  while (axis_ > 0) {
    auto wider = CheckedMul(inner, slice.axes[axis_].count);
    if (!wider || *wider > std::max(preferred_bytes, inner)) break;
    inner = *wider;
    --axis_;
  }
  // A band of chunks that takes more than the preferred size is still read at once where memory allows.
  const AxisSlice& cut = slice.axes[axis_];
  chunk_extent_ = chunk_at(axis_);
  auto step = static_cast<std::uint64_t>(cut.step);
  if (cut.step < 0) step = 0 - step;
  std::uint64_t band = std::min(cut.count, CeilDiv(chunk_extent_, std::max<std::uint64_t>(1, step)));
  std::uint64_t band_bytes = CheckedMul(inner, band).value_or(~0ull);
  std::uint64_t bytes = std::min(std::max(preferred_bytes, band_bytes), max_bytes);
  rows_ = std::clamp<std::uint64_t>(bytes / inner, 1, cut.count);
  index_.assign(axis_ + 1, 0);
  most_decodes_ = CeilDiv(band, rows_);
  for (std::size_t k = 0; k < axis_; ++k) {
    auto width = static_cast<std::uint64_t>(slice.axes[k].step);
    if (slice.axes[k].step < 0) width = 0 - width;
    const std::uint64_t met = std::min(slice.axes[k].count, CeilDiv(chunk_at(k), std::max<std::uint64_t>(1, width)));
    most_decodes_ = CheckedMul(most_decodes_, met).value_or(~0ull);
  }
}

std::uint64_t SliceBlocks::RowsFrom(std::uint64_t first) const {
  const AxisSlice& cut = whole_.axes[axis_];
  std::uint64_t rows = std::min(rows_, cut.count - first);
  if (first + rows == cut.count || cut.step < 0) return rows;
  auto step = static_cast<std::uint64_t>(cut.step);
  std::uint64_t begin = cut.start + first * step, end = begin + rows * step;
  std::uint64_t boundary = end / chunk_extent_ * chunk_extent_;
  return boundary > begin ? std::min(rows, CeilDiv(boundary - begin, step)) : rows;
}

std::optional<Slice> SliceBlocks::Next() {
  if (done_) return std::nullopt;
  if (whole_.axes.empty()) {
    done_ = true;
    return whole_;
  }
  Slice block = whole_;
  auto narrow = [&](std::size_t k, std::uint64_t first, std::uint64_t count) {
    AxisSlice& axis = block.axes[k];
    axis.start += first * static_cast<std::uint64_t>(axis.step);  // wraps to the right place for a negative step
    axis.count = count;
  };
  for (std::size_t k = 0; k < axis_; ++k) narrow(k, index_[k], 1);
  std::uint64_t rows = RowsFrom(index_[axis_]);
  narrow(axis_, index_[axis_], rows);
  index_[axis_] += rows;
  for (std::size_t k = axis_; index_[k] >= whole_.axes[k].count; --k) {
    index_[k] = 0;
    if (k == 0) {
      done_ = true;
      break;
    }
    ++index_[k - 1];
  }
  return block;
}

}  // namespace rutter
