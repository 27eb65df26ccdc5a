#include "read/read_job.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/cancel.h"
#include "base/checked.h"
#include "model/element.h"

namespace rutter {

ReadJob::ReadJob(const ReadOptions& read_options, const Limits& read_limits, Trace* read_trace, ChunkCache* cache)
    : options(read_options),
      limits(read_limits),
      threads(read_options.threads == 0 ? ThreadPool::NumCores() : read_options.threads),
      trace(read_trace),
      chunk_cache(read_options.keep_chunks ? cache : nullptr) {}

ReadJob::~ReadJob() {
  if (trace == nullptr) return;
  Trace::Add(trace->chunks, statistics.chunks);
  Trace::Add(trace->missing_chunks, statistics.missing_chunks);
  Trace::Add(trace->kept_chunks, statistics.kept_chunks);
  Trace::Add(trace->decoded_bytes, statistics.bytes_decoded);
  Trace::Add(trace->decode_cpu_ns, statistics.decode_cpu_ns);
}

Status ReadJob::CheckCancelled() const { return rutter::CheckCancelled(options.cancel); }

Status ReadJob::Run(std::uint64_t num_tasks, unsigned most_threads, const std::function<Status(std::uint64_t, ReadSlot&)>& body) {
  if (num_tasks == 0) return {};
  RUTTER_TRY(CheckCancelled());
  unsigned slots_used = static_cast<unsigned>(std::min<std::uint64_t>({num_tasks, threads, most_threads}));
  std::vector<ReadSlot> slots(std::max(1u, slots_used));
  Status status;
  if (slots.size() == 1) {
    // One thread wakes no other: the latency of small reads.
    for (std::uint64_t task = 0; task < num_tasks && status; ++task) {
      status = CheckCancelled();
      if (status) status = body(task, slots[0]);
    }
  } else {
    status = ThreadPool::Shared().ParallelFor(num_tasks, static_cast<unsigned>(slots.size()), options.cancel,
                                              [&](std::uint64_t task, unsigned slot) { return body(task, slots[slot]); });
  }
  for (const ReadSlot& slot : slots) {
    statistics.chunks += slot.statistics.chunks;
    statistics.missing_chunks += slot.statistics.missing_chunks;
    statistics.kept_chunks += slot.statistics.kept_chunks;
    statistics.requests += slot.statistics.requests;
    statistics.bytes_read += slot.statistics.bytes_read;
    statistics.bytes_decoded += slot.statistics.bytes_decoded;
    statistics.decode_cpu_ns += slot.statistics.decode_cpu_ns;
  }
  return status;
}

std::uint64_t Selection::NumElements() const {
  std::uint64_t elements = 1;
  for (std::size_t k = 0; k < rank; ++k) elements *= axes[k].count;
  return elements;
}

Result<Selection> SelectSlice(const Shape& shape, const Slice& slice, std::byte* out, std::size_t element_bytes, const Shape* box_shape) {
  if (slice.axes.size() != shape.size()) {
    return Fail(ErrorCode::kInvalidArgument, "a slice of " + std::to_string(slice.axes.size()) + " axes for an array of " + std::to_string(shape.size()));
  }
  if (shape.size() > kMaxRank) return Fail(ErrorCode::kLimit, std::to_string(shape.size()) + " axes, at most " + std::to_string(kMaxRank) + " can be read");
  Selection selection;
  selection.rank = shape.size();
  selection.to = out;
  auto stride = static_cast<std::int64_t>(element_bytes);
  for (std::size_t k = selection.rank; k-- > 0;) {
    const AxisSlice& part = slice.axes[k];
    SelectedAxis& axis = selection.axes[k];
    axis = {part.start, part.count, 1, stride};
    if (part.count > 0) {
      auto width = static_cast<std::uint64_t>(part.step < 0 ? -static_cast<__int128>(part.step) : static_cast<__int128>(part.step));
      auto reach = CheckedMul(part.count - 1, width);
      bool inside = part.start < shape[k] && part.step != 0 && reach && (part.step > 0 ? *reach < shape[k] - part.start : *reach <= part.start);
      if (!inside) return Fail(ErrorCode::kInvalidArgument, "the slice leaves axis " + std::to_string(k) + " of " + std::to_string(shape[k]) + " elements");
      if (part.count > 1) axis.step = width;
      if (part.step < 0 && part.count > 1) {
        // Read forwards, written backwards.
        axis.start = part.start - *reach;
        selection.to += static_cast<std::int64_t>(part.count - 1) * stride;
        axis.to = -stride;
      }
    }
    // The product of the extents fits: the caller compared it with the output's size.
    stride *= static_cast<std::int64_t>(std::max<std::uint64_t>(1, box_shape == nullptr ? part.count : (*box_shape)[k]));
  }
  return selection;
}

SelectedPart SelectInBox(const Selection& selection, std::span<const std::uint64_t> box_start, std::span<const std::uint64_t> box_shape,
                         std::span<const std::int64_t> from_strides) {
  SelectedPart part;
  for (std::size_t k = 0; k < selection.rank; ++k) {
    const SelectedAxis& axis = selection.axes[k];
    std::uint64_t low = box_start[k], high = low + box_shape[k];
    std::uint64_t first = low <= axis.start ? 0 : CeilDiv(low - axis.start, axis.step);
    std::uint64_t stop = high <= axis.start ? 0 : std::min(axis.count, CeilDiv(high - axis.start, axis.step));
    if (first >= stop) {
      part.box.Add(0, 0, 0);
      continue;
    }
    std::uint64_t at = axis.start + first * axis.step - low;
    part.box.Add(stop - first, static_cast<std::int64_t>(axis.step) * from_strides[k], axis.to);
    part.from_offset += static_cast<std::int64_t>(at) * from_strides[k];
    part.to_offset += static_cast<std::int64_t>(first) * axis.to;
  }
  return part;
}

Result<std::vector<std::byte>> OutputFill(const Array& array, const Transfer& transfer) {
  std::vector<std::byte> fill(transfer.to_bytes());
  if (array.fill_value.empty()) return fill;
  if (array.fill_value.size() != transfer.from_bytes()) return Fail(ErrorCode::kCorrupt, "the fill value is not one element long");
  Buffer scratch;
  RUTTER_TRY(transfer.Move(StridedBox(), array.fill_value.data(), fill.data(), scratch));
  return fill;
}

void FillSelection(const Selection& selection, std::span<const std::byte> fill) {
  StridedBox box;
  for (std::size_t k = 0; k < selection.rank; ++k) box.Add(selection.axes[k].count, 0, selection.axes[k].to);
  CopyStrided(box, fill.data(), selection.to, fill.size());
}

Status ReadSelection(ReadJob& job, SourcePool& pool, const Array& array, const Selection& selection, unsigned depth) {
  if (array.failure) return Fail(*array.failure);
  if (array.index == nullptr) return Fail(ErrorCode::kInternal, "an array without a chunk index");
  if (selection.NumElements() == 0 || array.dtype->size_bytes == 0) return {};
  if (auto* mosaic = dynamic_cast<const MosaicIndex*>(array.index.get())) return ReadMosaic(job, pool, array, *mosaic, selection, depth);
  DtypePtr native = job.as_stored ? array.dtype : NativeType(array.dtype);
  Transfer transfer = Transfer::AsStored(*array.dtype);
  if (!job.as_stored) {
    RUTTER_ASSIGN(transfer, Transfer::ToNativeType(*array.dtype, *native));
  }
  if (transfer.to_bytes() == 0) return {};
  if (auto* flat = dynamic_cast<const FlatIndex*>(array.index.get())) return ReadFlat(job, pool, array, *flat, selection, transfer);
  return ReadChunked(job, pool, array, selection, transfer);
}

}  // namespace rutter
