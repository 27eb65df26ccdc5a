#include "read/reader.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/checked.h"
#include "model/element.h"
#include "read/read_job.h"
#include "read/values_read.h"

namespace rutter {
namespace {

/// Reads all of a slice, in C order, as the job says; `out` is exact.
Status ReadInto(ReadJob& job, SourcePool& pool, const Array& array, const Slice& slice, std::span<std::byte> out, std::uint64_t element_bytes) {
  auto bytes = CheckedMul(slice.NumElements(), element_bytes);
  if (bytes != out.size()) {
    return Fail(ErrorCode::kInvalidArgument, "the output has " + std::to_string(out.size()) + " bytes, the slice needs " + (bytes ? std::to_string(*bytes) : "more than 2^64"));
  }
  if (array.is_null || slice.NumElements() == 0) return {};
  RUTTER_ASSIGN(auto selection, SelectSlice(array.shape, slice, out.data(), static_cast<std::size_t>(element_bytes)));
  return ReadSelection(job, pool, array, selection, 0);
}

/// Elements as they are stored. Pieces of a mosaic are read natively and turned back into the mosaic's stored form.
Status ReadStoredInto(ReadJob& job, SourcePool& pool, const Array& array, const Slice& slice, std::span<std::byte> out) {
  if (dynamic_cast<const MosaicIndex*>(array.index.get()) == nullptr) {
    job.as_stored = true;
    return ReadInto(job, pool, array, slice, out, array.dtype->size_bytes);
  }
  DtypePtr native = NativeType(array.dtype);
  RUTTER_ASSIGN(auto transfer, Transfer::ToNativeType(*array.dtype, *native));
  bool reversible = transfer.is_copy() || transfer.is_swap();
  if (!reversible) return Fail(ErrorCode::kUnsupported, "a virtual dataset of " + DtypeTitle(*array.dtype) + " has no stored form");
  RUTTER_TRY(ReadInto(job, pool, array, slice, out, native->size_bytes));
  if (transfer.is_copy() || out.empty()) return {};
  std::vector<std::byte> native_bytes(out.begin(), out.end());
  StridedBox box;
  auto stride = static_cast<std::int64_t>(native->size_bytes);
  box.Add(out.size() / native->size_bytes, stride, stride);
  Buffer scratch;
  return transfer.Move(box, native_bytes.data(), out.data(), scratch);
}

Status CheckReadable(const Array& array) {
  if (array.failure) return Fail(*array.failure);
  if (array.index == nullptr || array.dtype == nullptr) return Fail(ErrorCode::kInternal, "an array without a chunk index");
  return {};
}

}  // namespace

Reader::Reader(std::shared_ptr<SourcePool> pool, Limits limits, std::shared_ptr<Trace> trace, std::uint64_t kept_bytes)
    : pool_(std::move(pool)), limits_(limits), trace_(std::move(trace)), chunk_cache_(kept_bytes == 0 ? nullptr : std::make_unique<ChunkCache>(kept_bytes)) {}

Status Reader::Read(const Array& array, const Slice& slice, std::span<std::byte> out, const ReadOptions& options, ReadStatistics* statistics) const {
  RUTTER_TRY(CheckReadable(array));
  if (!array.dtype->IsFixed() || !array.object_codec.empty()) {
    return Fail(ErrorCode::kInvalidArgument, DtypeTitle(*array.dtype) + " elements have no fixed size; read them as values");
  }
  ReadJob job(options, limits_, trace_.get(), chunk_cache_.get());
  Status status = ReadInto(job, *pool_, array, slice, out, NativeType(array.dtype)->size_bytes);
  if (statistics != nullptr) *statistics = job.statistics;
  return status;
}

Status Reader::ReadSpread(const Array& array, const Slice& slice, const Shape& box_shape, std::span<std::byte> out, const ReadOptions& options) const {
  RUTTER_TRY(CheckReadable(array));
  if (!array.dtype->IsFixed() || !array.object_codec.empty()) {
    return Fail(ErrorCode::kInvalidArgument, DtypeTitle(*array.dtype) + " elements have no fixed size; read them as values");
  }
  const std::uint64_t size = NativeType(array.dtype)->size_bytes;
  const auto box_elements = CheckedProduct(box_shape);
  const auto box_bytes = box_elements ? CheckedMul(*box_elements, size) : std::nullopt;
  bool fits = box_shape.size() == slice.axes.size() && box_bytes && *box_bytes <= static_cast<std::uint64_t>(INT64_MAX);
  for (std::size_t k = 0; fits && k < box_shape.size(); ++k) fits = slice.axes[k].count <= box_shape[k];
  if (!fits) return Fail(ErrorCode::kInvalidArgument, "the slice does not fit the box");
  if (array.is_null || slice.NumElements() == 0) return {};
  std::uint64_t last = 0;
  for (std::size_t k = 0; k < box_shape.size(); ++k) last = last * box_shape[k] + (slice.axes[k].count - 1);
  if (out.size() < (last + 1) * size) return Fail(ErrorCode::kInvalidArgument, "the output ends before the slice's last element");
  ReadJob job(options, limits_, trace_.get(), chunk_cache_.get());
  RUTTER_ASSIGN(auto selection, SelectSlice(array.shape, slice, out.data(), static_cast<std::size_t>(size), &box_shape));
  return ReadSelection(job, *pool_, array, selection, 0);
}

Result<ValueList> Reader::ReadAsValues(const Array& array, const Slice& slice, const ReadOptions& options) const {
  RUTTER_TRY(CheckReadable(array));
  ReadJob job(options, limits_, trace_.get(), chunk_cache_.get());
  return ReadSliceAsValues(job, *pool_, array, slice);
}

Result<std::vector<std::byte>> Reader::ReadStored(const Array& array, std::uint64_t max_bytes) const {
  RUTTER_TRY(CheckReadable(array));
  if (!array.object_codec.empty()) return Fail(ErrorCode::kInvalidArgument, "encoded objects have no stored elements; read them as values");
  auto elements = array.NumElements();
  auto bytes = elements ? CheckedMul(*elements, array.dtype->size_bytes) : std::nullopt;
  if (!bytes || *bytes > max_bytes) return Fail(ErrorCode::kLimit, "the array is larger than " + std::to_string(max_bytes) + " bytes");
  std::vector<std::byte> out(static_cast<std::size_t>(*bytes));
  if (*elements == 0) return out;
  ReadOptions options;
  options.keep_chunks = false;
  ReadJob job(options, limits_, trace_.get(), chunk_cache_.get());
  RUTTER_TRY(ReadStoredInto(job, *pool_, array, WholeSlice(array.shape), out));
  return out;
}

Result<ValueList> Reader::ReadValues(const Array& array, std::uint64_t max_elements) const {
  RUTTER_TRY(CheckReadable(array));
  auto elements = array.NumElements();
  if (!elements || *elements > max_elements) return Fail(ErrorCode::kLimit, "the array has more than " + std::to_string(max_elements) + " elements");
  if (*elements == 0) return ValueList();
  ReadOptions options;
  options.keep_chunks = false;
  return ReadAsValues(array, WholeSlice(array.shape), options);
}

Result<std::vector<std::byte>> Reader::ReadChunk(const Array& array, const Shape& chunk_index) const {
  RUTTER_TRY(CheckReadable(array));
  if (!array.object_codec.empty()) return Fail(ErrorCode::kInvalidArgument, "encoded objects have no stored elements; read them as values");
  if (array.is_null || chunk_index.size() != array.rank() || array.chunk_shape.size() != array.rank()) {
    return Fail(ErrorCode::kInvalidArgument, "a chunk index of another rank than the array");
  }
  Shape grid = array.ChunkGrid();
  std::uint64_t element_bytes = array.dtype->size_bytes;
  auto bytes = CheckedMul(array.ChunkElements(), element_bytes);
  if (!bytes || *bytes > limits_.chunk_bytes) return Fail(ErrorCode::kLimit, "a chunk larger than Limits::chunk_bytes");
  Slice slice;
  for (std::size_t k = 0; k < grid.size(); ++k) {
    if (chunk_index[k] >= grid[k]) return Fail(ErrorCode::kInvalidArgument, "a chunk outside the chunk grid");
    std::uint64_t start = chunk_index[k] * array.chunk_shape[k];
    slice.axes.push_back({start, std::min(array.chunk_shape[k], array.shape[k] - start), 1, false});
  }
  ReadOptions options;
  options.keep_chunks = false;
  ReadJob job(options, limits_, trace_.get(), chunk_cache_.get());
  std::vector<std::byte> out(static_cast<std::size_t>(*bytes));
  auto inside = static_cast<std::size_t>(slice.NumElements() * element_bytes);
  if (inside == out.size()) {
    RUTTER_TRY(ReadStoredInto(job, *pool_, array, slice, out));
    return out;
  }
  // The part inside the array, then spread over a chunk of fill values.
  std::vector<std::byte> part(inside);
  RUTTER_TRY(ReadStoredInto(job, *pool_, array, slice, part));
  RUTTER_ASSIGN(auto fill, OutputFill(array, Transfer::AsStored(*array.dtype)));
  StridedBox all, copy;
  all.Add(array.ChunkElements(), 0, static_cast<std::int64_t>(element_bytes));
  CopyStrided(all, fill.data(), out.data(), static_cast<std::size_t>(element_bytes));
  copy.rank = slice.axes.size();
  std::uint64_t from = element_bytes, to = element_bytes;
  for (std::size_t k = copy.rank; k-- > 0;) {
    copy.axes[k] = {slice.axes[k].count, static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)};
    from *= slice.axes[k].count;
    to *= array.chunk_shape[k];
  }
  CopyStrided(copy, part.data(), out.data(), static_cast<std::size_t>(element_bytes));
  return out;
}

}  // namespace rutter
