#include "read/raw_bytes.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/checked.h"

namespace rutter {
namespace {

constexpr std::int64_t kMergeGap = 4 << 10;        // bytes read over sooner than asked around
constexpr std::uint64_t kBlockBytes = 256 << 10;   // of one buffered read
constexpr std::uint64_t kDirectBytes = 16 << 10;   // runs from here on go straight into the output
constexpr std::size_t kMaxRequests = 256;          // of one batch
constexpr std::uint64_t kTaskBytes = 2 << 20;      // of one thread's turn

/// How a box of elements is cut into reads: axes before `level` are walked, those from it on lie in one block, and
/// `group` steps of the axis before it are read together.
struct Blocks {
  std::size_t level = 0;
  std::uint64_t group = 1;
  std::uint64_t span = 0;  // bytes from the first to the last byte of one step of the axis before `level`
  bool direct = false;     // a block is one run on both sides and needs no conversion
};

/// Bytes from the box's first to its last byte, over the axes from `level` on.
std::uint64_t Span(const StridedBox& box, std::size_t level, std::size_t element_bytes) {
  std::uint64_t span = element_bytes;
  for (std::size_t k = level; k < box.rank; ++k) span += (box.axes[k].count - 1) * static_cast<std::uint64_t>(box.axes[k].from);
  return span;
}

Blocks CutIntoBlocks(const StridedBox& box, const Transfer& transfer) {
  Blocks blocks;
  blocks.level = box.rank;
  blocks.span = transfer.from_bytes();
  bool copies = transfer.is_copy();
  if (box.rank > 0 && copies) {
    const StridedAxis& last = box.axes[box.rank - 1];
    auto element = static_cast<std::int64_t>(transfer.from_bytes());
    if (last.from == element && last.to == element) {
      --blocks.level;
      blocks.span *= last.count;
    }
  }
  const std::size_t run_level = blocks.level;
  if (copies && blocks.span >= kDirectBytes) {
    blocks.direct = true;
    return blocks;
  }
  while (blocks.level > 0) {
    const StridedAxis& axis = box.axes[blocks.level - 1];
    if (axis.from > static_cast<std::int64_t>(blocks.span) && axis.from - static_cast<std::int64_t>(blocks.span) > kMergeGap) break;
    std::uint64_t wider = blocks.span + (axis.count - 1) * static_cast<std::uint64_t>(axis.from);
    if (wider > kBlockBytes) {
      if (axis.from > 0 && blocks.span < kBlockBytes) {
        blocks.group = std::min(axis.count, (kBlockBytes - blocks.span) / static_cast<std::uint64_t>(axis.from) + 1);
      }
      break;
    }
    blocks.span = wider;
    --blocks.level;
  }
  blocks.direct = copies && blocks.level == run_level && blocks.group == 1;
  return blocks;
}

/// The reads of one box: its axes from the largest stride on, and how they are cut.
struct RawPlan {
  StridedBox box;
  Blocks blocks;
  std::int64_t group_stride = 0;  // bytes between the steps of a group

  RawPlan(const StridedBox& wanted, const Transfer& transfer) : box(wanted) {
    box.SortBySource();
    box.Simplify();
    blocks = CutIntoBlocks(box, transfer);
    if (blocks.level > 0) group_stride = box.axes[blocks.level - 1].from;
  }

  std::uint64_t BytesOf(std::uint64_t group) const { return blocks.span + (group - 1) * static_cast<std::uint64_t>(group_stride); }

  /// Calls visit(from, to, group) for each block: the byte distances of its first element on both sides, and how many steps
  /// of the grouped axis it has.
  template <class Visit>
  Status ForEachBlock(const Visit& visit) const {
    std::array<std::uint64_t, kMaxRank + 1> index{};
    std::uint64_t from = 0;
    std::int64_t to = 0;
    for (;;) {
      std::uint64_t group = 1;
      if (blocks.level > 0) group = std::min(blocks.group, box.axes[blocks.level - 1].count - index[blocks.level - 1]);
      RUTTER_TRY(visit(from, to, group));
      std::size_t k = blocks.level;
      std::uint64_t step = group;
      for (;;) {
        if (k == 0) return {};
        --k;
        const StridedAxis& axis = box.axes[k];
        index[k] += step;
        from += step * static_cast<std::uint64_t>(axis.from);
        to += static_cast<std::int64_t>(step) * axis.to;
        if (index[k] < axis.count) break;
        from -= axis.count * static_cast<std::uint64_t>(axis.from);
        to -= static_cast<std::int64_t>(axis.count) * axis.to;
        index[k] = 0;
        step = 1;
      }
    }
  }
};

/// A block that a request will bring in.
struct PendingBlock {
  const std::byte* from;
  std::byte* to;
  std::uint64_t group;
};

}  // namespace

const RawRun* RawBytes::Find(std::uint64_t stream_offset, std::uint64_t length) const {
  auto after = std::upper_bound(runs_.begin(), runs_.end(), stream_offset, [](std::uint64_t at, const RawRun& run) { return at < run.stream_offset; });
  if (after == runs_.begin()) return nullptr;
  const RawRun& run = *(after - 1);
  return RangeInside(stream_offset - run.stream_offset, length, run.length) && CheckedAdd(run.offset, run.length) ? &run : nullptr;
}

const std::byte* RawBytes::View(std::uint64_t stream_offset, std::uint64_t length) const {
  const RawRun* run = Find(stream_offset, length);
  if (run == nullptr) return nullptr;
  auto view = run->source->View(run->offset + (stream_offset - run->stream_offset), length);
  return view ? view->data() : nullptr;
}

Status RawBytes::ReadAt(std::uint64_t stream_offset, std::span<std::byte> out, ReadStatistics& statistics) const {
  while (!out.empty()) {
    auto after = std::upper_bound(runs_.begin(), runs_.end(), stream_offset, [](std::uint64_t at, const RawRun& run) { return at < run.stream_offset; });
    const RawRun* run = after == runs_.begin() ? nullptr : &*(after - 1);
    std::size_t done;
    if (run != nullptr && stream_offset - run->stream_offset < run->length) {
      std::uint64_t skip = stream_offset - run->stream_offset;
      done = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), run->length - skip));
      auto offset = CheckedAdd(run->offset, skip);
      if (!offset) return Fail(ErrorCode::kTruncated, "bytes beyond the end of every file are needed");
      const ReadRequest request{*offset, out.first(done)};
      RUTTER_TRY(run->source->ReadManyUntil({&request, 1}, cancel_));
      ++statistics.requests;
      statistics.bytes_read += done;
    } else {
      if (!has_fill_) {
        return Fail(ErrorCode::kTruncated, "byte " + std::to_string(stream_offset) + " of the data is needed, which is " +
                                               std::to_string(runs_.empty() ? 0 : runs_.back().stream_offset + runs_.back().length) + " bytes long");
      }
      done = after == runs_.end() ? out.size() : static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), after->stream_offset - stream_offset));
      for (std::size_t i = 0; i < done; ++i) out[i] = fill_.empty() ? std::byte{0} : fill_[(stream_offset + i) % fill_.size()];
    }
    out = out.subspan(done);
    stream_offset += done;
  }
  return {};
}

Status RawBytes::ReadMany(std::span<ReadRequest> requests, ReadStatistics& statistics) const {
  bool one_run = runs_.size() == 1;
  for (const ReadRequest& request : requests) one_run = one_run && Find(request.offset, request.out.size()) != nullptr;
  if (!one_run) {
    for (const ReadRequest& request : requests) RUTTER_TRY(ReadAt(request.offset, request.out, statistics));
    return {};
  }
  for (ReadRequest& request : requests) {
    request.offset += runs_[0].offset - runs_[0].stream_offset;
    statistics.bytes_read += request.out.size();
  }
  statistics.requests += requests.size();
  return runs_[0].source->ReadManyUntil(requests, cancel_);
}

bool RawBytes::IsFar() const {
  return std::any_of(runs_.begin(), runs_.end(), [](const RawRun& run) { return run.source->IsFar(); });
}

void RawBytes::Prefetch(std::span<const WantedRange> ranges) const {
  std::vector<std::vector<ReadRequest>> by_run(runs_.size());
  for (const WantedRange& range : ranges) {
    auto after = std::upper_bound(runs_.begin(), runs_.end(), range.offset, [](std::uint64_t at, const RawRun& run) { return at < run.stream_offset; });
    auto end = CheckedAdd(range.offset, range.length);
    if (!end) continue;
    for (auto run = after == runs_.begin() ? after : after - 1; run != runs_.end() && run->stream_offset < *end; ++run) {
      const std::uint64_t first = std::max(range.offset, run->stream_offset);
      const std::uint64_t skip = first - run->stream_offset;
      if (skip >= run->length) continue;
      if (auto offset = CheckedAdd(run->offset, skip)) {
        by_run[static_cast<std::size_t>(run - runs_.begin())].push_back({*offset, {}, std::min(*end - first, run->length - skip)});
      }
    }
  }
  for (std::size_t k = 0; k < runs_.size(); ++k) {
    if (!by_run[k].empty()) runs_[k].source->Prefetch(by_run[k]);
  }
}

void AppendRawRanges(std::uint64_t stream_offset, const StridedBox& wanted, const Transfer& transfer, std::uint32_t source, std::vector<WantedRange>& ranges) {
  if (wanted.NumElements() == 0) return;
  const RawPlan plan(wanted, transfer);
  (void)plan.ForEachBlock([&](std::uint64_t from, std::int64_t, std::uint64_t group) -> Status {
    ranges.push_back({source, stream_offset + from, plan.BytesOf(group)});
    return {};
  });
}

Status ReadRaw(const RawBytes& bytes, std::uint64_t stream_offset, const StridedBox& wanted, std::byte* to, const Transfer& transfer, ReadSlot& slot) {
  if (wanted.NumElements() == 0) return {};
  const RawPlan plan(wanted, transfer);
  const StridedBox& box = plan.box;
  const Blocks& blocks = plan.blocks;
  if (const std::byte* view = bytes.View(stream_offset, Span(box, 0, transfer.from_bytes()))) {
    ++slot.statistics.requests;
    slot.statistics.bytes_read += box.NumElements() * transfer.from_bytes();
    return transfer.Move(box, view, to, slot.convert);
  }
  StridedBox inner;  // one block; axis 0 is the grouped one
  inner.Add(1, 0, 0);
  if (blocks.level > 0) inner.axes[0] = box.axes[blocks.level - 1];
  for (std::size_t k = blocks.level; k < box.rank; ++k) inner.axes[inner.rank++] = box.axes[k];

  std::byte* buffer = nullptr;
  if (!blocks.direct) {
    // As much as a batch of blocks fills; small reads take little memory, which is quickly had and given back.
    const std::uint64_t one = plan.BytesOf(blocks.group);
    std::uint64_t all = one;
    for (std::size_t k = 0; k < blocks.level && all < kBlockBytes; ++k) all = CheckedMul(all, box.axes[k].count).value_or(kBlockBytes);
    buffer = slot.raw.Reserve(static_cast<std::size_t>(std::max(std::min(all, kBlockBytes), one)));
  }
  std::size_t used = 0;
  std::array<PendingBlock, kMaxRequests> pending;
  slot.requests.clear();
  auto flush = [&]() -> Status {
    if (slot.requests.empty()) return {};
    RUTTER_TRY(bytes.ReadMany(slot.requests, slot.statistics));
    for (std::size_t i = 0; !blocks.direct && i < slot.requests.size(); ++i) {
      inner.axes[0].count = pending[i].group;
      RUTTER_TRY(transfer.Move(inner, pending[i].from, pending[i].to, slot.convert));
    }
    slot.requests.clear();
    used = 0;
    return {};
  };
  RUTTER_TRY(plan.ForEachBlock([&](std::uint64_t from, std::int64_t to_distance, std::uint64_t group) -> Status {
    const auto length = static_cast<std::size_t>(plan.BytesOf(group));
    if (slot.requests.size() == kMaxRequests || (!blocks.direct && used + length > slot.raw.size())) RUTTER_TRY(flush());
    std::byte* out = blocks.direct ? to + to_distance : buffer + used;
    pending[slot.requests.size()] = {out, to + to_distance, group};
    slot.requests.push_back({stream_offset + from, {out, length}, 0});
    if (!blocks.direct) used += length;
    return {};
  }));
  return flush();
}

Status ReadRawParallel(ReadJob& job, const RawBytes& bytes, std::uint64_t stream_offset, const StridedBox& wanted, std::byte* to, const Transfer& transfer) {
  StridedBox box = wanted;
  std::uint64_t elements = box.NumElements();
  if (elements == 0) return {};
  box.SortBySource();
  box.Simplify();
  std::uint64_t most = CheckedMul(elements, transfer.from_bytes() + static_cast<std::uint64_t>(kMergeGap)).value_or(~0ull);
  std::uint64_t cost = std::min(Span(box, 0, transfer.from_bytes()), most);
  std::size_t longest = 0;
  for (std::size_t k = 1; k < box.rank; ++k) {
    if (box.axes[longest].count < 8 && box.axes[k].count > box.axes[longest].count) longest = k;
  }
  std::uint64_t tasks = box.rank == 0 ? 1 : std::min(box.axes[longest].count, CeilDiv(cost, kTaskBytes));
  struct Part {
    StridedBox box;
    std::uint64_t from = 0;
    std::int64_t to = 0;
  };
  auto part_of = [&](std::uint64_t task) {
    Part part{box};
    if (tasks <= 1) return part;
    const StridedAxis& axis = box.axes[longest];
    auto begin_of = [&](std::uint64_t n) { return static_cast<std::uint64_t>(static_cast<unsigned __int128>(axis.count) * n / tasks); };
    const std::uint64_t first = begin_of(task);
    part.box.axes[longest].count = begin_of(task + 1) - first;
    part.from = first * static_cast<std::uint64_t>(axis.from);
    part.to = static_cast<std::int64_t>(first) * axis.to;
    return part;
  };
  std::optional<FetchAhead> ahead;
  if (bytes.IsFar()) {
    ahead.emplace(tasks, job.options.max_memory_bytes, [&](std::uint64_t task, std::vector<WantedRange>& ranges) {
      const Part part = part_of(task);
      AppendRawRanges(stream_offset + part.from, part.box, transfer, 0, ranges);
    }, [&](std::span<const WantedRange> ranges) { bytes.Prefetch(ranges); });
  }
  return job.Run(tasks, job.threads, [&](std::uint64_t task, ReadSlot& slot) -> Status {
    if (ahead) ahead->Begin(task);
    const Part part = part_of(task);
    RUTTER_TRY(ReadRaw(bytes, stream_offset + part.from, part.box, to + part.to, transfer, slot));
    job.Progress(part.box.NumElements() * transfer.to_bytes());
    return {};
  });
}

Status ReadFlat(ReadJob& job, SourcePool& pool, const Array& array, const FlatIndex& index, const Selection& selection, const Transfer& transfer) {
  std::span<const std::uint64_t> strides = index.byte_strides();
  if (strides.size() != array.rank()) return Fail(ErrorCode::kInternal, "strides of another rank than the array");
  // The last byte wanted must have an address; then every step towards it has one too.
  std::uint64_t last = array.dtype->size_bytes;
  std::array<std::int64_t, kMaxRank> from_strides{};
  for (std::size_t k = 0; k < selection.rank; ++k) {
    const SelectedAxis& axis = selection.axes[k];
    auto reach = CheckedMul(axis.start + (axis.count - 1) * axis.step, strides[k]);
    auto sum = reach ? CheckedAdd(last, *reach) : std::nullopt;
    if (!sum || *sum > static_cast<std::uint64_t>(INT64_MAX)) return Fail(ErrorCode::kCorrupt, "an element lies beyond every address");
    last = *sum;
    from_strides[k] = static_cast<std::int64_t>(strides[k]);
  }
  std::vector<RawRun> runs;
  runs.reserve(index.extents().size());
  if (index.extents().size() > 1) {
    std::vector<std::uint32_t> sources;
    for (const Extent& extent : index.extents()) {
      if (extent.stream_offset < last) sources.push_back(extent.source);
    }
    pool.OpenAhead(sources);
  }
  for (const Extent& extent : index.extents()) {
    if (extent.stream_offset >= last) break;
    RUTTER_ASSIGN(auto source, pool.Get(extent.source));
    runs.push_back({extent.stream_offset, extent.offset, extent.length, std::move(source)});
  }
  Shape origin(array.rank(), 0);
  SelectedPart part = SelectInBox(selection, origin, array.shape, from_strides);
  RawBytes bytes(std::move(runs), true, array.fill_value, job.options.cancel);
  return ReadRawParallel(job, bytes, static_cast<std::uint64_t>(part.from_offset), part.box, selection.to + part.to_offset, transfer);
}

}  // namespace rutter
