// Arrays that are stored in chunks: locate a tile of the chunk grid, read and decode its chunks in parallel, scatter.
// Chunks that were decoded before are taken from the cache, where there is one.

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "base/checked.h"
#include "base/trace.h"
#include "read/chunk_cache.h"
#include "read/fetch_ahead.h"
#include "read/raw_bytes.h"
#include "read/read_job.h"

namespace rutter {
namespace {

constexpr std::uint64_t kTileCells = 64 << 10;     // chunks located at once
constexpr std::uint64_t kTaskStored = 256 << 10;   // stored bytes of one thread's turn
constexpr std::uint64_t kTaskDecoded = 1 << 20;    // decoded bytes of the same
constexpr std::uint64_t kWholeShare = 8;           // chunks that a read needs whole are kept where they fit an eighth of the cache
constexpr std::uint64_t kSparseStep = 8;           // selections that touch fewer chunks than 1 in 8 visit each on its own

std::string ChunkName(std::span<const std::uint64_t> index) {
  std::string name = "chunk [";
  for (std::size_t k = 0; k < index.size(); ++k) name += (k == 0 ? "" : ",") + std::to_string(index[k]);
  return name + "]";
}

/// One array's read. Holds what all of its chunks have in common.
class ChunkedReader {
 public:
  ChunkedReader(ReadJob& job, SourcePool& pool, const Array& array, const Selection& selection, const Transfer& transfer)
      : job_(job), pool_(pool), array_(array), selection_(selection), transfer_(transfer) {}

  Status Prepare();
  Status ReadAll();

 private:
  struct Located {
    ChunkRef chunk;
    std::uint64_t cell;  // its number in the tile, in C order
  };
  /// Chunks [first, last) of `order_`, all of one source.
  struct Task {
    std::size_t first, last;
  };
  /// What the cache knows of one chunk of a task.
  struct Kept {
    DecodedChunk chunk;
    ChunkCache::Claim claim;
    bool is_awaited = false;  // another thread decodes it
    bool NeedsBytes() const { return chunk == nullptr && !is_awaited; }
  };

  Status ReadTile(const Box& tile);
  Status Locate(const Box& tile);
  Status FillMissing(const Box& tile);
  Status ReadTasks(const Box& tile);
  std::vector<Task> CutIntoTasks() const;
  void OpenSources(std::span<const Task> tasks);
  void AppendRanges(const Box& tile, const Task& task, std::vector<WantedRange>& ranges) const;
  void Prefetch(std::span<const WantedRange> ranges);
  Status ReadTask(const Box& tile, const Task& task, ReadSlot& slot);
  ChunkCache::Key KeyOf(const ChunkRef& chunk) const;
  std::vector<Kept> AskCache(const Box& tile, const Task& task) const;
  Status FetchBatch(const Box& tile, const Task& task, std::span<const Kept> kept, ByteSource& source, ReadSlot& slot);
  std::span<const std::byte> StoredOf(const ChunkRef& chunk, ByteSource& source, ReadSlot& slot, std::size_t& used) const;
  Status MoveKept(const DecodedChunk& chunk, const SelectedPart& part, ReadSlot& slot) const;
  Status AwaitChunk(const Box& tile, const Located& located, ByteSource& source, ReadSlot& slot);
  Status CheckInside(const Box& tile, const Located& located, const ByteSource& source) const;
  Status ReadChunkRaw(const Located& located, const SelectedPart& part, const std::shared_ptr<ByteSource>& source, ReadSlot& slot);
  Status DecodeChunk(const ChunkRef& chunk, std::span<const std::byte> stored, const SelectedPart& part, ReadSlot& slot);
  void DecodeToKeep(const ChunkRef& chunk, std::span<const std::byte> stored, std::span<const std::uint64_t> index, ReadSlot& slot, Kept& kept);
  Status ReadInline(const Box& tile, const Located& located);

  /// Up to the end of the last element wanted of a chunk; never more than the chunk has.
  std::uint64_t BytesNeeded(const SelectedPart& part) const {
    std::uint64_t needed = static_cast<std::uint64_t>(part.from_offset) + transfer_.from_bytes();
    for (std::size_t k = 0; k < part.box.rank; ++k) needed += (part.box.axes[k].count - 1) * static_cast<std::uint64_t>(part.box.axes[k].from);
    return needed;
  }
  bool IsRaw(const ChunkRef& chunk) const { return (chunk.filter_mask & all_stages_) == all_stages_; }
  /// A single raw chunk is shared out among the threads, which report its progress.
  bool ReadsAlone(const Located& located) const { return located_.size() == 1 && IsRaw(located.chunk); }
  void CellIndex(const Box& tile, std::uint64_t cell, std::span<std::uint64_t> index) const;
  SelectedPart PartOfChunk(std::span<const std::uint64_t> index) const;
  std::uint64_t ElementsInArray(std::span<const std::uint64_t> index) const;
  Selection PartOfTile(const Box& tile) const;
  tl::unexpected<Error> InChunk(Error error, const Box& tile, const Located& located, const ByteSource* source) const;

  ReadJob& job_;
  SourcePool& pool_;
  const Array& array_;
  const Selection& selection_;
  const Transfer& transfer_;
  std::array<std::int64_t, kMaxRank> strides_{};  // inside a decoded chunk, bytes
  std::uint64_t chunk_bytes_ = 0;
  std::uint32_t all_stages_ = 0;                  // mask of a chunk to which no stage was applied
  std::vector<std::byte> fill_;
  ChunkCache* cache_ = nullptr;  // null where nothing is to be kept
  // Of the tile at hand:
  std::vector<Located> located_;
  std::vector<bool> seen_;
};

Status ChunkedReader::Prepare() {
  std::size_t rank = selection_.rank;
  if (array_.chunk_shape.size() != rank) return Fail(ErrorCode::kCorrupt, "a chunk of another rank than its array");
  if (std::find(array_.chunk_shape.begin(), array_.chunk_shape.end(), 0u) != array_.chunk_shape.end()) {
    return Fail(ErrorCode::kCorrupt, "a chunk with an axis of no elements");
  }
  auto elements = CheckedProduct(array_.chunk_shape);
  auto bytes = elements ? CheckedMul(*elements, array_.dtype->size_bytes) : std::nullopt;
  if (!bytes || *bytes > static_cast<std::uint64_t>(INT64_MAX)) return Fail(ErrorCode::kCorrupt, "a chunk beyond every address");
  chunk_bytes_ = *bytes;
  auto stride = static_cast<std::int64_t>(array_.dtype->size_bytes);
  for (std::size_t n = 0; n < rank; ++n) {
    std::size_t k = array_.column_major ? n : rank - 1 - n;
    strides_[k] = stride;
    stride *= static_cast<std::int64_t>(array_.chunk_shape[k]);
  }
  std::size_t stages = array_.codecs.size();
  if (stages > 32) return Fail(ErrorCode::kLimit, std::to_string(stages) + " codecs, Limits::filters is 32");
  all_stages_ = stages == 32 ? ~0u : (1u << stages) - 1;
  cache_ = job_.chunk_cache;
  RUTTER_ASSIGN(fill_, OutputFill(array_, transfer_));
  return {};
}

Status ChunkedReader::ReadAll() {
  // The chunk grid between the first and the last chunk wanted, in tiles that fit the bookkeeping.
  std::size_t rank = selection_.rank;
  Shape first(rank), last(rank), extent(rank, 1);
  std::uint64_t room = kTileCells;
  for (std::size_t k = rank; k-- > 0;) {
    const SelectedAxis& axis = selection_.axes[k];
    first[k] = axis.start / array_.chunk_shape[k];
    last[k] = (axis.start + (axis.count - 1) * axis.step) / array_.chunk_shape[k];
    bool sparse = axis.step / array_.chunk_shape[k] >= kSparseStep;
    extent[k] = sparse ? 1 : std::min(room, last[k] - first[k] + 1);
    room = std::max<std::uint64_t>(1, room / extent[k]);
  }
  Box tile{first, Shape(rank)};
  for (;;) {
    for (std::size_t k = 0; k < rank; ++k) tile.shape[k] = std::min(extent[k], last[k] - tile.start[k] + 1);
    RUTTER_TRY(ReadTile(tile));
    std::size_t k = rank;
    for (;;) {
      if (k == 0) return {};
      --k;
      std::uint64_t next = tile.start[k] + tile.shape[k];
      const SelectedAxis& axis = selection_.axes[k];
      if (next <= last[k] && axis.step > array_.chunk_shape[k]) {
        // Straight to the chunk of the next element wanted.
        std::uint64_t element = CeilDiv(next * array_.chunk_shape[k] - axis.start, axis.step) * axis.step + axis.start;
        next = element / array_.chunk_shape[k];
      }
      if (next <= last[k]) {
        tile.start[k] = next;
        break;
      }
      tile.start[k] = first[k];
    }
  }
}

Status ChunkedReader::ReadTile(const Box& tile) {
  RUTTER_TRY(job_.CheckCancelled());
  RUTTER_TRY(Locate(tile));
  RUTTER_TRY(FillMissing(tile));
  return ReadTasks(tile);
}

Status ChunkedReader::Locate(const Box& tile) {
  located_.clear();
  seen_.assign(static_cast<std::size_t>(tile.NumElements()), false);
  return array_.index->Locate(tile, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk) -> Status {
    if (index.size() != tile.start.size()) return Fail(ErrorCode::kCorrupt, "a chunk of another rank than its array");
    std::uint64_t cell = 0;
    for (std::size_t k = 0; k < index.size(); ++k) {
      if (index[k] < tile.start[k] || index[k] - tile.start[k] >= tile.shape[k]) return Fail(ErrorCode::kInternal, ChunkName(index) + " was not asked for");
      cell = cell * tile.shape[k] + (index[k] - tile.start[k]);
    }
    if (seen_[cell]) return Fail(ErrorCode::kCorrupt, ChunkName(index) + " is stored twice");
    seen_[cell] = true;
    Located located{chunk, cell};
    if (chunk.inline_data != nullptr) return ReadInline(tile, located);
    if (PartOfChunk(index).Empty()) return {};
    located_.push_back(located);
    return {};
  });
}

Status ChunkedReader::FillMissing(const Box& tile) {
  if (std::find(seen_.begin(), seen_.end(), false) == seen_.end()) return {};
  std::array<std::uint64_t, kMaxRank> index{};
  std::uint64_t missing = 0;
  bool none_stored = std::find(seen_.begin(), seen_.end(), true) == seen_.end();
  if (none_stored) {
    Selection part = PartOfTile(tile);
    FillSelection(part, fill_);
    job_.Progress(part.NumElements() * fill_.size());
  }
  for (std::uint64_t cell = 0; cell < seen_.size(); ++cell) {
    if (seen_[cell]) continue;
    CellIndex(tile, cell, index);
    SelectedPart part = PartOfChunk({index.data(), selection_.rank});
    if (part.Empty()) continue;
    ++missing;
    if (none_stored) continue;
    for (std::size_t k = 0; k < part.box.rank; ++k) part.box.axes[k].from = 0;
    CopyStrided(part.box, fill_.data(), selection_.to + part.to_offset, fill_.size());
    job_.Progress(part.box.NumElements() * fill_.size());
  }
  job_.statistics.missing_chunks += missing;
  return {};
}

std::vector<ChunkedReader::Task> ChunkedReader::CutIntoTasks() const {
  // Enough tasks to keep every thread busy until the end, few enough that each reads a sensible batch.
  std::size_t fair = located_.size() / (std::size_t{job_.threads} * 4) + 1;
  std::vector<Task> tasks;
  std::uint64_t stored = 0, decoded = 0;
  for (std::size_t i = 0; i < located_.size(); ++i) {
    const ChunkRef& chunk = located_[i].chunk;
    bool starts = tasks.empty() || chunk.source != located_[i - 1].chunk.source || i - tasks.back().first >= fair ||
                  stored >= kTaskStored || chunk.length >= kTaskStored || decoded >= kTaskDecoded;
    if (starts) {
      tasks.push_back({i, i});
      stored = decoded = 0;
    }
    tasks.back().last = i + 1;
    stored += chunk.length;
    decoded += chunk_bytes_;
  }
  return tasks;
}

Status ChunkedReader::ReadTasks(const Box& tile) {
  if (located_.empty()) return {};
  auto by_place = [](const Located& a, const Located& b) {
    return std::pair(a.chunk.source, a.chunk.offset) < std::pair(b.chunk.source, b.chunk.offset);
  };
  if (!std::is_sorted(located_.begin(), located_.end(), by_place)) std::sort(located_.begin(), located_.end(), by_place);

  std::uint64_t most_stored = 0;
  bool decodes = false;
  for (const Located& located : located_) {
    if (IsRaw(located.chunk)) continue;
    decodes = true;
    most_stored = std::max(most_stored, located.chunk.length);
  }
  unsigned threads = job_.threads;
  if (decodes) {
    if (chunk_bytes_ > job_.limits.chunk_bytes) {
      return Fail(ErrorCode::kLimit, "a chunk of " + std::to_string(chunk_bytes_) + " bytes, Limits::chunk_bytes is " + std::to_string(job_.limits.chunk_bytes));
    }
    // What one thread holds: a batch of stored chunks, one decoded chunk and the pipeline's two buffers.
    std::uint64_t working = std::max(most_stored, 2 * kTaskStored) + 3 * chunk_bytes_;
    std::uint64_t fit = job_.options.max_memory_bytes / working;
    if (fit == 0) {
      Error error = MakeError(ErrorCode::kLimit, "decoding one chunk takes " + std::to_string(working) + " bytes of memory, the read may use " +
                                                     std::to_string(job_.options.max_memory_bytes));
      return Fail(std::move(error));
    }
    threads = static_cast<unsigned>(std::min<std::uint64_t>(threads, fit));
  }
  std::vector<Task> tasks = CutIntoTasks();
  if (tasks.size() > 1) OpenSources(tasks);
  RUTTER_ASSIGN(auto source, pool_.Get(located_.front().chunk.source));
  std::optional<FetchAhead> ahead;
  if (tasks.size() > 1 && source->IsFar()) {
    ahead.emplace(tasks.size(), job_.options.max_memory_bytes,
                  [&](std::uint64_t task, std::vector<WantedRange>& ranges) { AppendRanges(tile, tasks[static_cast<std::size_t>(task)], ranges); },
                  [&](std::span<const WantedRange> ranges) { Prefetch(ranges); });
  }
  return job_.Run(tasks.size(), threads, [&](std::uint64_t task, ReadSlot& slot) {
    if (ahead) ahead->Begin(task);
    return ReadTask(tile, tasks[static_cast<std::size_t>(task)], slot);
  });
}

/// Chunks lie in the order of their sources.
void ChunkedReader::OpenSources(std::span<const Task> tasks) {
  std::vector<std::uint32_t> sources;
  for (const Task& task : tasks) {
    const std::uint32_t source = located_[task.first].chunk.source;
    if (sources.empty() || sources.back() != source) sources.push_back(source);
  }
  if (sources.size() > 1) pool_.OpenAhead(sources);
}

/// What a task will read. Of raw chunks that is only what is wanted of them.
void ChunkedReader::AppendRanges(const Box& tile, const Task& task, std::vector<WantedRange>& ranges) const {
  std::array<std::uint64_t, kMaxRank> index{};
  for (std::size_t i = task.first; i < task.last; ++i) {
    const ChunkRef& chunk = located_[i].chunk;
    if (IsRaw(chunk)) {
      CellIndex(tile, located_[i].cell, index);
      SelectedPart part = PartOfChunk({index.data(), selection_.rank});
      if (BytesNeeded(part) > chunk.length || !CheckedAdd(chunk.offset, chunk.length)) continue;  // reading it tells
      AppendRawRanges(chunk.offset + static_cast<std::uint64_t>(part.from_offset), part.box, transfer_, chunk.source, ranges);
    } else if (cache_ == nullptr || cache_->Find(KeyOf(chunk)) == nullptr) {
      ranges.push_back({chunk.source, chunk.offset, chunk.length});
    }
  }
}

void ChunkedReader::Prefetch(std::span<const WantedRange> ranges) {
  std::map<std::uint32_t, std::vector<ReadRequest>> by_source;
  for (const WantedRange& range : ranges) by_source[range.source].push_back({range.offset, {}, range.length});
  for (const auto& [number, requests] : by_source) {
    if (auto source = pool_.TryGet(number)) source->Prefetch(requests);
  }
}

ChunkCache::Key ChunkedReader::KeyOf(const ChunkRef& chunk) const {
  return {array_.index, chunk.source, chunk.filter_mask, chunk.offset, chunk.length, chunk_bytes_};
}

/// Chunks of which this read wants a part are kept where all of them fit the cache: the next read may want the rest. Whole
/// ones are kept only of small reads, so that a long pass over an array neither pays for it nor empties the cache.
std::vector<ChunkedReader::Kept> ChunkedReader::AskCache(const Box& tile, const Task& task) const {
  const std::uint64_t fit = cache_->capacity_bytes() / chunk_bytes_;
  std::vector<Kept> kept(task.last - task.first);
  std::array<std::uint64_t, kMaxRank> index{};
  for (std::size_t i = task.first; i < task.last; ++i) {
    const ChunkRef& chunk = located_[i].chunk;
    if (IsRaw(chunk)) continue;
    Kept& one = kept[i - task.first];
    CellIndex(tile, located_[i].cell, index);
    bool is_whole = PartOfChunk({index.data(), selection_.rank}).box.NumElements() == ElementsInArray({index.data(), selection_.rank});
    if (located_.size() > (is_whole ? fit / kWholeShare : fit)) {
      one.chunk = cache_->Find(KeyOf(chunk));
    } else {
      auto answer = cache_->FindOrClaim(KeyOf(chunk));
      one = {std::move(answer.chunk), std::move(answer.claim), false};
      one.is_awaited = one.chunk == nullptr && !one.claim;
    }
  }
  return kept;
}

Status ChunkedReader::CheckInside(const Box& tile, const Located& located, const ByteSource& source) const {
  const ChunkRef& chunk = located.chunk;
  if (RangeInside(chunk.offset, chunk.length, source.size())) return {};
  Error error = MakeError(ErrorCode::kTruncated, "the chunk's " + std::to_string(chunk.length) + " stored bytes pass the end of the source at " + std::to_string(source.size()));
  return InChunk(std::move(error), tile, located, &source);
}

/// Encoded chunks of a task are fetched together, one behind the other into `slot.stored`; raw ones fetch only what is wanted
/// of them. Sources that lie in memory need no fetching.
Status ChunkedReader::FetchBatch(const Box& tile, const Task& task, std::span<const Kept> kept, ByteSource& source, ReadSlot& slot) {
  std::uint64_t batch_bytes = 0;
  slot.requests.clear();
  for (std::size_t i = task.first; i < task.last; ++i) {
    const ChunkRef& chunk = located_[i].chunk;
    if (IsRaw(chunk) || (!kept.empty() && !kept[i - task.first].NeedsBytes())) continue;
    RUTTER_TRY(CheckInside(tile, located_[i], source));
    if (chunk.length > 0) slot.requests.push_back({chunk.offset, {}, chunk.length});
    batch_bytes += chunk.length;
  }
  if (slot.requests.empty() || source.View(slot.requests.front().offset, 0)) return {};
  std::byte* to = slot.stored.Reserve(static_cast<std::size_t>(batch_bytes));
  for (ReadRequest& request : slot.requests) {
    request.out = {to, static_cast<std::size_t>(request.prefetch_bytes)};
    to += request.prefetch_bytes;
  }
  return source.ReadManyUntil(slot.requests, job_.options.cancel);
}

Status ChunkedReader::ReadTask(const Box& tile, const Task& task, ReadSlot& slot) {
  RUTTER_ASSIGN(auto source, pool_.Get(located_[task.first].chunk.source));
  std::vector<Kept> kept;
  if (cache_ != nullptr) kept = AskCache(tile, task);
  RUTTER_TRY(FetchBatch(tile, task, kept, *source, slot));
  const ThreadTimer timer;
  std::size_t used = 0, awaited = 0;
  std::array<std::uint64_t, kMaxRank> index{};
  for (std::size_t i = task.first; i < task.last; ++i) {
    const Located& located = located_[i];
    if (i != task.first) RUTTER_TRY(job_.CheckCancelled());
    CellIndex(tile, located.cell, index);
    const std::span<const std::uint64_t> place{index.data(), selection_.rank};
    SelectedPart part = PartOfChunk(place);
    Kept* one = kept.empty() ? nullptr : &kept[i - task.first];
    if (one != nullptr && one->is_awaited) {
      ++awaited;
      continue;
    }
    ++slot.statistics.chunks;
    Status status;
    if (IsRaw(located.chunk)) {
      status = ReadChunkRaw(located, part, source, slot);
    } else if (one != nullptr && one->chunk != nullptr) {
      ++slot.statistics.kept_chunks;
      status = MoveKept(one->chunk, part, slot);
    } else {
      auto stored = StoredOf(located.chunk, *source, slot, used);
      if (one != nullptr && one->claim) DecodeToKeep(located.chunk, stored, place, slot, *one);
      status = one != nullptr && one->chunk != nullptr ? MoveKept(one->chunk, part, slot) : DecodeChunk(located.chunk, stored, part, slot);
    }
    if (!status) return InChunk(std::move(status).error(), tile, located, source.get());
    if (!ReadsAlone(located)) job_.Progress(part.box.NumElements() * transfer_.to_bytes());
  }
  if (used > 0) slot.statistics.decode_cpu_ns += timer.Nanoseconds();
  // Last, when this thread has kept all that others may be waiting for.
  for (std::size_t i = task.first; awaited > 0 && i < task.last; ++i) {
    if (!kept[i - task.first].is_awaited) continue;
    RUTTER_TRY(AwaitChunk(tile, located_[i], *source, slot));
    --awaited;
  }
  return {};
}

/// The stored bytes of the next chunk of a batch, of which `used` bytes are behind.
std::span<const std::byte> ChunkedReader::StoredOf(const ChunkRef& chunk, ByteSource& source, ReadSlot& slot, std::size_t& used) const {
  const auto length = static_cast<std::size_t>(chunk.length);
  slot.statistics.requests += length > 0;
  slot.statistics.bytes_read += length;
  used += length;
  if (auto view = source.View(chunk.offset, chunk.length)) return *view;
  return {slot.stored.Reserve(0) + (used - length), length};
}

/// A chunk that another thread decodes; where that failed, or kept nothing, this one tries by itself.
Status ChunkedReader::AwaitChunk(const Box& tile, const Located& located, ByteSource& source, ReadSlot& slot) {
  std::array<std::uint64_t, kMaxRank> index{};
  CellIndex(tile, located.cell, index);
  SelectedPart part = PartOfChunk({index.data(), selection_.rank});
  RUTTER_ASSIGN(DecodedChunk chunk, cache_->Await(KeyOf(located.chunk), job_.options.cancel));
  ++slot.statistics.chunks;
  Status status;
  if (chunk != nullptr) {
    ++slot.statistics.kept_chunks;
    status = MoveKept(chunk, part, slot);
  } else {
    const std::size_t at = &located - located_.data();
    RUTTER_TRY(FetchBatch(tile, {at, at + 1}, {}, source, slot));
    std::size_t used = 0;
    auto stored = StoredOf(located.chunk, source, slot, used);
    status = DecodeChunk(located.chunk, stored, part, slot);
  }
  if (!status) return InChunk(std::move(status).error(), tile, located, &source);
  job_.Progress(part.box.NumElements() * transfer_.to_bytes());
  return {};
}

Status ChunkedReader::ReadChunkRaw(const Located& located, const SelectedPart& part, const std::shared_ptr<ByteSource>& source, ReadSlot& slot) {
  const ChunkRef& chunk = located.chunk;
  // Bytes beyond the chunk's own length are needed only by elements that it does not hold.
  RawBytes bytes({{0, chunk.offset, chunk.length, source}}, false, {}, job_.options.cancel);
  std::byte* to = selection_.to + part.to_offset;
  if (ReadsAlone(located)) return ReadRawParallel(job_, bytes, static_cast<std::uint64_t>(part.from_offset), part.box, to, transfer_);
  return ReadRaw(bytes, static_cast<std::uint64_t>(part.from_offset), part.box, to, transfer_, slot);
}

Status ChunkedReader::DecodeChunk(const ChunkRef& chunk, std::span<const std::byte> stored, const SelectedPart& part, ReadSlot& slot) {
  slot.statistics.bytes_decoded += chunk_bytes_;
  auto element_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(array_.dtype->size_bytes, UINT32_MAX));
  std::byte* to = selection_.to + part.to_offset;
  // A whole chunk that is one run of the output is decoded in place.
  bool in_place = transfer_.is_copy() && part.box.NumElements() * transfer_.from_bytes() == chunk_bytes_;
  for (std::size_t k = 0; in_place && k < part.box.rank; ++k) {
    in_place = part.box.axes[k].count == 1 || part.box.axes[k].from == part.box.axes[k].to;
  }
  auto size = static_cast<std::size_t>(chunk_bytes_);
  std::byte* decoded = in_place ? to : slot.decoded.Reserve(size);
  RUTTER_TRY(DecodePipeline(array_.codecs, chunk.filter_mask, stored, {decoded, size}, element_bytes, slot.pipeline,
                            static_cast<std::size_t>(BytesNeeded(part))));
  if (in_place) return {};
  return transfer_.Move(part.box, decoded + part.from_offset, to, slot.convert);
}

/// Decodes a chunk into memory of its own and hands it to the cache. What the array has of it must all be there, whatever part this
/// read wants: others may want another. A chunk of which less is there is left to DecodeChunk, and not kept.
void ChunkedReader::DecodeToKeep(const ChunkRef& chunk, std::span<const std::byte> stored, std::span<const std::uint64_t> index, ReadSlot& slot, Kept& kept) {
  auto element_bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(array_.dtype->size_bytes, UINT32_MAX));
  std::uint64_t least = transfer_.from_bytes();
  for (std::size_t k = 0; k < index.size(); ++k) {
    least += (std::min(array_.chunk_shape[k], array_.shape[k] - index[k] * array_.chunk_shape[k]) - 1) * static_cast<std::uint64_t>(strides_[k]);
  }
  auto size = static_cast<std::size_t>(chunk_bytes_);
  std::shared_ptr<std::byte[]> decoded(new std::byte[size]);
  if (DecodePipeline(array_.codecs, chunk.filter_mask, stored, {decoded.get(), size}, element_bytes, slot.pipeline, static_cast<std::size_t>(least))) {
    slot.statistics.bytes_decoded += chunk_bytes_;
    kept.chunk = std::move(decoded);
  }
  kept.claim.Keep(kept.chunk);
}

Status ChunkedReader::MoveKept(const DecodedChunk& chunk, const SelectedPart& part, ReadSlot& slot) const {
  return transfer_.Move(part.box, chunk.get() + part.from_offset, selection_.to + part.to_offset, slot.convert);
}

Status ChunkedReader::ReadInline(const Box& tile, const Located& located) {
  ReadSlot slot;
  std::array<std::uint64_t, kMaxRank> index{};
  CellIndex(tile, located.cell, index);
  SelectedPart part = PartOfChunk({index.data(), selection_.rank});
  if (part.Empty()) return {};
  std::span<const std::byte> stored{located.chunk.inline_data, static_cast<std::size_t>(located.chunk.length)};
  Status status;
  if (IsRaw(located.chunk)) {
    std::uint64_t needed = BytesNeeded(part);
    if (needed > stored.size()) {
      status = Fail(ErrorCode::kTruncated, "the chunk needs " + std::to_string(needed) + " bytes, " + std::to_string(stored.size()) + " are there");
    } else {
      status = transfer_.Move(part.box, stored.data() + part.from_offset, selection_.to + part.to_offset, slot.convert);
    }
  } else if (chunk_bytes_ > std::min(job_.limits.chunk_bytes, job_.options.max_memory_bytes)) {
    status = Fail(ErrorCode::kLimit, "a chunk of " + std::to_string(chunk_bytes_) + " bytes does not fit the memory of the read");
  } else {
    status = DecodeChunk(located.chunk, stored, part, slot);
  }
  if (!status) return InChunk(std::move(status).error(), tile, located, nullptr);
  ++job_.statistics.chunks;
  job_.statistics.bytes_decoded += slot.statistics.bytes_decoded;
  job_.Progress(part.box.NumElements() * transfer_.to_bytes());
  return {};
}

void ChunkedReader::CellIndex(const Box& tile, std::uint64_t cell, std::span<std::uint64_t> index) const {
  for (std::size_t k = tile.shape.size(); k-- > 0;) {
    index[k] = tile.start[k] + cell % tile.shape[k];
    cell /= tile.shape[k];
  }
}

SelectedPart ChunkedReader::PartOfChunk(std::span<const std::uint64_t> index) const {
  std::array<std::uint64_t, kMaxRank> start{}, shape{};
  for (std::size_t k = 0; k < index.size(); ++k) {
    start[k] = index[k] * array_.chunk_shape[k];
    shape[k] = std::min(array_.chunk_shape[k], array_.shape[k] - start[k]);
  }
  return SelectInBox(selection_, {start.data(), index.size()}, {shape.data(), index.size()}, {strides_.data(), index.size()});
}

/// Elements of a chunk that lie inside the array.
std::uint64_t ChunkedReader::ElementsInArray(std::span<const std::uint64_t> index) const {
  std::uint64_t elements = 1;
  for (std::size_t k = 0; k < index.size(); ++k) elements *= std::min(array_.chunk_shape[k], array_.shape[k] - index[k] * array_.chunk_shape[k]);
  return elements;
}

Selection ChunkedReader::PartOfTile(const Box& tile) const {
  std::array<std::uint64_t, kMaxRank> start{}, shape{};
  for (std::size_t k = 0; k < selection_.rank; ++k) {
    start[k] = tile.start[k] * array_.chunk_shape[k];
    auto extent = CheckedMul(tile.shape[k], array_.chunk_shape[k]).value_or(~0ull);
    shape[k] = std::min(extent, array_.shape[k] - start[k]);
  }
  std::array<std::int64_t, kMaxRank> nowhere{};
  SelectedPart part = SelectInBox(selection_, {start.data(), selection_.rank}, {shape.data(), selection_.rank}, {nowhere.data(), selection_.rank});
  Selection result;
  result.rank = selection_.rank;
  result.to = selection_.to + part.to_offset;
  for (std::size_t k = 0; k < result.rank; ++k) result.axes[k] = {0, part.box.axes[k].count, 1, part.box.axes[k].to};
  return result;
}

tl::unexpected<Error> ChunkedReader::InChunk(Error error, const Box& tile, const Located& located, const ByteSource* source) const {
  std::array<std::uint64_t, kMaxRank> index{};
  CellIndex(tile, located.cell, index);
  if (error.where.structure.empty()) error.where.structure = ChunkName({index.data(), selection_.rank});
  if (source != nullptr && error.where.source.empty()) {
    error.where.source = source->name();
    error.where.offset = located.chunk.offset;
  }
  return Fail(std::move(error));
}

}  // namespace

Status ReadChunked(ReadJob& job, SourcePool& pool, const Array& array, const Selection& selection, const Transfer& transfer) {
  ChunkedReader reader(job, pool, array, selection, transfer);
  RUTTER_TRY(reader.Prepare());
  return reader.ReadAll();
}

}  // namespace rutter
