#include "refs/chunk_entries.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"

namespace rutter {
void ChunkEntries::AddArray(const std::string& path, Array& array, ChunkKeys keys, Shape grid) {
  std::string prefix = path.empty() ? "" : path + "/";
  auto target = std::make_unique<Target>();
  target->array = &array;
  spellings_[prefix] = {keys, std::move(grid)};
  by_prefix_[std::move(prefix)] = target.get();
  targets_.push_back(std::move(target));
}

bool ChunkEntries::Fits(ChunkRows& stretch) const {
  return std::all_of(stretch.targets().begin(), stretch.targets().end(), [&](const auto& target) {
    auto found = spellings_.find(target->prefix);
    return found != spellings_.end() && found->second == target->spelling;
  });
}

Status ChunkEntries::Take(ChunkRows& stretch) {
  std::vector<std::uint32_t> sources;
  bool same = true;
  for (const std::string& url : stretch.urls()) {
    RUTTER_ASSIGN(std::uint32_t source, sources_.Find(url));
    same = same && source == sources.size();
    sources.push_back(source);
  }
  if (same) sources.clear();
  for (auto& part : stretch.targets()) {
    Target& target = *by_prefix_.at(part->prefix);
    target.rows.Append(std::move(part->rows), sources, target.inline_data.size());
    if (target.inline_data.empty()) {
      target.inline_data = std::move(part->inline_data);
    } else {
      target.inline_data.insert(target.inline_data.end(), part->inline_data.begin(), part->inline_data.end());
    }
    target.nowhere = target.nowhere || part->nowhere;
    target.whole_sources = target.whole_sources || stretch.has_whole_sources();
  }
  ignored_ += stretch.ignored();
  stretch.KeepCharges();
  return {};
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
ChunkIndexPtr AsFlat(const Array& array, const ChunkTable& rows) {
  constexpr std::size_t kMaxExtents = 64;
  if (!array.codecs.empty() || !array.object_codec.empty() || rows.empty() || !array.dtype->IsFixed() || !ChunksAreRuns(array)) return nullptr;
  // Reversed axes number the chunks in another order than they lie in.
  if (array.column_major && array.rank() > 1 && rows.num_rows() > 1) return nullptr;
  auto chunk_bytes = CheckedMul(array.ChunkElements(), array.dtype->size_bytes);
  if (!chunk_bytes) return nullptr;
  std::vector<Extent> extents;
  auto add = [&](const ChunkRow& row) {
    auto begin = CheckedMul(row.chunk, *chunk_bytes);
    if (row.source == ChunkTable::kInline || row.length != *chunk_bytes || !begin) return false;
    if (!extents.empty()) {
      Extent& last = extents.back();
      if (last.source == row.source && last.stream_offset + last.length == *begin && last.offset + last.length == row.offset) {
        last.length += row.length;
        return true;
      }
      if (extents.size() == kMaxExtents) return false;
    }
    extents.push_back({*begin, row.source, row.offset, row.length});
    return true;
  };
  // The first row that is of no run ends the walk; why it does is nobody's matter.
  bool runs = rows.ForEach(0, ~0ull, [&](const ChunkRow& row) -> Status { return add(row) ? Status() : Status(Fail(ErrorCode::kUnsupported, "")); }).has_value();
  if (!runs || (extents.size() > 1 && extents.size() * 2 > rows.num_rows())) return nullptr;
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

/// Rows without a length end where their source ends, where the document tells its size.
Status ChunkEntries::SetLengths(Target& target) {
  ChunkTable rows;
  RUTTER_TRY(target.rows.ForEach(0, ~0ull, [&](ChunkRow row) -> Status {
    if (row.source != ChunkTable::kInline && row.length == ChunkRef::kWholeSource) {
      std::uint64_t size = sources_.at(row.source).size;
      if (size > row.offset) row.length = size - row.offset;
    }
    rows.Append(row);
    return {};
  }));
  target.rows = std::move(rows);
  return target.rows.Finish(~0ull);
}

Status ChunkEntries::Build(Target& target) {
  Array& array = *target.array;
  if (array.failure) return {};
  if (target.nowhere) {
    array.failure = MakeError(ErrorCode::kUnsupported, "its references have no URL; the document leaves it to the program that opens it");
    return {};
  }
  auto& rows = target.rows;
  if (rows.empty()) {
    array.index = std::make_shared<EmptyIndex>();
    return {};
  }
  Shape grid = array.ChunkGrid();
  auto cells = CheckedProduct(grid);
  RUTTER_TRY(rows.Finish(cells.value_or(0)));
  if (target.whole_sources) RUTTER_TRY(SetLengths(target));
  if (auto flat = AsFlat(array, rows)) {
    array.index = std::move(flat);
    return {};
  }
  auto whole = CheckedMul(array.ChunkElements(), array.dtype->size_bytes);
  bool plain = array.codecs.empty() && array.object_codec.empty() && *cells == 1 && !array.column_major && array.chunk_shape == array.shape;
  auto only = plain ? rows.Find(0) : std::nullopt;
  if (only && only->source == ChunkTable::kInline && whole == only->length) {
    auto begin = target.inline_data.begin() + static_cast<std::ptrdiff_t>(only->offset);
    array.index = std::make_shared<InlineIndex>(std::vector<std::byte>(begin, begin + static_cast<std::ptrdiff_t>(only->length)));
    return {};
  }
  array.index = std::make_shared<TableIndex>(std::move(grid), std::move(rows), std::move(target.inline_data));
  return {};
}

Status ChunkEntries::Finish() {
  RUTTER_TRY(Take(generated_));
  for (auto& target : targets_) RUTTER_TRY(Build(*target));
  return {};
}

}  // namespace rutter
