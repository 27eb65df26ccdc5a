#include "refs/array_plan.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "base/checked.h"
#include "model/element.h"
#include "refs/array_metadata.h"
#include "refs/fill_json.h"
#include "refs/flat_chunks.h"
#include "refs/loose_text.h"
#include "refs/object_encoding.h"
#include "refs/stored_encoding.h"

namespace rutter {
namespace {

DtypePtr Innermost(DtypePtr dtype) {
  while (dtype->type_class == TypeClass::kArray && dtype->base != nullptr) dtype = dtype->base;
  return dtype;
}

bool LindiWantsRows(const Dtype& dtype) { return dtype.type_class == TypeClass::kCompound || dtype.type_class == TypeClass::kComplex; }

/// Text, references, ragged data; compounds go as JSON rows in LINDI, and as text where Zarr v3 has no name for the type.
bool GoesAsObjects(const Array& array, const WriteOptions& options, const LindiReferences* lindi) {
  if (!array.dtype->IsFixed() || !array.object_codec.empty()) return true;
  if (lindi != nullptr) return LindiWantsRows(*array.dtype);
  return options.dialect == Dialect::kKerchunkZarr3 && Zarr3DataType(*Innermost(array.dtype)).empty() &&
         Zarr3DataType(*Innermost(NativeType(array.dtype))).empty();
}

/// A null dataspace is told by an axis of no elements.
Shape MappedShape(const Array& array) { return array.is_null ? Shape{0} : array.shape; }

class Planner {
 public:
  Planner(const Array& array, const std::vector<Source>& sources, const DataAccess& data, const WriteOptions& options, const LindiReferences* lindi)
      : array_(array), sources_(sources), data_(data), options_(options), lindi_(lindi) {}

  Result<ArrayPlan> Run() {
    if (array_.failure) return Fail(*array_.failure);
    if (array_.dtype == nullptr || array_.index == nullptr) return Fail(ErrorCode::kInternal, "the array has no type or no index");
    plan_.shape = MappedShape(array_);
    plan_.element = array_.dtype;
    if (GoesAsObjects(array_, options_, lindi_)) return Objects();
    auto elements = array_.NumElements();
    if (!elements) return Fail(ErrorCode::kLimit, "the array has more than 2^64 elements");
    if (!SetType(*array_.dtype)) return Inline("its element type, " + DtypeTitle(*array_.dtype) + ", has no Zarr name");
    if (array_.is_null || *elements == 0) {
      plan_.chunk_shape = ModerateChunks(plan_.shape);
      return Finish(true);
    }
    const auto* flat = dynamic_cast<const FlatIndex*>(array_.index.get());
    if (flat == nullptr && dynamic_cast<const MosaicIndex*>(array_.index.get()) != nullptr) return Inline("a virtual dataset has no chunks of its own");
    if (HasLooseText(*array_.dtype)) {
      RUTTER_ASSIGN(bool inline_it, TextNeedsConversion());
      if (inline_it) return Inline("its fixed strings hold bytes behind their end");
    }
    auto codecs = DeclareCodecs(array_.codecs, static_cast<std::uint32_t>(std::min<std::uint64_t>(array_.dtype->size_bytes, 0xFFFFFFFF)),
                                lindi_ != nullptr);
    if (!codecs) return Inline(codecs.error().message);
    plan_.codecs = *std::move(codecs);
    if (flat != nullptr) return Flat(*flat);
    auto chunk_bytes = CheckedMul(array_.ChunkElements(), array_.dtype->size_bytes), bytes = CheckedMul(*elements, array_.dtype->size_bytes);
    bool immense = !chunk_bytes || *chunk_bytes > kMaxEmptyChunkBytes;
    bool tiny = chunk_bytes && *chunk_bytes < kMinEmptyChunkBytes && (!bytes || *bytes > kMinEmptyChunkBytes);
    if (dynamic_cast<const EmptyIndex*>(array_.index.get()) != nullptr) {
      if (ManyFillsGoInline(bytes)) return InlineFills(*elements);
      if (immense || tiny) return NothingStored();
    }
    plan_.chunk_shape = array_.chunk_shape;
    plan_.column_major = array_.column_major;
    return Chunks(array_);
  }

 private:
  /// Fixed strings up to this size are looked at, larger ones are taken as they are.
  static constexpr std::uint64_t kMaxCheckedTextBytes = 1 << 20;
  static constexpr std::uint64_t kMaxInlineFillBytes = 16 << 10, kMaxInlineArrayOfFills = 1 << 20, kMaxSaidFillBytes = 64 << 10;
  /// Where nothing is stored, larger chunks are cut, and smaller ones of a larger array put together: clients visit each.
  static constexpr std::uint64_t kMinEmptyChunkBytes = 64 << 10, kMaxEmptyChunkBytes = 64 << 20;

  /// The last chunk of an array is decoded while mapping where it is no larger.
  static constexpr std::uint64_t kMaxTriedChunkBytes = 64 << 10;

  /// True where clients would show other strings than the file means.
  Result<bool> TextNeedsConversion() {
    auto elements = array_.NumElements();
    auto bytes = elements ? CheckedMul(*elements, array_.dtype->size_bytes) : std::nullopt;
    if (!bytes || *bytes > kMaxCheckedTextBytes) {
      plan_.loose_text = true;
      return false;
    }
    // Whatever hinders the reading is reported by the way that the array then takes.
    auto stored = data_.ReadStored(array_, kMaxCheckedTextBytes);
    return stored && stored->size() == *bytes && ShowsPadding(*array_.dtype, *stored, *elements);
  }

  /// Sets dtype, and shape where the type is an HDF5 array type (its dimensions become trailing axes, byte for byte).
  bool SetType(const Dtype& dtype) {
    if (dtype.type_class == TypeClass::kArray) {
      const Dtype* type = &dtype;
      DtypePtr base;
      while (type->type_class == TypeClass::kArray) {
        trailing_.insert(trailing_.end(), type->dims.begin(), type->dims.end());
        base = type->base;
        type = base.get();
      }
      if (std::find(trailing_.begin(), trailing_.end(), 0u) != trailing_.end() || !SetName(*base)) return false;
      plan_.element = base;
      plan_.shape.insert(plan_.shape.end(), trailing_.begin(), trailing_.end());
      return true;
    }
    return SetName(dtype);
  }

  bool SetName(const Dtype& dtype) {
    std::string descr = NumpyDescr(dtype);
    if (descr.empty() || dtype.size_bytes == 0) return false;
    plan_.dtype = descr.front() == '[' ? descr : "\"" + descr + "\"";
    return true;
  }

  /// Metadata hold a fill value byte for byte, but for the NULs that end a string; a few bytes of a file can declare a type of 4 GiB.
  bool CanSayFill(std::span<const std::byte> fill, std::uint64_t max_bytes) const {
    if (plan_.element->size_bytes <= max_bytes) return true;
    return plan_.element->type_class == TypeClass::kString && std::all_of(fill.begin(), fill.end(), [](std::byte b) { return b == std::byte{0}; });
  }

  Result<ArrayPlan> Finish(bool complete) {
    // Chunks of array types hold their trailing axes whole.
    if (plan_.chunk_shape.size() + trailing_.size() == plan_.shape.size()) plan_.chunk_shape.insert(plan_.chunk_shape.end(), trailing_.begin(), trailing_.end());
    std::span<const std::byte> fill = array_.fill_value;
    std::vector<std::byte> converted;
    if (!trailing_.empty() && !fill.empty()) {
      // An array type's fill value can be said where all its elements are one.
      auto size = static_cast<std::size_t>(Innermost(array_.dtype)->size_bytes);
      for (std::size_t at = size; !complete && at + size <= fill.size(); at += size) {
        if (!std::equal(fill.begin(), fill.begin() + static_cast<std::ptrdiff_t>(size), fill.begin() + static_cast<std::ptrdiff_t>(at))) {
          return Fail(ErrorCode::kUnsupported, "the fill value of its missing chunks differs by element, which Zarr cannot say");
        }
      }
      fill = fill.first(std::min(size, fill.size()));
    }
    if (plan_.native && !fill.empty()) {
      converted.resize(static_cast<std::size_t>(plan_.element->size_bytes));
      DtypePtr stored = Innermost(array_.dtype);
      if (fill.size() != stored->size_bytes || !ToNative(*stored, *plan_.element, fill, 1, converted)) converted.clear();
      fill = converted;
    }
    plan_.complete = complete;
    // Zarr v3 wants a fill value of every array; v2 only where chunks are missing.
    const bool is_said = !complete || options_.dialect == Dialect::kKerchunkZarr3;
    if (is_said && !CanSayFill(fill, complete ? options_.max_inline_array_bytes : kMaxSaidFillBytes)) {
      Error error = MakeError(ErrorCode::kUnsupported, "its fill value takes " + std::to_string(plan_.element->size_bytes) + " bytes, too many for the map");
      error.hint = "rutter read gives the values from the file itself";
      return Fail(std::move(error));
    }
    // xarray takes a v2 fill value for "missing" and masks with it, so it is said only where a chunk is really missing.
    plan_.fill_value = complete ? "null" : FillValueJson(*plan_.element, fill);
    if (options_.dialect == Dialect::kKerchunkZarr3) plan_.fill_value_v3 = FillValueJsonV3(*plan_.element, fill);
    return std::move(plan_);
  }

  /// How many axes, from the fastest one, lie without gaps between their elements.
  std::size_t ContiguousAxes(const FlatIndex& flat, bool column_major) const {
    std::size_t rank = array_.shape.size(), count = 0;
    std::uint64_t run = array_.dtype->size_bytes;
    while (count < rank) {
      std::size_t k = column_major ? count : rank - 1 - count;
      if (array_.shape[k] != 1 && flat.byte_strides()[k] != run) break;
      auto longer = CheckedMul(run, array_.shape[k]);
      if (!longer) break;
      run = *longer;
      ++count;
    }
    return count;
  }

  Result<ArrayPlan> Flat(const FlatIndex& flat) {
    std::size_t rank = array_.shape.size();
    std::uint64_t size = array_.dtype->size_bytes;
    std::size_t by_row = ContiguousAxes(flat, false), by_column = trailing_.empty() ? ContiguousAxes(flat, true) : 0;
    bool column_major = by_column > by_row;
    std::size_t contiguous = std::max(by_row, by_column);
    if (contiguous == 0 && rank != 0) return Inline("its elements do not lie in runs of bytes");
    if (flat.extents().empty()) return NothingStored();
    // Axes with gaps between their steps are cut into single steps.
    plan_.chunk_shape.assign(rank, 1);
    Shape inner;
    inner.reserve(contiguous);
    for (std::size_t i = contiguous; i-- > 0;) inner.push_back(array_.shape[column_major ? i : rank - 1 - i]);
    Shape chunks = ChooseReferenceChunks(inner, size, options_.flat_chunk_bytes, options_.max_inline_array_bytes);
    for (std::size_t i = 0; i < contiguous; ++i) plan_.chunk_shape[column_major ? contiguous - 1 - i : rank - contiguous + i] = chunks[i];
    plan_.column_major = column_major;
    return FlatChunks(flat);
  }

  /// No chunk is stored, so any size will do: clients build a chunk of fill values for each that they are asked for.
  Result<ArrayPlan> NothingStored() {
    plan_.chunk_shape = ModerateChunks(array_.shape);
    return Finish(false);
  }

  /// Whole trailing axes as far as they fit; no axis has length 0.
  Shape ModerateChunks(Shape shape) const {
    std::uint64_t row = std::max<std::uint64_t>(array_.dtype->size_bytes, 1);
    for (std::size_t k = shape.size(); k-- > 0;) {
      shape[k] = std::clamp<std::uint64_t>(options_.flat_chunk_bytes / row, 1, std::max<std::uint64_t>(shape[k], 1));
      row *= shape[k];
    }
    return shape;
  }

  /// xarray takes a v2 fill value for "missing": integers with missing chunks become floats with NaN, and a structure's fill
  /// value closes its group. So missing chunks are spelled out where that takes few bytes.
  bool FillsGoInline(std::uint64_t missing_bytes) const { return options_.dialect == Dialect::kKerchunk && missing_bytes <= kMaxInlineFillBytes; }

  /// As above, for an array of `bytes` that is nothing but its fill value.
  bool ManyFillsGoInline(std::optional<std::uint64_t> bytes) const {
    const std::uint64_t size = array_.dtype->size_bytes;
    return options_.dialect == Dialect::kKerchunk && bytes && *bytes <= kMaxInlineArrayOfFills && size <= kMaxInlineFillBytes &&
           (array_.fill_value.empty() || array_.fill_value.size() == size);
  }

  /// All of an array that is nothing but its fill value, as one chunk.
  Result<ArrayPlan> InlineFills(std::uint64_t elements) {
    std::string fill(static_cast<std::size_t>(array_.dtype->size_bytes), '\0');
    if (!array_.fill_value.empty()) std::memcpy(fill.data(), array_.fill_value.data(), fill.size());
    plan_.codecs = {};
    plan_.chunk_shape = array_.shape;
    if (elements * fill.size() > options_.inline_bytes) {
      CodecSpec deflate;
      deflate.id = CodecId::kDeflate;
      deflate.values = {1};
      RUTTER_ASSIGN(plan_.codecs, DeclareCodecs({deflate}, static_cast<std::uint32_t>(fill.size()), false));
      plan_.inline_data = EncodeRepeated(fill, elements);
    } else {
      for (std::uint64_t i = 0; i < elements; ++i) plan_.inline_data += fill;
    }
    plan_.chunks.push_back({0, 0, plan_.inline_data.size(), PlannedChunk::kInline});
    return Finish(true);
  }

  /// The array cut into the plan's chunks.
  std::unique_ptr<Array> Resized(const FlatIndex& flat, const Shape& chunk) const {
    auto resized = std::make_unique<Array>(array_);
    resized->chunk_shape = chunk;
    resized->index = std::make_shared<FlatIndex>(std::vector<Extent>(flat.extents().begin(), flat.extents().end()),
                                                 Shape(flat.byte_strides().begin(), flat.byte_strides().end()), array_.shape, chunk,
                                                 array_.dtype->size_bytes);
    return resized;
  }

  Result<ArrayPlan> FlatChunks(const FlatIndex& flat) {
    const Shape chunk = plan_.chunk_shape;
    auto chunk_elements = CheckedProduct(chunk);
    auto chunk_bytes = chunk_elements ? CheckedMul(*chunk_elements, array_.dtype->size_bytes) : std::nullopt;
    Shape grid(chunk.size());
    for (std::size_t k = 0; k < grid.size(); ++k) grid[k] = CeilDiv(array_.shape[k], chunk[k]);
    auto cells = CheckedProduct(grid);
    if (!chunk_bytes || !cells || *cells > kMaxPlannedRows) return Inline("it would take more than " + std::to_string(kMaxPlannedRows) + " references");
    std::unique_ptr<Array> resized;
    plan_.chunks.reserve(static_cast<std::size_t>(*cells));
    bool complete = true;
    Shape index(grid.size(), 0);
    for (std::uint64_t number = 0; number < *cells; ++number) {
      std::uint64_t begin = 0;
      bool is_short = false;
      for (std::size_t k = 0; k < grid.size(); ++k) {
        begin += index[k] * chunk[k] * flat.byte_strides()[k];
        is_short = is_short || (index[k] + 1) * chunk[k] > array_.shape[k];
      }
      const Extent* extent = nullptr;
      Found found = Find(flat.extents(), begin, *chunk_bytes, extent);
      if (found == Found::kPart || (is_short && found != Found::kNone)) {
        if (resized == nullptr) resized = Resized(flat, chunk);
        auto restated = Restate(*resized, index, grid);
        if (!restated) return Inline(restated.error().message);
      } else if (found == Found::kWhole) {
        plan_.chunks.push_back({number, extent->offset + (begin - extent->stream_offset), *chunk_bytes, extent->source});
      } else {
        complete = false;
      }
      for (std::size_t k = grid.size(); k-- > 0;) {
        if (++index[k] < grid[k]) break;
        index[k] = 0;
      }
    }
    return Finish(complete);
  }

  enum class Found { kNone, kPart, kWhole };
  /// The extent that holds all bytes of a chunk, where one does.
  Found Find(std::span<const Extent> extents, std::uint64_t begin, std::uint64_t bytes, const Extent*& extent) const {
    auto after = std::upper_bound(extents.begin(), extents.end(), begin, [](std::uint64_t at, const Extent& e) { return at < e.stream_offset; });
    extent = after == extents.begin() ? nullptr : &*(after - 1);
    if (extent != nullptr && begin - extent->stream_offset < extent->length) {
      return RangeInside(begin - extent->stream_offset, bytes, extent->length) ? Found::kWhole : Found::kPart;
    }
    return after != extents.end() && after->stream_offset - begin < bytes ? Found::kPart : Found::kNone;
  }

  Result<ArrayPlan> Chunks(const Array& array) {
    Shape grid = array.ChunkGrid();
    auto cells = CheckedProduct(grid);
    if (!cells) return Fail(ErrorCode::kLimit, "the chunk grid has more than 2^64 cells");
    // Without codecs, stored bytes are decoded bytes: clients need exactly as many as a chunk has.
    const std::uint64_t raw_bytes = array.codecs.empty() ? CheckedMul(array.ChunkElements(), array.dtype->size_bytes).value_or(0) : 0;
    std::uint64_t count = 0;
    std::vector<Shape> odd;
    bool too_many_odd = false, sorted = true;
    std::uint64_t last = 0, highest = 0;
    plan_.chunks.reserve(static_cast<std::size_t>(std::min(*cells, kMaxPlannedRows)));
    // The index is walked to its end before a byte is written, so that damage in it never leaves half an array behind.
    RUTTER_TRY(array.index->Locate({Shape(grid.size(), 0), grid}, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk) -> Status {
      ++count;
      std::uint64_t number = NumberOf(index, grid);
      sorted = sorted && last <= number;
      last = number;
      highest = std::max(highest, number);
      if ((chunk.filter_mask != 0 && !array.codecs.empty()) || chunk.length < raw_bytes) {
        sorted = false;  // it is added behind the others
        if (odd.size() < 100'000) {
          odd.emplace_back(index.begin(), index.end());
        } else {
          too_many_odd = true;
        }
        return {};
      }
      if (chunk.length <= plan_.codecs.cut_bytes) return Fail(ErrorCode::kCorrupt, "a stored chunk is shorter than its checksum");
      if (chunk.length == ChunkRef::kWholeSource) return Fail(ErrorCode::kUnsupported, "the size of its sources is not known");
      const std::uint64_t length = raw_bytes != 0 ? raw_bytes : chunk.length - plan_.codecs.cut_bytes;
      if (chunk.inline_data != nullptr) {
        plan_.chunks.push_back({number, plan_.inline_data.size(), length, PlannedChunk::kInline});
        plan_.inline_data.append(reinterpret_cast<const char*>(chunk.inline_data), static_cast<std::size_t>(length));
        return {};
      }
      if (chunk.source >= sources_.size()) return Fail(ErrorCode::kInternal, "a chunk of a source that the map does not have");
      if (!RangeInside(chunk.offset, chunk.length, sources_[chunk.source].size)) ++plan_.past_end;
      if (count <= kMaxPlannedRows) plan_.chunks.push_back({number, chunk.offset, length, chunk.source});
      return {};
    }));
    if (count == 0) {
      const auto elements = array.NumElements();
      if (elements && ManyFillsGoInline(CheckedMul(*elements, array.dtype->size_bytes))) return InlineFills(*elements);
    }
    if (count != 0 && EndsShort(array, PlaceOf(highest, grid), grid)) {
      if (count > kMaxPlannedRows) return Inline("its last chunks are stored without what lies beyond the array");
      const std::uint64_t last_row = grid[0] <= 1 ? 0 : *cells / grid[0] * (grid[0] - 1);
      std::erase_if(plan_.chunks, [&](const PlannedChunk& chunk) {
        if (chunk.number >= last_row) odd.push_back(PlaceOf(chunk.number, grid));
        return chunk.number >= last_row;
      });
      sorted = false;
    }
    if (!odd.empty() && (too_many_odd || count > kMaxPlannedRows)) return Inline("too many of its chunks skipped filters or are short");
    for (const Shape& index : odd) {
      auto restated = Restate(array, index, grid);
      if (!restated) return Inline(restated.error().message);
    }
    if (count != 0 && count < *cells && count <= kMaxPlannedRows) {
      for (std::uint64_t number : FewMissing(array, *cells, *cells - count)) {
        if (!Restate(array, PlaceOf(number, grid), grid)) break;
        ++count;
        sorted = false;
      }
    }
    if (count > kMaxPlannedRows) {
      plan_.chunks.clear();
      plan_.chunks.shrink_to_fit();
      plan_.stream = std::make_shared<Array>(array);
    } else if (!sorted) {
      std::sort(plan_.chunks.begin(), plan_.chunks.end(), Less);
    }
    return Finish(count == *cells);
  }

  /// The chunks that are not in the plan, where they are few enough to be spelled out.
  std::vector<std::uint64_t> FewMissing(const Array& array, std::uint64_t cells, std::uint64_t count) const {
    auto chunk_bytes = CheckedMul(array.ChunkElements(), array.dtype->size_bytes);
    auto bytes = chunk_bytes ? CheckedMul(*chunk_bytes, count) : std::nullopt;
    std::vector<std::uint64_t> missing;
    if (!bytes || !FillsGoInline(*bytes)) return missing;
    std::vector<bool> there(static_cast<std::size_t>(cells));
    for (const PlannedChunk& chunk : plan_.chunks) there[static_cast<std::size_t>(chunk.number)] = true;
    for (std::uint64_t number = 0; number < cells; ++number) {
      if (!there[static_cast<std::size_t>(number)]) missing.push_back(number);
    }
    return missing;
  }

  static std::uint64_t NumberOf(std::span<const std::uint64_t> index, const Shape& grid) {
    std::uint64_t number = 0;
    for (std::size_t k = 0; k < grid.size(); ++k) number = number * grid[k] + index[k];
    return number;
  }

  static Shape PlaceOf(std::uint64_t number, const Shape& grid) {
    Shape index(grid.size());
    for (std::size_t k = grid.size(); k-- > 0;) {
      index[k] = number % grid[k];
      number /= grid[k];
    }
    return index;
  }

  /// Some writers encode a chunk at the array's end only as far as the array goes. Readers of HDF5 do not mind, clients of Zarr
  /// need all of it. Only decoding tells; the last chunk that is stored answers for all of the last row. Large chunks are not
  /// looked at: mapping would cost as much as reading.
  bool EndsShort(const Array& array, const Shape& index, const Shape& grid) const {
    if (array.codecs.empty() || grid.empty() || index[0] + 1 != grid[0] || array.shape[0] % array.chunk_shape[0] == 0) return false;
    auto chunk_bytes = CheckedMul(array.ChunkElements(), array.dtype->size_bytes);
    if (!chunk_bytes || *chunk_bytes > kMaxTriedChunkBytes) return false;
    Array whole = array;
    for (std::size_t k = 0; k < grid.size(); ++k) {
      auto length = CheckedMul(grid[k], array.chunk_shape[k]);
      if (!length) return false;
      whole.shape[k] = *length;
    }
    auto read = data_.ReadChunk(whole, index);
    return !read && read.error().code == ErrorCode::kCorrupt && data_.ReadChunk(array, index);
  }

  static bool Less(const PlannedChunk& a, const PlannedChunk& b) { return a.number < b.number; }

  /// A chunk that skipped filters, or is no whole run of bytes, goes inline, encoded as its array declares.
  Status Restate(const Array& array, const Shape& index, const Shape& grid) {
    RUTTER_ASSIGN(auto bytes, data_.ReadChunk(array, index));
    if (plan_.inline_data.size() + bytes.size() > options_.max_inline_array_bytes) {
      return Fail(ErrorCode::kLimit, "its chunks that no reference can name are too large to inline");
    }
    auto size = static_cast<std::size_t>(array.dtype->size_bytes);
    if (plan_.column_major) bytes = ToColumnMajor(bytes, array.chunk_shape, size);
    RUTTER_ASSIGN(auto text, EncodeStored(plan_.codecs.stages, bytes, static_cast<std::uint32_t>(size)));
    plan_.chunks.push_back({NumberOf(index, grid), plan_.inline_data.size(), text.size(), PlannedChunk::kInline});
    plan_.inline_data += text;
    return {};
  }

  /// Elements in C order, laid out with the first axis fastest.
  static std::vector<std::byte> ToColumnMajor(const std::vector<std::byte>& in, const Shape& shape, std::size_t size) {
    std::vector<std::byte> out(in.size());
    Shape index(shape.size(), 0), strides(shape.size());
    std::uint64_t stride = 1;
    for (std::size_t k = 0; k < shape.size(); ++k) {
      strides[k] = stride;
      stride *= shape[k];
    }
    for (std::size_t at = 0; at + size <= in.size(); at += size) {
      std::uint64_t to = 0;
      for (std::size_t k = 0; k < shape.size(); ++k) to += index[k] * strides[k];
      std::memcpy(out.data() + to * size, in.data() + at, size);
      for (std::size_t k = shape.size(); k-- > 0;) {
        if (++index[k] < shape[k]) break;
        index[k] = 0;
      }
    }
    return out;
  }

  /// The whole array decoded, in its native type, as one inline chunk.
  Result<ArrayPlan> Inline(const std::string& why) {
    auto failure = [&](const std::string& more, ErrorCode code) {
      Error error = MakeError(code, why + more);
      error.hint = "rutter read gives the values from the file itself";
      return Fail(std::move(error));
    };
    plan_.chunks.clear();
    plan_.inline_data.clear();
    plan_.codecs = {};
    plan_.shape = MappedShape(array_);
    trailing_.clear();
    DtypePtr native = NativeType(array_.dtype);
    plan_.element = native;
    plan_.native = true;
    if (!SetType(*native)) return failure("", ErrorCode::kUnsupported);
    auto elements = array_.NumElements();
    auto bytes = elements ? CheckedMul(*elements, std::max(array_.dtype->size_bytes, native->size_bytes)) : std::nullopt;
    if (!bytes || *bytes > options_.max_inline_array_bytes) return failure(", and the array is too large to inline", ErrorCode::kUnsupported);
    auto stored = data_.ReadStored(array_, options_.max_inline_array_bytes);
    if (!stored) {
      Error error = std::move(stored).error();
      if (error.code == ErrorCode::kUnsupported) error.message = why + "; " + error.message;
      return Fail(std::move(error));
    }
    std::vector<std::byte> out(static_cast<std::size_t>(*elements * native->size_bytes));
    if (auto converted = ToNative(*array_.dtype, *native, *stored, *elements, out); !converted) return failure("; " + converted.error().message, ErrorCode::kUnsupported);
    plan_.loose_text = false;
    plan_.inline_data.assign(reinterpret_cast<const char*>(out.data()), out.size());
    plan_.column_major = false;
    plan_.chunk_shape = MappedShape(array_);
    for (auto& n : plan_.chunk_shape) n = std::max<std::uint64_t>(1, n);
    if (*elements != 0) plan_.chunks.push_back({0, 0, plan_.inline_data.size(), PlannedChunk::kInline});
    return Finish(true);
  }

  /// Text, references, ragged and mixed data: one inline chunk of objects.
  Result<ArrayPlan> Objects() {
    auto elements = array_.NumElements();
    if (!elements) return Fail(ErrorCode::kLimit, "the array has more than 2^64 elements");
    if (*elements > options_.max_inline_array_bytes / 8) {
      return Fail(ErrorCode::kUnsupported, "variable-length data must go inline, and " + std::to_string(*elements) + " elements are too many");
    }
    RUTTER_ASSIGN(auto values, data_.ReadValues(array_, *elements));
    plan_.shape = MappedShape(array_);
    RUTTER_ASSIGN(auto objects, EncodeObjects(*array_.dtype, plan_.shape, std::move(values), lindi_));
    if (objects.chunk.size() > options_.max_inline_array_bytes) {
      return Fail(ErrorCode::kUnsupported, "its variable-length data, " + std::to_string(objects.chunk.size()) + " bytes, is too large to inline");
    }
    plan_.object_codec = objects.codec;
    plan_.dtype = "\"|O\"";
    plan_.codecs.filters = "[" + objects.filter + "]";
    plan_.chunk_shape = plan_.shape;
    for (auto& n : plan_.chunk_shape) n = std::max<std::uint64_t>(1, n);
    plan_.fill_value = "null";
    plan_.fill_value_v3 = "\"\"";
    plan_.inline_data = std::move(objects.chunk);
    if (*elements != 0) plan_.chunks.push_back({0, 0, plan_.inline_data.size(), PlannedChunk::kInline});
    return std::move(plan_);
  }

  const Array& array_;
  const std::vector<Source>& sources_;
  const DataAccess& data_;
  const WriteOptions& options_;
  const LindiReferences* lindi_;
  ArrayPlan plan_;
  Shape trailing_;
};

}  // namespace

Shape PlanGrid(const ArrayPlan& plan) {
  Shape grid(plan.shape.size());
  for (std::size_t k = 0; k < grid.size(); ++k) grid[k] = CeilDiv(plan.shape[k], plan.chunk_shape[k]);
  return grid;
}

Shape PlannedShape(const Array& array, const WriteOptions& options, const LindiReferences* lindi) {
  Shape shape = MappedShape(array);
  if (array.dtype->type_class != TypeClass::kArray || GoesAsObjects(array, options, lindi)) return shape;
  for (DtypePtr type = array.dtype; type->type_class == TypeClass::kArray && type->base != nullptr; type = type->base) {
    shape.insert(shape.end(), type->dims.begin(), type->dims.end());
  }
  return shape;
}

Result<ArrayPlan> PlanArray(const Array& array, const std::vector<Source>& sources, const DataAccess& data, const WriteOptions& options,
                            const LindiReferences* lindi) {
  return Planner(array, sources, data, options, lindi).Run();
}

}  // namespace rutter
