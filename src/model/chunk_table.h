#pragma once
// The places of an array's chunks as packed columns: formulas for regular runs, a few bytes a chunk elsewhere.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"

namespace rutter {

/// One chunk's place.
struct ChunkRow {
  std::uint64_t chunk = 0;        ///< C-order number of the chunk in its grid.
  std::uint64_t offset = 0;       ///< In the source, or in the table's inline data.
  std::uint64_t length = 0;
  std::uint32_t source = 0;       ///< ChunkTable::kInline: the bytes lie in the inline data.
  std::uint32_t filter_mask = 0;
};

/// Rows are appended in any order, in segments of at most 64 whose columns take the bytes that their range needs: none for
/// chunk numbers that count up, for offsets that follow from the lengths, for lengths and sources that are all the same.
/// Segments that are formulas throughout grow without bound. After Finish() the rows are sorted and immutable.
class ChunkTable {
 public:
  static constexpr std::uint32_t kInline = 0xFFFFFFFF;
  static constexpr std::size_t kSegmentRows = 64;

  void Append(const ChunkRow& row) {
    if (num_pending_ == room_pending_) MakeRoom();
    pending_[num_pending_++] = row;
    sorted_ = sorted_ && row.chunk >= next_chunk_;
    next_chunk_ = row.chunk + 1;
  }

  /// Appends the rows of another table behind these. Its source i becomes `sources[i]` (all stay where `sources` is empty);
  /// its inline data lies `inline_shift` bytes further.
  void Append(ChunkTable&& other, std::span<const std::uint32_t> sources, std::uint64_t inline_shift);

  /// Sorts the rows; of several rows for one chunk the last one counts. Gives back memory that is not needed.
  /// Errors: kCorrupt (a chunk outside the `num_cells` of the grid).
  Status Finish(std::uint64_t num_cells);

  bool empty() const { return num_rows() == 0; }
  std::uint64_t num_rows() const { return num_packed_ + num_pending_; }
  /// Memory of the packed rows.
  std::uint64_t bytes() const { return slab_bytes_ + segments_.capacity() * sizeof(Segment) + room_pending_ * sizeof(ChunkRow); }

  /// The row of a chunk. After Finish() only.
  std::optional<ChunkRow> Find(std::uint64_t chunk) const;
  /// Calls visit(row) for all rows with first <= chunk <= last in their order, until it returns an error. After Finish() only.
  template <class Visit>
  Status ForEach(std::uint64_t first, std::uint64_t last, const Visit& visit) const;

 private:
  // Offsets: a packed column; each row behind the one before; or, where the whole segment is a formula, equal steps.
  enum class Offsets : std::uint8_t { kPacked, kBehind, kFormula };
  struct Segment {
    std::uint64_t chunk = 0;   ///< The smallest; of the first row where the table is sorted.
    std::uint64_t offset = 0;  ///< The smallest (kPacked), else the first.
    std::uint64_t length = 0;  ///< The smallest.
    std::uint64_t data = 0;    ///< Slab << 32 | byte of the columns; kFormula: the step, modulo 2^64.
    std::uint32_t source = 0;  ///< The smallest.
    std::uint32_t filter_mask = 0;
    std::uint32_t rows = 0;
    Offsets offsets = Offsets::kPacked;
    bool counts_up = false;    ///< Row i is chunk + i.
    // Bytes a row of the columns, which follow one another: chunks, offsets, sources, lengths.
    std::uint8_t chunk_bytes : 4, offset_bytes : 4, source_bytes : 4, length_bytes : 4;
  };
  using Slab = std::unique_ptr<std::byte[]>;
  /// Columns are read eight bytes at a time, so each slab has that many to spare at its end.
  static constexpr std::size_t kSpare = 8, kLargestSlab = 1 << 20;

  static std::uint64_t Load(const std::byte* column, std::size_t bytes, std::size_t row) {
    std::uint64_t value = 0;
    std::memcpy(&value, column + bytes * row, sizeof value);
    return bytes == 8 ? value : value & ((1ull << 8 * bytes) - 1);
  }
  const std::byte* Columns(const Segment& segment) const { return slabs_[segment.data >> 32].get() + (segment.data & 0xFFFFFFFF); }
  std::uint64_t ChunkAt(const Segment& segment, std::size_t row) const {
    return segment.chunk + (segment.counts_up ? row : Load(Columns(segment), segment.chunk_bytes, row));
  }
  /// Everything but the offset of a kBehind segment, which needs the rows before.
  ChunkRow RowWithoutOffset(const Segment& segment, std::size_t row) const;
  ChunkRow RowAt(const Segment& segment, std::size_t row) const;
  std::size_t SegmentOf(std::uint64_t chunk) const;
  /// The first row of the segment whose chunk is not below `chunk`; segment.rows where there is none.
  std::size_t LowerRow(const Segment& segment, std::uint64_t chunk) const;

  void MakeRoom();
  void Flush();
  void FlushSome(std::span<const ChunkRow> rows);
  bool AppendFormula(std::span<const ChunkRow> rows);
  std::byte* Room(std::size_t bytes, std::uint64_t& position);
  Status Sort(std::uint64_t num_cells);

  std::vector<Segment> segments_;
  std::vector<Slab> slabs_;
  std::unique_ptr<ChunkRow[]> pending_;        ///< Rows of no segment yet.
  std::size_t num_pending_ = 0, room_pending_ = 0;
  std::size_t slab_used_ = 0, slab_size_ = 0;  ///< Of the last slab.
  std::uint64_t slab_bytes_ = 0, num_packed_ = 0;
  std::uint64_t next_chunk_ = 0;               ///< Sorted rows go on from here.
  bool sorted_ = true;
};

template <class Visit>
Status ChunkTable::ForEach(std::uint64_t first, std::uint64_t last, const Visit& visit) const {
  if (segments_.empty()) return {};
  for (std::size_t s = SegmentOf(first); s < segments_.size() && segments_[s].chunk <= last; ++s) {
    const Segment& segment = segments_[s];
    std::size_t begin = LowerRow(segment, first);
    std::uint64_t behind = segment.offsets == Offsets::kBehind && begin < segment.rows ? RowAt(segment, begin).offset : 0;
    for (std::size_t i = begin; i < segment.rows; ++i) {
      ChunkRow row = RowWithoutOffset(segment, i);
      if (row.chunk > last) return {};
      if (segment.offsets == Offsets::kBehind) {
        row.offset = behind;
        behind += row.length;
      }
      RUTTER_TRY(visit(row));
    }
  }
  return {};
}

}  // namespace rutter
