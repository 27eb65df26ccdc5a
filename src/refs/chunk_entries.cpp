#include "refs/chunk_entries.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/checked.h"

namespace rutter {
namespace {

/// The C-order number of a chunk from the part of its key behind the array's path; nullopt where this is no chunk key
/// of the array or lies outside the grid.
std::optional<std::uint64_t> ChunkNumber(std::string_view text, ChunkKeys keys, const Shape& grid) {
  if (keys.c_prefix) {
    if (text.empty() || text.front() != 'c') return std::nullopt;
    text.remove_prefix(1);
    if (grid.empty()) return text.empty() ? std::optional<std::uint64_t>(0) : std::nullopt;
    if (text.empty() || text.front() != keys.separator) return std::nullopt;
    text.remove_prefix(1);
  } else if (grid.empty()) {
    return text == "0" ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
  const char* at = text.data();
  const char* end = at + text.size();
  std::uint64_t number = 0;
  for (std::size_t k = 0; k < grid.size(); ++k) {
    if (k != 0) {
      if (at == end || *at != keys.separator) return std::nullopt;
      ++at;
    }
    const char* begin = at;
    std::uint64_t index = 0;
    while (at != end && static_cast<unsigned char>(*at - '0') < 10) index = index * 10 + static_cast<std::uint64_t>(*at++ - '0');
    if (at == begin || at - begin > 19 || index >= grid[k]) return std::nullopt;
    number = number * grid[k] + index;
  }
  return at == end ? std::optional<std::uint64_t>(number) : std::nullopt;
}

}  // namespace

void ChunkEntries::AddArray(const std::string& path, Array& array, ChunkKeys keys, Shape grid) {
  auto target = std::make_unique<Target>();
  target->prefix = path.empty() ? "" : path + "/";
  target->array = &array;
  target->keys = keys;
  target->grid = std::move(grid);
  by_prefix_[target->prefix] = target.get();
  targets_.push_back(std::move(target));
}

ChunkEntries::Target* ChunkEntries::Resolve(std::string_view key, std::uint64_t& number) {
  // Neighbouring keys nearly always belong to one array.
  if (last_ != nullptr && key.starts_with(last_->prefix)) {
    if (auto found = ChunkNumber(key.substr(last_->prefix.size()), last_->keys, last_->grid)) {
      number = *found;
      return last_;
    }
  }
  return ResolveSlowly(key, number);
}

ChunkEntries::Target* ChunkEntries::ResolveSlowly(std::string_view key, std::uint64_t& number) {
  std::string prefix(key);
  // The deepest array whose path the key starts with; separators inside chunk keys may be slashes.
  for (int parts = 0; parts < 40; ++parts) {
    std::size_t slash = prefix.empty() ? std::string::npos : prefix.rfind('/', prefix.size() - 1);
    prefix.resize(slash == std::string::npos ? 0 : slash + 1);
    if (auto found = by_prefix_.find(prefix); found != by_prefix_.end()) {
      auto chunk = ChunkNumber(key.substr(prefix.size()), found->second->keys, found->second->grid);
      if (!chunk) break;
      last_ = found->second;
      number = *chunk;
      return last_;
    }
    if (prefix.empty()) break;
    prefix.pop_back();
  }
  ++ignored_;
  return nullptr;
}

Status ChunkEntries::AddReference(std::string_view key, std::string_view url, std::uint64_t offset, std::uint64_t length) {
  std::uint64_t number = 0;
  Target* target = Resolve(key, number);
  if (target == nullptr) return {};
  RUTTER_ASSIGN(std::uint32_t source, sources_.Find(url));
  if (length == ChunkRef::kWholeSource) {
    std::uint64_t size = sources_.at(source).size;
    if (size > offset) length = size - offset;
  } else if (length == 0 || !CheckedAdd(offset, length)) {
    return Fail(ErrorCode::kCorrupt, "the reference " + std::string(key) + " names " + (length == 0 ? "no bytes" : "bytes beyond 2^64"));
  }
  Add(*target, {number, offset, length, source, 0});
  return {};
}

Status ChunkEntries::AddInline(std::string_view key, std::string_view bytes) {
  std::uint64_t number = 0;
  Target* target = Resolve(key, number);
  if (target == nullptr) return {};
  if (bytes.size() > inline_left_) return Fail(ErrorCode::kLimit, "the document holds too much inline data (Limits::inline_bytes)");
  inline_left_ -= bytes.size();
  Add(*target, {number, target->inline_data.size(), bytes.size(), TableIndex::kInline, 0});
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  target->inline_data.insert(target->inline_data.end(), data, data + bytes.size());
  return {};
}

void ChunkEntries::AddNowhere(std::string_view key) {
  std::uint64_t number = 0;
  if (Target* target = Resolve(key, number)) target->nowhere = true;
}

namespace {

/// How many axes, from the slowest, chunks of this shape split: chunks are whole rows behind them. nullopt where the
/// chunks, laid one behind the other, are not the array in the order of its elements.
bool ChunksAreRuns(const Array& array) {
  Shape shape = array.shape, chunk = array.chunk_shape;
  if (array.column_major) {
    std::reverse(shape.begin(), shape.end());
    std::reverse(chunk.begin(), chunk.end());
  }
  std::size_t k = 0;
  while (k < shape.size() && chunk[k] == 1) ++k;
  if (k < shape.size() && shape[k] % chunk[k] != 0) return false;
  for (++k; k < shape.size(); ++k) {
    if (chunk[k] != shape[k]) return false;
  }
  return true;
}

/// Raw chunks that follow one another in their sources are one flat array, of which any part can be read alone.
ChunkIndexPtr AsFlat(const Array& array, const std::vector<TableIndex::Row>& rows) {
  constexpr std::size_t kMaxExtents = 64;
  if (!array.codecs.empty() || !array.object_codec.empty() || rows.empty() || !array.dtype->IsFixed() || !ChunksAreRuns(array)) return nullptr;
  // Reversed axes number the chunks in another order than they lie in.
  if (array.column_major && array.rank() > 1 && rows.size() > 1) return nullptr;
  auto chunk_bytes = CheckedMul(array.ChunkElements(), array.dtype->size_bytes);
  if (!chunk_bytes) return nullptr;
  std::vector<Extent> extents;
  for (const TableIndex::Row& row : rows) {
    auto begin = CheckedMul(row.chunk, *chunk_bytes);
    if (row.source == TableIndex::kInline || row.length != *chunk_bytes || !begin) return nullptr;
    if (!extents.empty()) {
      Extent& last = extents.back();
      if (last.source == row.source && last.stream_offset + last.length == *begin && last.offset + last.length == row.offset) {
        last.length += row.length;
        continue;
      }
      if (extents.size() == kMaxExtents) return nullptr;
    }
    extents.push_back({*begin, row.source, row.offset, row.length});
  }
  if (extents.size() > 1 && extents.size() * 2 > rows.size()) return nullptr;
  Shape strides(array.rank());
  std::uint64_t stride = array.dtype->size_bytes;
  for (std::size_t i = 0; i < array.rank(); ++i) {
    std::size_t k = array.column_major ? i : array.rank() - 1 - i;
    strides[k] = stride;
    stride *= array.shape[k];
  }
  return std::make_shared<FlatIndex>(std::move(extents), std::move(strides), array.shape, array.chunk_shape, array.dtype->size_bytes);
}

}  // namespace

Status ChunkEntries::Build(Target& target) {
  Array& array = *target.array;
  if (array.failure) return {};
  if (target.nowhere) {
    array.failure = MakeError(ErrorCode::kUnsupported, "its references have no URL; the document leaves it to the program that opens it");
    return {};
  }
  auto& rows = target.rows;
  if (!target.sorted) {
    std::stable_sort(rows.begin(), rows.end(), [](const TableIndex::Row& a, const TableIndex::Row& b) { return a.chunk < b.chunk; });
    // Of several entries for one chunk the last one counts.
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i + 1 < rows.size() && rows[i + 1].chunk == rows[i].chunk) continue;
      rows[kept++] = rows[i];
    }
    rows.resize(kept);
  }
  if (rows.empty()) {
    array.index = std::make_shared<EmptyIndex>();
    return {};
  }
  Shape grid = array.ChunkGrid();
  auto cells = CheckedProduct(grid);
  if (!cells || rows.back().chunk >= *cells) return Fail(ErrorCode::kCorrupt, "a chunk lies outside its array's grid");
  if (auto flat = AsFlat(array, rows)) {
    array.index = std::move(flat);
    return {};
  }
  auto whole = CheckedMul(array.ChunkElements(), array.dtype->size_bytes);
  bool plain = array.codecs.empty() && array.object_codec.empty() && *cells == 1 && !array.column_major && array.chunk_shape == array.shape;
  if (plain && rows[0].source == TableIndex::kInline && whole == rows[0].length) {
    auto begin = target.inline_data.begin() + static_cast<std::ptrdiff_t>(rows[0].offset);
    array.index = std::make_shared<InlineIndex>(std::vector<std::byte>(begin, begin + static_cast<std::ptrdiff_t>(rows[0].length)));
    return {};
  }
  rows.shrink_to_fit();
  array.index = std::make_shared<TableIndex>(std::move(grid), std::move(rows), std::move(target.inline_data));
  return {};
}

Status ChunkEntries::Finish() {
  for (auto& target : targets_) RUTTER_TRY(Build(*target));
  return {};
}

}  // namespace rutter
