#include "refs/array_plan.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"
#include "refs/fill_json.h"
#include "refs/object_encoding.h"
#include "refs/stored_encoding.h"

namespace rutter {
namespace {

class Planner {
 public:
  Planner(const Array& array, const DataAccess& data, const WriteOptions& options) : array_(array), data_(data), options_(options) {}

  Result<ArrayPlan> Run() {
    if (array_.failure) return Fail(*array_.failure);
    if (array_.dtype == nullptr || array_.index == nullptr) return Fail(ErrorCode::kInternal, "the array has no type or no index");
    plan_.shape = array_.is_null ? Shape{0} : array_.shape;
    plan_.element = array_.dtype;
    if (!array_.dtype->IsFixed() || !array_.object_codec.empty()) return Objects();
    // Compounds go as text in LINDI, whose readers know structured data only as JSON rows.
    if (options_.dialect == Dialect::kLindi && LindiWantsRows(*array_.dtype)) return Objects();
    auto elements = array_.NumElements();
    if (!elements) return Fail(ErrorCode::kLimit, "the array has more than 2^64 elements");
    if (!SetType(*array_.dtype)) return Inline("its element type, " + DtypeTitle(*array_.dtype) + ", has no Zarr name");
    if (array_.is_null || *elements == 0) {
      plan_.chunk_shape.assign(plan_.shape.size(), 1);
      for (std::size_t k = 0; k < plan_.shape.size(); ++k) plan_.chunk_shape[k] = std::max<std::uint64_t>(1, plan_.shape[k]);
      return Finish(true);
    }
    if (dynamic_cast<const MosaicIndex*>(array_.index.get()) != nullptr) return Inline("a virtual dataset has no chunks of its own");
    auto codecs = DeclareCodecs(array_.codecs, static_cast<std::uint32_t>(std::min<std::uint64_t>(array_.dtype->size_bytes, 0xFFFFFFFF)));
    if (!codecs) return Inline(codecs.error().message);
    plan_.codecs = *std::move(codecs);
    if (const auto* flat = dynamic_cast<const FlatIndex*>(array_.index.get())) return Flat(*flat);
    plan_.chunk_shape = array_.chunk_shape;
    plan_.column_major = array_.column_major;
    if (dynamic_cast<const EmptyIndex*>(array_.index.get()) != nullptr && array_.codecs.empty()) {
      plan_.chunk_shape = ChooseFlatChunks(array_.shape, array_.dtype->size_bytes, options_.flat_chunk_bytes);
    }
    return Chunks(array_);
  }

 private:
  static bool LindiWantsRows(const Dtype& dtype) { return dtype.type_class == TypeClass::kCompound || dtype.type_class == TypeClass::kComplex; }

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

  Result<ArrayPlan> Finish(bool complete) {
    // Chunks of array types hold their trailing axes whole.
    if (plan_.chunk_shape.size() + trailing_.size() == plan_.shape.size()) plan_.chunk_shape.insert(plan_.chunk_shape.end(), trailing_.begin(), trailing_.end());
    std::span<const std::byte> fill = trailing_.empty() ? std::span<const std::byte>(array_.fill_value) : std::span<const std::byte>();
    // xarray takes a v2 fill value for "missing" and masks with it, so it is said only where a chunk is really missing.
    plan_.fill_value = complete ? "null" : FillValueJson(*plan_.element, fill);
    plan_.fill_value_v3 = FillValueJsonV3(*plan_.element, fill);
    return std::move(plan_);
  }

  Result<ArrayPlan> Flat(const FlatIndex& flat) {
    std::size_t rank = array_.shape.size();
    std::uint64_t size = array_.dtype->size_bytes;
    auto contiguous = [&](bool reversed) {
      std::uint64_t run = size;
      for (std::size_t i = 0; i < rank; ++i) {
        std::size_t k = reversed ? i : rank - 1 - i;
        if (array_.shape[k] != 1 && flat.byte_strides()[k] != run) return false;
        run *= array_.shape[k];
      }
      return true;
    };
    auto resized = std::make_shared<Array>(array_);
    if (contiguous(false)) {
      resized->chunk_shape = ChooseFlatChunks(array_.shape, size, options_.flat_chunk_bytes);
    } else if (contiguous(true) && trailing_.empty()) {
      Shape reversed(array_.shape.rbegin(), array_.shape.rend());
      Shape chunks = ChooseFlatChunks(reversed, size, options_.flat_chunk_bytes);
      resized->chunk_shape.assign(chunks.rbegin(), chunks.rend());
      plan_.column_major = true;
    } else {
      return Inline("its elements do not lie in one run");
    }
    resized->index = std::make_shared<FlatIndex>(std::vector<Extent>(flat.extents().begin(), flat.extents().end()),
                                                 std::vector<std::uint64_t>(flat.byte_strides().begin(), flat.byte_strides().end()), array_.shape,
                                                 resized->chunk_shape, size);
    plan_.chunk_shape = resized->chunk_shape;
    auto planned = Chunks(*resized);
    if (!planned && planned.error().code == ErrorCode::kUnsupported) {
      plan_.chunks.clear();
      plan_.column_major = false;
      return Inline(planned.error().message);
    }
    return planned;
  }

  Result<ArrayPlan> Chunks(const Array& array) {
    Shape grid = array.ChunkGrid();
    auto cells = CheckedProduct(grid);
    if (!cells) return Fail(ErrorCode::kLimit, "the chunk grid has more than 2^64 cells");
    std::uint64_t count = 0;
    std::vector<Shape> odd;
    bool too_many_odd = false;
    // The index is walked to its end before a byte is written, so that damage in it never leaves half an array behind.
    RUTTER_TRY(array.index->Locate({Shape(grid.size(), 0), grid}, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk) -> Status {
      ++count;
      std::uint64_t number = 0;
      for (std::size_t k = 0; k < grid.size(); ++k) number = number * grid[k] + index[k];
      if (chunk.filter_mask != 0 && !array.codecs.empty()) {
        if (odd.size() < 100'000) {
          odd.emplace_back(index.begin(), index.end());
        } else {
          too_many_odd = true;
        }
        return {};
      }
      if (chunk.length <= plan_.codecs.cut_bytes) return Fail(ErrorCode::kCorrupt, "a stored chunk is shorter than its checksum");
      if (chunk.inline_data != nullptr) {
        plan_.chunks.push_back({number, plan_.inline_data.size(), chunk.length - plan_.codecs.cut_bytes, PlannedChunk::kInline});
        plan_.inline_data.append(reinterpret_cast<const char*>(chunk.inline_data), static_cast<std::size_t>(chunk.length - plan_.codecs.cut_bytes));
        return {};
      }
      if (count <= kMaxPlannedRows) plan_.chunks.push_back({number, chunk.offset, chunk.length - plan_.codecs.cut_bytes, chunk.source});
      return {};
    }));
    if (!odd.empty() && (too_many_odd || count > kMaxPlannedRows)) return Inline("too many of its chunks skipped filters");
    for (const Shape& index : odd) {
      auto restated = Restate(array, index, grid);
      if (!restated) return Inline(restated.error().message);
    }
    if (count > kMaxPlannedRows) {
      plan_.chunks.clear();
      plan_.chunks.shrink_to_fit();
      plan_.stream = std::make_shared<Array>(array);
    } else if (!std::is_sorted(plan_.chunks.begin(), plan_.chunks.end(), Less)) {
      std::sort(plan_.chunks.begin(), plan_.chunks.end(), Less);
    }
    return Finish(count == *cells);
  }

  static bool Less(const PlannedChunk& a, const PlannedChunk& b) { return a.number < b.number; }

  /// A chunk that skipped filters goes inline, encoded as its array declares.
  Status Restate(const Array& array, const Shape& index, const Shape& grid) {
    RUTTER_ASSIGN(auto bytes, data_.ReadChunk(array, index));
    if (plan_.inline_data.size() + bytes.size() > options_.max_inline_array_bytes) {
      return Fail(ErrorCode::kLimit, "its chunks that skipped filters are too large to inline");
    }
    RUTTER_ASSIGN(auto text, EncodeStored(plan_.codecs.stages, bytes, static_cast<std::uint32_t>(array.dtype->size_bytes)));
    std::uint64_t number = 0;
    for (std::size_t k = 0; k < grid.size(); ++k) number = number * grid[k] + index[k];
    plan_.chunks.push_back({number, plan_.inline_data.size(), text.size(), PlannedChunk::kInline});
    plan_.inline_data += text;
    return {};
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
    plan_.shape = array_.shape;
    trailing_.clear();
    DtypePtr native = NativeType(array_.dtype);
    plan_.element = native;
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
    plan_.inline_data.assign(reinterpret_cast<const char*>(out.data()), out.size());
    plan_.column_major = false;
    plan_.chunk_shape = array_.shape;
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
    RUTTER_ASSIGN(auto objects, EncodeObjects(*array_.dtype, plan_.shape, values, options_.dialect));
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
  const DataAccess& data_;
  const WriteOptions& options_;
  ArrayPlan plan_;
  Shape trailing_;
};

}  // namespace

Shape PlanGrid(const ArrayPlan& plan) {
  Shape grid(plan.shape.size());
  for (std::size_t k = 0; k < grid.size(); ++k) grid[k] = CeilDiv(plan.shape[k], plan.chunk_shape[k]);
  return grid;
}

Result<ArrayPlan> PlanArray(const Array& array, const DataAccess& data, const WriteOptions& options) { return Planner(array, data, options).Run(); }

}  // namespace rutter
