#include "model/chunk_index.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"
#include "model/map.h"

namespace rutter {
namespace {

/// Calls visit(index, number) for every cell of `box` of a grid in C order; number is the cell's C-order number in the grid.
template <class Visit>
Status ForEachCell(const Box& box, const Shape& grid, const Visit& visit) {
  if (box.Empty()) return {};
  Shape index = box.start;
  for (;;) {
    std::uint64_t number = 0;
    for (std::size_t k = 0; k < grid.size(); ++k) number = number * grid[k] + index[k];
    RUTTER_TRY(visit(index, number));
    std::size_t k = grid.size();
    while (k > 0) {
      --k;
      if (++index[k] < box.start[k] + box.shape[k]) break;
      index[k] = box.start[k];
      if (k == 0) return {};
    }
    if (grid.empty()) return {};
  }
}

}  // namespace

FlatIndex::FlatIndex(std::vector<Extent> extents, Shape byte_strides, Shape array_shape, Shape chunk_shape,
                     std::uint64_t element_bytes)
    : extents_(std::move(extents)),
      byte_strides_(std::move(byte_strides)),
      array_shape_(std::move(array_shape)),
      chunk_shape_(std::move(chunk_shape)),
      element_bytes_(element_bytes) {}

std::optional<std::uint64_t> FlatIndex::StoredBytes() const {
  std::uint64_t bytes = 0;
  for (const Extent& extent : extents_) bytes += extent.length;
  return bytes;
}

Status FlatIndex::Locate(const Box& box, const ChunkSink& sink) const {
  // One chunk is one run where its axes, taken from the smallest stride up, each continue where the inner ones end.
  std::size_t rank = array_shape_.size();
  std::vector<std::size_t> by_stride(rank);
  for (std::size_t k = 0; k < rank; ++k) by_stride[k] = k;
  std::stable_sort(by_stride.begin(), by_stride.end(), [&](std::size_t a, std::size_t b) {
    return byte_strides_[a] != byte_strides_[b] ? byte_strides_[a] < byte_strides_[b] : a > b;
  });
  std::uint64_t run = element_bytes_;
  for (std::size_t k : by_stride) {
    if (chunk_shape_[k] == 1) continue;
    if (byte_strides_[k] != run) return Fail(ErrorCode::kUnsupported, "a chunk of this flat array is not one run of bytes");
    run *= chunk_shape_[k];
  }
  Shape grid(rank);
  for (std::size_t k = 0; k < rank; ++k) grid[k] = CeilDiv(array_shape_[k], chunk_shape_[k]);
  return ForEachCell(box, grid, [&](const Shape& index, std::uint64_t) -> Status {
    std::uint64_t begin = 0;
    for (std::size_t k = 0; k < rank; ++k) {
      if ((index[k] + 1) * chunk_shape_[k] > array_shape_[k]) {
        return Fail(ErrorCode::kUnsupported, "the last chunk of this flat array is short");
      }
      begin += index[k] * chunk_shape_[k] * byte_strides_[k];
    }
    auto after = std::upper_bound(extents_.begin(), extents_.end(), begin,
                                  [](std::uint64_t at, const Extent& extent) { return at < extent.stream_offset; });
    const Extent* holds = after == extents_.begin() ? nullptr : &*(after - 1);
    if (holds != nullptr && RangeInside(begin - holds->stream_offset, run, holds->length)) {
      ChunkRef chunk;
      chunk.source = holds->source;
      chunk.offset = holds->offset + (begin - holds->stream_offset);
      chunk.length = run;
      return sink(index, chunk);
    }
    bool touches = holds != nullptr && begin - holds->stream_offset < holds->length;
    touches = touches || (after != extents_.end() && after->stream_offset < begin + run);
    if (touches) return Fail(ErrorCode::kUnsupported, "a chunk of this flat array lies over two files");
    return {};
  });
}

TableIndex::TableIndex(Shape chunk_grid, ChunkTable table, std::vector<std::byte> inline_data)
    : grid_(std::move(chunk_grid)), table_(std::move(table)), inline_data_(std::move(inline_data)) {}

TableIndex::TableIndex(Shape chunk_grid, const std::vector<Row>& rows, std::vector<std::byte> inline_data)
    : grid_(std::move(chunk_grid)), inline_data_(std::move(inline_data)) {
  for (const Row& row : rows) table_.Append(row);
  // Rows outside the grid are not looked for, so that they cannot be found either.
  (void)table_.Finish(~0ull);
}

std::optional<std::uint64_t> TableIndex::StoredBytes() const {
  std::uint64_t bytes = 0;
  (void)table_.ForEach(0, ~0ull, [&](const Row& row) -> Status {
    bytes += row.length;
    return {};
  });
  return bytes;
}

Status TableIndex::Locate(const Box& box, const ChunkSink& sink) const {
  if (box.Empty() || table_.empty()) return {};
  auto report = [&](const Shape& index, const Row& row) -> Status {
    ChunkRef chunk;
    chunk.length = row.length;
    chunk.filter_mask = row.filter_mask;
    if (row.source == kInline) {
      if (!RangeInside(row.offset, row.length, inline_data_.size())) return Fail(ErrorCode::kInternal, "inline chunk outside its data");
      // An empty vector may have no address, and an address is what marks inline data.
      static constexpr std::byte kNone{};
      chunk.inline_data = inline_data_.empty() ? &kNone : inline_data_.data() + row.offset;
    } else {
      chunk.source = row.source;
      chunk.offset = row.offset;
    }
    return sink(index, chunk);
  };
  // Many rows for few cells: look each cell up; else walk the rows between the first and the last cell.
  if (box.NumElements() <= table_.num_rows() / 16) {
    return ForEachCell(box, grid_, [&](const Shape& cell, std::uint64_t number) -> Status {
      auto row = table_.Find(number);
      return row ? report(cell, *row) : Status();
    });
  }
  Shape index(grid_.size());
  auto unravel = [&](std::uint64_t number) {
    bool inside = true;
    for (std::size_t k = grid_.size(); k-- > 0;) {
      index[k] = number % grid_[k];
      number /= grid_[k];
      inside = inside && index[k] >= box.start[k] && index[k] - box.start[k] < box.shape[k];
    }
    return inside;
  };
  std::uint64_t first = 0, last = 0;
  for (std::size_t k = 0; k < grid_.size(); ++k) {
    first = first * grid_[k] + box.start[k];
    last = last * grid_[k] + box.start[k] + box.shape[k] - 1;
  }
  return table_.ForEach(first, last, [&](const Row& row) -> Status { return unravel(row.chunk) ? report(index, row) : Status(); });
}

Status InlineIndex::Locate(const Box& box, const ChunkSink& sink) const {
  if (box.Empty()) return {};
  ChunkRef chunk;
  chunk.length = data_.size();
  // An empty vector may have no address, and an address is what marks inline data.
  static constexpr std::byte kNone{};
  chunk.inline_data = data_.empty() ? &kNone : data_.data();
  Shape index(box.start.size(), 0);
  return sink(index, chunk);
}

Status MosaicIndex::Locate(const Box&, const ChunkSink&) const {
  return Fail(ErrorCode::kUnsupported, "a virtual dataset has no chunks of its own");
}

}  // namespace rutter
