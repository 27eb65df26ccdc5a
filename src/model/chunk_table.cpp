#include "model/chunk_table.h"

#include <algorithm>
#include <utility>

namespace rutter {
namespace {

/// The bytes that hold every number up to `range`.
std::uint8_t BytesFor(std::uint64_t range) { return static_cast<std::uint8_t>(range == 0 ? 0 : 8 - __builtin_clzll(range) / 8); }

/// A column of `bytes` bytes a row, of what `value` gives.
template <class Value>
std::byte* Pack(std::byte* out, std::span<const ChunkRow> rows, std::size_t bytes, const Value& value) {
  if (bytes == 0) return out;
  for (const ChunkRow& row : rows) {
    std::uint64_t number = value(row);
    std::memcpy(out, &number, sizeof number);
    out += bytes;
  }
  return out;
}

}  // namespace

ChunkRow ChunkTable::RowWithoutOffset(const Segment& segment, std::size_t row) const {
  ChunkRow out{segment.chunk, segment.offset, segment.length, segment.source, segment.filter_mask};
  if (segment.offsets == Offsets::kFormula) {
    out.chunk += row;
    out.offset += row * segment.data;
    return out;
  }
  const std::byte* column = Columns(segment);
  out.chunk += segment.counts_up ? row : Load(column, segment.chunk_bytes, row);
  column += std::size_t{segment.chunk_bytes} * segment.rows;
  if (segment.offset_bytes != 0) out.offset += Load(column, segment.offset_bytes, row);
  column += std::size_t{segment.offset_bytes} * segment.rows;
  if (segment.source_bytes != 0) out.source += static_cast<std::uint32_t>(Load(column, segment.source_bytes, row));
  column += std::size_t{segment.source_bytes} * segment.rows;
  if (segment.length_bytes != 0) out.length += Load(column, segment.length_bytes, row);
  return out;
}

ChunkRow ChunkTable::RowAt(const Segment& segment, std::size_t row) const {
  ChunkRow out = RowWithoutOffset(segment, row);
  if (segment.offsets != Offsets::kBehind) return out;
  out.offset = segment.offset + row * segment.length;
  if (segment.length_bytes == 0) return out;
  const std::byte* lengths = Columns(segment) + (std::size_t{segment.chunk_bytes} + segment.offset_bytes + segment.source_bytes) * segment.rows;
  for (std::size_t i = 0; i < row; ++i) out.offset += Load(lengths, segment.length_bytes, i);
  return out;
}

/// The segment that may hold a chunk: the last that begins at or before it, or the first.
std::size_t ChunkTable::SegmentOf(std::uint64_t chunk) const {
  // Chunks are nearly always spread evenly, so the search begins where the number lies between the first and the last.
  std::uint64_t first = segments_.front().chunk, last = segments_.back().chunk;
  if (chunk <= first) return 0;
  if (chunk >= last) return segments_.size() - 1;
  auto guess = static_cast<std::size_t>(static_cast<double>(chunk - first) / static_cast<double>(last - first) * static_cast<double>(segments_.size() - 1));
  std::size_t low = 0, high = segments_.size();  // the answer lies in [low, high)
  for (std::size_t step = 1; low + 1 < high; step *= 4) {
    guess = std::clamp(guess, low, high - 1);
    if (segments_[guess].chunk <= chunk) {
      low = guess;
      if (guess + step >= high || segments_[guess + step].chunk > chunk) {
        high = std::min(high, guess + step);
        break;
      }
      guess += step;
    } else {
      high = guess;
      if (guess < low + step) break;
      guess -= step;
    }
  }
  auto after = std::upper_bound(segments_.begin() + static_cast<std::ptrdiff_t>(low), segments_.begin() + static_cast<std::ptrdiff_t>(high), chunk,
                                [](std::uint64_t number, const Segment& segment) { return number < segment.chunk; });
  return static_cast<std::size_t>(after - segments_.begin()) - 1;
}

std::size_t ChunkTable::LowerRow(const Segment& segment, std::uint64_t chunk) const {
  if (chunk <= segment.chunk) return 0;
  if (segment.counts_up) return static_cast<std::size_t>(std::min<std::uint64_t>(chunk - segment.chunk, segment.rows));
  std::size_t low = 0, high = segment.rows;
  while (low < high) {
    std::size_t middle = (low + high) / 2;
    if (ChunkAt(segment, middle) < chunk) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<ChunkRow> ChunkTable::Find(std::uint64_t chunk) const {
  if (segments_.empty()) return std::nullopt;
  const Segment& segment = segments_[SegmentOf(chunk)];
  std::size_t row = LowerRow(segment, chunk);
  if (row >= segment.rows || ChunkAt(segment, row) != chunk) return std::nullopt;
  return RowAt(segment, row);
}

std::byte* ChunkTable::Room(std::size_t bytes, std::uint64_t& position) {
  if (slabs_.empty() || slab_size_ - slab_used_ < bytes + kSpare) {
    // A slab for every size of table: the first as small as what it holds, later ones larger and larger.
    slab_size_ = std::max(bytes + kSpare, std::min<std::size_t>(kLargestSlab, static_cast<std::size_t>(slab_bytes_)));
    slabs_.push_back(std::make_unique_for_overwrite<std::byte[]>(slab_size_));
    slab_bytes_ += slab_size_;
    slab_used_ = 0;
  }
  position = static_cast<std::uint64_t>(slabs_.size() - 1) << 32 | slab_used_;
  std::byte* room = slabs_.back().get() + slab_used_;
  slab_used_ += bytes;
  return room;
}

/// Whether the rows are one formula; then they have become a segment or part of the last one.
bool ChunkTable::AppendFormula(std::span<const ChunkRow> rows) {
  const ChunkRow& first = rows.front();
  std::uint64_t step = rows.size() == 1 ? first.length : rows[1].offset - first.offset;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const ChunkRow& row = rows[i];
    bool fits = row.chunk == first.chunk + i && row.length == first.length && row.source == first.source && row.filter_mask == first.filter_mask &&
                row.offset - rows[i - 1].offset == step;
    if (!fits) return false;
  }
  auto count = static_cast<std::uint32_t>(rows.size());
  if (!segments_.empty() && sorted_) {
    Segment& last = segments_.back();
    bool goes_on = last.offsets == Offsets::kFormula && last.chunk + last.rows == first.chunk && last.length == first.length &&
                   last.source == first.source && last.filter_mask == first.filter_mask && last.data == step &&
                   last.offset + last.rows * step == first.offset && last.rows < std::numeric_limits<std::uint32_t>::max() - count;
    if (goes_on) {
      last.rows += count;
      return true;
    }
  }
  Segment segment{};
  segment.chunk = first.chunk;
  segment.offset = first.offset;
  segment.length = first.length;
  segment.data = step;
  segment.source = first.source;
  segment.filter_mask = first.filter_mask;
  segment.rows = count;
  segment.offsets = Offsets::kFormula;
  segment.counts_up = true;
  segments_.push_back(segment);
  return true;
}

/// Room for a few rows at first: most arrays of a map have no more.
void ChunkTable::MakeRoom() {
  if (room_pending_ == kSegmentRows) return Flush();
  std::size_t room = room_pending_ == 0 ? 1 : std::min(kSegmentRows, 4 * room_pending_);
  auto larger = std::make_unique_for_overwrite<ChunkRow[]>(room);
  std::copy_n(pending_.get(), num_pending_, larger.get());
  pending_ = std::move(larger);
  room_pending_ = room;
}

/// Packs the pending rows into segments: one for all, or several where the source changes only now and then. Filter masks
/// differ rarely, and each kind gets segments of its own.
void ChunkTable::Flush() {
  constexpr std::size_t kMostSources = 3;
  std::span<const ChunkRow> rows(pending_.get(), num_pending_);
  std::uint32_t differences = 0;
  for (const ChunkRow& row : rows) differences |= (row.source ^ rows[0].source) | (row.filter_mask ^ rows[0].filter_mask);
  std::size_t sources = 1;
  if (differences == 0) {
    if (!rows.empty()) FlushSome(rows);
    rows = {};
  }
  for (std::size_t i = 1; i < rows.size(); ++i) sources += rows[i].source != rows[i - 1].source;
  for (std::size_t begin = 0, i = 1; i <= rows.size(); ++i) {
    bool ends = i == rows.size() || rows[i].filter_mask != rows[begin].filter_mask || (sources <= kMostSources && rows[i].source != rows[begin].source);
    if (!ends) continue;
    FlushSome(rows.subspan(begin, i - begin));
    begin = i;
  }
  num_packed_ += num_pending_;
  num_pending_ = 0;
}

/// Packs rows of one mask into a segment.
void ChunkTable::FlushSome(std::span<const ChunkRow> rows) {
  if (AppendFormula(rows)) return;
  // One pass for what most tables are: chunks that count up, bytes that follow each other, one source.
  std::uint64_t leaps = 0, gaps = 0, behind_last = rows[0].offset;
  std::uint32_t sources = 0;
  ChunkRow low = rows[0], high = rows[0];
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ChunkRow& row = rows[i];
    leaps |= row.chunk ^ (rows[0].chunk + i);
    gaps |= row.offset ^ behind_last;
    sources |= row.source ^ rows[0].source;
    behind_last = row.offset + row.length;
    low.length = std::min(low.length, row.length), high.length = std::max(high.length, row.length);
  }
  const bool counts_up = leaps == 0, behind = gaps == 0;
  if (!counts_up || !behind || sources != 0) {
    for (const ChunkRow& row : rows) {
      low.chunk = std::min(low.chunk, row.chunk), high.chunk = std::max(high.chunk, row.chunk);
      low.offset = std::min(low.offset, row.offset), high.offset = std::max(high.offset, row.offset);
      low.source = std::min(low.source, row.source), high.source = std::max(high.source, row.source);
    }
  }
  Segment segment{};
  segment.chunk = low.chunk;
  segment.offset = behind ? rows[0].offset : low.offset;
  segment.length = low.length;
  segment.source = low.source;
  segment.filter_mask = low.filter_mask;
  segment.rows = static_cast<std::uint32_t>(rows.size());
  segment.offsets = behind ? Offsets::kBehind : Offsets::kPacked;
  segment.counts_up = counts_up;
  segment.chunk_bytes = counts_up ? 0 : BytesFor(high.chunk - low.chunk) & 15;
  segment.offset_bytes = behind ? 0 : BytesFor(high.offset - low.offset) & 15;
  segment.source_bytes = BytesFor(high.source - low.source) & 15;
  segment.length_bytes = BytesFor(high.length - low.length) & 15;
  std::size_t row_bytes = std::size_t{segment.chunk_bytes} + segment.offset_bytes + segment.source_bytes + segment.length_bytes;
  std::byte* out = Room(row_bytes * rows.size(), segment.data);
  out = Pack(out, rows, segment.chunk_bytes, [&](const ChunkRow& row) { return row.chunk - low.chunk; });
  out = Pack(out, rows, segment.offset_bytes, [&](const ChunkRow& row) { return row.offset - low.offset; });
  out = Pack(out, rows, segment.source_bytes, [&](const ChunkRow& row) { return std::uint64_t{row.source} - low.source; });
  Pack(out, rows, segment.length_bytes, [&](const ChunkRow& row) { return row.length - low.length; });
  segments_.push_back(segment);
}

void ChunkTable::Append(ChunkTable&& other, std::span<const std::uint32_t> sources, std::uint64_t inline_shift) {
  other.Flush();
  auto moved = [&](std::uint32_t source) { return source == kInline || sources.empty() ? source : sources[source]; };
  std::uint64_t slab_shift = 0;
  bool in_order = other.sorted_;
  if (!other.segments_.empty()) {
    Flush();
    slab_shift = static_cast<std::uint64_t>(slabs_.size()) << 32;
    in_order = in_order && (empty() || next_chunk_ <= other.segments_.front().chunk);
    // What is left of the own last slab stays unused; new columns go behind those of the other.
    if (!other.slabs_.empty()) {
      slab_used_ = other.slab_used_;
      slab_size_ = other.slab_size_;
    }
    slab_bytes_ += other.slab_bytes_;
    std::move(other.slabs_.begin(), other.slabs_.end(), std::back_inserter(slabs_));
  }
  segments_.reserve(segments_.size() + other.segments_.size());
  std::uint64_t rows = num_packed_ + other.num_packed_;
  for (Segment segment : other.segments_) {
    if (segment.offsets != Offsets::kFormula) segment.data += slab_shift;
    if (segment.source_bytes == 0) {
      Flush();
      if (segment.source == kInline) {
        segment.offset += inline_shift;
      } else {
        segment.source = moved(segment.source);
      }
      segments_.push_back(segment);
      continue;
    }
    for (std::size_t i = 0; i < segment.rows; ++i) {
      ChunkRow row = RowAt(segment, i);
      if (row.source == kInline) row.offset += inline_shift;
      row.source = moved(row.source);
      Append(row);
    }
    Flush();
  }
  if (!other.empty()) next_chunk_ = other.next_chunk_;
  sorted_ = sorted_ && in_order;
  num_packed_ = rows;
  other = ChunkTable();
}

Status ChunkTable::Sort(std::uint64_t num_cells) {
  ChunkTable sorted;
  // The place of a row: its segment and its number in there. Rows are visited as they came, so that later ones replace earlier ones.
  auto each = [&](const auto& visit) {
    for (std::size_t s = 0; s < segments_.size(); ++s) {
      for (std::size_t i = 0; i < segments_[s].rows; ++i) visit(ChunkAt(segments_[s], i), static_cast<std::uint64_t>(s) << 32 | i);
    }
  };
  auto take = [&](std::uint64_t place) { sorted.Append(RowAt(segments_[place >> 32], place & 0xFFFFFFFF)); };
  constexpr std::uint64_t kNone = ~0ull;
  if (num_cells / 4 <= num_rows()) {
    std::vector<std::uint64_t> place(static_cast<std::size_t>(num_cells), kNone);
    each([&](std::uint64_t chunk, std::uint64_t at) { place[static_cast<std::size_t>(chunk)] = at; });
    for (std::uint64_t at : place) {
      if (at != kNone) take(at);
    }
  } else {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> places;
    places.reserve(static_cast<std::size_t>(num_rows()));
    each([&](std::uint64_t chunk, std::uint64_t at) { places.emplace_back(chunk, at); });
    std::sort(places.begin(), places.end());
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (i + 1 == places.size() || places[i + 1].first != places[i].first) take(places[i].second);
    }
  }
  sorted.Flush();
  *this = std::move(sorted);
  return {};
}

Status ChunkTable::Finish(std::uint64_t num_cells) {
  Flush();
  for (const Segment& segment : segments_) {
    for (std::size_t i = segment.counts_up ? segment.rows - 1 : 0; i < segment.rows; ++i) {
      if (ChunkAt(segment, i) >= num_cells) return Fail(ErrorCode::kCorrupt, "a chunk lies outside its array's grid");
    }
  }
  if (!sorted_) RUTTER_TRY(Sort(num_cells));
  pending_.reset();
  room_pending_ = 0;
  segments_.shrink_to_fit();
  return {};
}

}  // namespace rutter
