#include "formats/hdf5/chunk_index/linear_locate.h"

#include <algorithm>
#include <cstring>

namespace rutter::hdf5 {
namespace {

std::uint64_t LoadUint(const std::byte* at, unsigned width) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, width);
  return value;
}

std::uint64_t AllOnes(unsigned width) { return width >= 8 ? ~0ull : (1ull << (8 * width)) - 1; }

}  // namespace

std::optional<ChunkEntryFormat> ChunkEntryFormat::Of(unsigned entry_bytes, unsigned address_bytes, bool filtered) {
  if (!filtered) return entry_bytes == address_bytes ? std::optional(ChunkEntryFormat{address_bytes, 0}) : std::nullopt;
  if (entry_bytes < address_bytes + 5 || entry_bytes > address_bytes + 12) return std::nullopt;
  return ChunkEntryFormat{address_bytes, entry_bytes - address_bytes - 4};
}

Result<ChunkNumbering> ChunkNumbering::Make(const ChunkGeometry& geometry, std::size_t slowest) {
  ChunkNumbering numbering;
  const std::size_t rank = geometry.rank();
  numbering.axes_.push_back(slowest);
  for (std::size_t k = 0; k < rank; ++k) {
    if (k != slowest) numbering.axes_.push_back(k);
  }
  numbering.strides_.assign(rank, 1);
  std::uint64_t chunks = 1;
  for (std::size_t place = rank; place-- > 0;) {
    const std::size_t axis = numbering.axes_[place];
    numbering.strides_[place] = chunks;
    // Only the slowest axis can be unlimited; its stride does not depend on its length.
    const std::uint64_t length = geometry.MaxGrid(axis).value_or(geometry.grid[axis]);
    if (length < geometry.grid[axis] || (place > 0 && !geometry.max_shape[axis])) {
      return Fail(ErrorCode::kCorrupt, "the shape is larger than its maximum");
    }
    auto product = CheckedMul(chunks, place == 0 ? geometry.grid[axis] : length);
    if (!product) return Fail(ErrorCode::kCorrupt, "a grid of more than 2^64 chunks");
    chunks = *product;
  }
  return numbering;
}

std::uint64_t ChunkNumbering::Number(std::span<const std::uint64_t> at) const {
  std::uint64_t number = 0;
  for (std::size_t place = 0; place < at.size(); ++place) number += at[place] * strides_[place];
  return number;
}

Status ChunkNumbering::Locate(const Box& box, const ChunkEntryFormat& format, EntryRuns& runs, ChunkEmitter& emitter) const {
  if (box.Empty()) return {};
  const std::size_t rank = axes_.size();
  Box places{Shape(rank), Shape(rank)};
  for (std::size_t place = 0; place < rank; ++place) {
    places.start[place] = box.start[axes_[place]];
    places.shape[place] = box.shape[axes_[place]];
  }
  Shape at = places.start, index(rank), last_place(rank);
  for (std::size_t place = 0; place < rank; ++place) last_place[place] = places.start[place] + places.shape[place] - 1;
  const std::uint64_t last = Number(last_place), row_end = places.start.back() + places.shape.back();
  const unsigned entry_bytes = format.Bytes();
  const std::uint64_t undefined = AllOnes(format.address_bytes);
  const std::uint64_t plain_bytes = emitter.geometry().chunk_bytes;

  while (true) {
    std::uint64_t number = Number(at);
    RUTTER_ASSIGN(EntryRun run, runs.Find(number, last));
    if (run.entries == nullptr) {
      if (run.end > last) return {};
      std::uint64_t rest = run.end;
      for (std::size_t place = 0; place < rank; ++place) {
        at[place] = rest / strides_[place];
        rest %= strides_[place];
      }
      if (!NextInBox(places, at)) return {};
      continue;
    }
    while (number < run.end) {
      const std::uint64_t count = std::min(row_end - at.back(), run.end - number);
      for (std::size_t place = 0; place < rank; ++place) index[axes_[place]] = at[place];
      const std::byte* entry = run.entries + (number - run.first) * entry_bytes;
      std::uint64_t& fastest = index[axes_.back()];
      for (std::uint64_t i = 0; i < count; ++i, ++fastest, entry += entry_bytes) {
        const std::uint64_t address = LoadUint(entry, format.address_bytes);
        if (address == undefined) continue;
        std::uint64_t bytes = plain_bytes;
        std::uint32_t mask = 0;
        if (format.size_bytes != 0) {
          bytes = LoadUint(entry + format.address_bytes, format.size_bytes);
          mask = static_cast<std::uint32_t>(LoadUint(entry + format.address_bytes + format.size_bytes, 4));
        }
        if (Status status = emitter.Emit(index, address, bytes, mask); !status) return status;
      }
      at.back() += count;
      if (!NextInBox(places, at)) return {};
      number = Number(at);
    }
  }
}

}  // namespace rutter::hdf5
