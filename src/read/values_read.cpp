#include "read/values_read.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/checked.h"
#include "model/element.h"
#include "read/mosaic_mapping.h"
#include "read/object_codecs.h"
#include "read/value_budget.h"

namespace rutter {
namespace {

constexpr std::uint64_t kBlockElements = 1024;  // of one thread's turn

/// Selections here point into a list of Values, which move like any other elements.
std::byte* AsBytes(Value* values) { return reinterpret_cast<std::byte*>(values); }

/// What an element that was never stored is.
Value MissingValue(const Dtype& dtype) {
  if (dtype.type_class == TypeClass::kVlenString || dtype.type_class == TypeClass::kString) return Value(std::string());
  if (dtype.type_class == TypeClass::kVlenSequence) return Value(ValueList());
  return Value();
}

/// The elements of a selection, packed in C order.
Selection Pack(Selection selection, std::byte* to, std::uint64_t element_bytes) {
  selection.to = to;
  std::uint64_t stride = element_bytes;
  for (std::size_t k = selection.rank; k-- > 0;) {
    selection.axes[k].to = static_cast<std::int64_t>(stride);
    stride *= selection.axes[k].count;
  }
  return selection;
}

/// The box that spreads packed values over the places that the selection names.
StridedBox Spread(const Selection& selection) {
  StridedBox box;
  box.rank = selection.rank;
  std::uint64_t stride = sizeof(Value);
  for (std::size_t k = selection.rank; k-- > 0;) {
    box.axes[k] = {selection.axes[k].count, static_cast<std::int64_t>(stride), selection.axes[k].to};
    stride *= selection.axes[k].count;
  }
  return box;
}

void MoveValues(const StridedBox& box, std::byte* from, std::byte* to) {
  VisitStrided(box, [&](std::int64_t at, std::int64_t target) {
    *reinterpret_cast<Value*>(to + target) = std::move(*reinterpret_cast<Value*>(from + at));
  });
}

class ValuesReader {
 public:
  explicit ValuesReader(ReadJob& job) : job_(job), budget_(std::min(job.options.max_memory_bytes, job.limits.output_bytes)) {}

  /// Fills the places that the selection names.
  Status Read(SourcePool& pool, const Array& array, const Selection& selection, unsigned depth) {
    if (array.failure) return Fail(*array.failure);
    if (array.index == nullptr) return Fail(ErrorCode::kInternal, "an array without a chunk index");
    if (selection.NumElements() == 0) return {};
    if (!array.object_codec.empty()) return ReadObjects(pool, array, selection);
    auto* mosaic = dynamic_cast<const MosaicIndex*>(array.index.get());
    if (mosaic != nullptr && !array.dtype->IsFixed()) return ReadPieces(pool, array, *mosaic, selection, depth);
    return ReadElements(pool, array, mosaic != nullptr, selection, depth);
  }

  Status CheckCount(std::uint64_t elements) {
    if (elements > ~0ull / sizeof(Value)) return Fail(ErrorCode::kLimit, "more elements than memory can hold as values");
    return budget_.Take(elements * sizeof(Value));
  }

 private:
  Status ReadElements(SourcePool& pool, const Array& array, bool is_mosaic, const Selection& selection, unsigned depth) {
    // Mosaics have no stored form: their pieces are native already.
    DtypePtr dtype = is_mosaic ? NativeType(array.dtype) : array.dtype;
    std::uint64_t elements = selection.NumElements();
    auto bytes = CheckedMul(elements, dtype->size_bytes);
    if (!bytes) return Fail(ErrorCode::kLimit, "more elements than memory can hold");
    RUTTER_TRY(budget_.Take(*bytes));
    std::vector<std::byte> stored(static_cast<std::size_t>(*bytes));
    job_.as_stored = !is_mosaic;
    RUTTER_TRY(ReadSelection(job_, pool, array, Pack(selection, stored.data(), dtype->size_bytes), depth));
    ValueList values(static_cast<std::size_t>(elements));
    auto size = static_cast<std::size_t>(dtype->size_bytes);
    std::span<const std::byte> all(stored);
    auto decode_block = [&](std::uint64_t block, ReadSlot&) -> Status {
      std::uint64_t stop = std::min(elements, (block + 1) * kBlockElements);
      for (std::uint64_t i = block * kBlockElements; i < stop; ++i) {
        RUTTER_ASSIGN(auto value, DecodeElement(*dtype, all.subspan(static_cast<std::size_t>(i) * size, size), array.resolver.get(), job_.limits));
        RUTTER_TRY(budget_.Take(ValueMemory(value) - sizeof(Value)));
        values[static_cast<std::size_t>(i)] = std::move(value);
      }
      return {};
    };
    RUTTER_TRY(job_.Run(CeilDiv(elements, kBlockElements), job_.threads, decode_block));
    MoveValues(Spread(selection), AsBytes(values.data()), selection.to);
    return {};
  }

  Status ReadPieces(SourcePool& pool, const Array& array, const MosaicIndex& index, const Selection& selection, unsigned depth) {
    FillMissing(array, selection);
    return ForEachPiece(job_, pool, index, selection, depth, [&](const MosaicPiece& piece, const Array& source, SourcePool& source_pool) -> Status {
      if (source.dtype->type_class != array.dtype->type_class) {
        return Fail(ErrorCode::kUnsupported, "no conversion from " + DtypeTitle(*source.dtype) + " to " + DtypeTitle(*array.dtype));
      }
      return MapPiece(piece, array.shape, source.shape, selection, [&](const Selection& part) { return Read(source_pool, source, part, depth + 1); });
    });
  }

  static void FillMissing(const Array& array, const Selection& selection) {
    Value missing = MissingValue(*array.dtype);
    VisitStrided(Spread(selection), [&](std::int64_t, std::int64_t to) { *reinterpret_cast<Value*>(selection.to + to) = missing; });
  }

  Status ReadObjects(SourcePool& pool, const Array& array, const Selection& selection) {
    std::size_t rank = selection.rank;
    if (array.chunk_shape.size() != rank) return Fail(ErrorCode::kCorrupt, "a chunk of another rank than its array");
    if (std::find(array.chunk_shape.begin(), array.chunk_shape.end(), 0u) != array.chunk_shape.end()) {
      return Fail(ErrorCode::kCorrupt, "a chunk with an axis of no elements");
    }
    std::uint64_t chunk_elements = array.ChunkElements();
    if (chunk_elements > job_.limits.value_bytes / sizeof(Value)) return Fail(ErrorCode::kLimit, "a chunk of more objects than Limits::value_bytes holds");
    FillMissing(array, selection);
    Box box{Shape(rank), Shape(rank)};
    std::vector<std::int64_t> strides(rank);
    std::int64_t stride = sizeof(Value);
    for (std::size_t n = 0; n < rank; ++n) {
      std::size_t k = array.column_major ? n : rank - 1 - n;
      strides[k] = stride;
      stride *= static_cast<std::int64_t>(array.chunk_shape[k]);
      const SelectedAxis& axis = selection.axes[k];
      box.start[k] = axis.start / array.chunk_shape[k];
      box.shape[k] = (axis.start + (axis.count - 1) * axis.step) / array.chunk_shape[k] - box.start[k] + 1;
    }
    return array.index->Locate(box, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk) -> Status {
      RUTTER_TRY(job_.CheckCancelled());
      if (index.size() != rank) return Fail(ErrorCode::kCorrupt, "a chunk of another rank than its array");
      Shape start(rank), shape(rank);
      for (std::size_t k = 0; k < rank; ++k) {
        if (index[k] < box.start[k] || index[k] - box.start[k] >= box.shape[k]) return Fail(ErrorCode::kInternal, "a chunk that was not asked for");
        start[k] = index[k] * array.chunk_shape[k];
        shape[k] = std::min(array.chunk_shape[k], array.shape[k] - start[k]);
      }
      SelectedPart part = SelectInBox(selection, start, shape, strides);
      if (part.Empty()) return {};
      RUTTER_ASSIGN(auto values, DecodeChunk(pool, array, chunk, chunk_elements));
      for (const Value& value : values) RUTTER_TRY(budget_.Take(ValueMemory(value) - sizeof(Value)));
      MoveValues(part.box, AsBytes(values.data()) + part.from_offset, selection.to + part.to_offset);
      return {};
    });
  }

  Result<ValueList> DecodeChunk(SourcePool& pool, const Array& array, const ChunkRef& chunk, std::uint64_t chunk_elements) {
    ++job_.statistics.chunks;
    std::vector<std::byte> fetched;
    std::span<const std::byte> stored{chunk.inline_data, static_cast<std::size_t>(chunk.length)};
    if (chunk.inline_data == nullptr) {
      RUTTER_ASSIGN(auto source, pool.Get(chunk.source));
      if (!RangeInside(chunk.offset, chunk.length, source->size())) return Fail(ErrorCode::kTruncated, "a chunk passes the end of its source");
      if (chunk.length > job_.limits.value_bytes) return Fail(ErrorCode::kLimit, "a chunk of objects larger than Limits::value_bytes");
      fetched.resize(static_cast<std::size_t>(chunk.length));
      const ReadRequest request{chunk.offset, fetched};
      RUTTER_TRY(source->ReadManyUntil({&request, 1}, job_.options.cancel));
      ++job_.statistics.requests;
      job_.statistics.bytes_read += chunk.length;
      stored = fetched;
    }
    std::uint64_t most = std::min({job_.limits.value_bytes, job_.limits.chunk_bytes, job_.options.max_memory_bytes});
    RUTTER_ASSIGN(auto bytes, DecodePipelineOfAnySize(array.codecs, chunk.filter_mask, stored, most));
    job_.statistics.bytes_decoded += bytes.size();
    return DecodeObjects(array.object_codec, *array.dtype, bytes, chunk_elements, job_.limits);
  }

  ReadJob& job_;
  ValueBudget budget_;
};

}  // namespace

Result<ValueList> ReadSliceAsValues(ReadJob& job, SourcePool& pool, const Array& array, const Slice& slice) {
  std::uint64_t elements = array.is_null ? 0 : slice.NumElements();
  ValuesReader reader(job);
  RUTTER_TRY(reader.CheckCount(elements));
  ValueList values(static_cast<std::size_t>(elements));
  if (elements == 0) return values;
  RUTTER_ASSIGN(auto selection, SelectSlice(array.shape, slice, AsBytes(values.data()), sizeof(Value)));
  RUTTER_TRY(reader.Read(pool, array, selection, 0));
  return values;
}

}  // namespace rutter
