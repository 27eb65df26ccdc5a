#include "refs/zarr_metadata.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/checked.h"
#include "refs/fill_json.h"
#include "refs/json_value.h"
#include "refs/zarr_codecs.h"
#include "refs/zarr_dtype.h"

namespace rutter {
namespace {

bool IsObjectCodec(std::string_view id) { return id == "vlen-utf8" || id == "vlen-bytes" || id == "vlen-array" || id == "json2" || id == "pickle" || id == "msgpack2" || id == "categorize"; }

Status CheckShapes(Array& array, const Limits& limits) {
  if (array.shape.size() > limits.rank) return Fail(ErrorCode::kLimit, std::to_string(array.shape.size()) + " dimensions (Limits::rank)");
  if (array.chunk_shape.size() != array.shape.size()) return Fail(ErrorCode::kCorrupt, "the chunk shape has another rank than the shape");
  for (std::size_t k = 0; k < array.shape.size(); ++k) {
    if (array.chunk_shape[k] == 0 && array.shape[k] == 0) array.chunk_shape[k] = 1;
    if (array.chunk_shape[k] == 0) return Fail(ErrorCode::kCorrupt, "a chunk has no length");
  }
  if (!CheckedProduct(array.shape) || !CheckedProduct(array.chunk_shape)) return Fail(ErrorCode::kCorrupt, "a shape of more than 2^64 elements");
  return {};
}

std::uint32_t ElementBytes(const Array& array) {
  return array.dtype == nullptr ? 1 : static_cast<std::uint32_t>(std::min<std::uint64_t>(array.dtype->size_bytes, 0xFFFFFFFF));
}

/// The type that an object codec gives, for |O arrays. Null where it has none.
Result<DtypePtr> ObjectType(const std::string& codec, const Value& configuration) {
  if (codec == "vlen-utf8" || codec == "json2") return MakeVlenString(CharSet::kUtf8);
  if (codec == "vlen-bytes") return MakeVlenString(CharSet::kAscii);
  if (codec == "vlen-array") {
    const Value* base = JsonMember(configuration, "dtype");
    if (base == nullptr) return Fail(ErrorCode::kCorrupt, "vlen-array without its element type");
    RUTTER_ASSIGN(auto element, DtypeFromNumpy(*base));
    if (element == nullptr) return DtypePtr();
    auto dtype = std::make_shared<Dtype>();
    dtype->type_class = TypeClass::kVlenSequence;
    dtype->size_bytes = 16;
    dtype->base = std::move(element);
    return dtype;
  }
  return DtypePtr();
}

/// Keeps an unsupported part as the array's failure; other errors go up.
Status KeepUnsupported(Array& array, Error error) {
  if (error.code != ErrorCode::kUnsupported) return Fail(std::move(error));
  if (!array.failure) array.failure = std::move(error);
  return {};
}

Status FinishType(Array& array) {
  if (array.dtype == nullptr) {
    array.dtype = MakeVlenString(CharSet::kUtf8);
    if (!array.failure) array.failure = MakeError(ErrorCode::kUnsupported, "Python objects without a codec that is known here");
  } else if (array.dtype->size_bytes == 0 && !array.failure) {
    array.failure = MakeError(ErrorCode::kUnsupported, "elements of no bytes");
  }
  return {};
}

}  // namespace

Result<ArrayMetadata> ArrayFromZarr2(const Value& zarray, const Limits& limits) {
  if (zarray.As<ValueRecord>() == nullptr) return Fail(ErrorCode::kCorrupt, "the array's metadata is no JSON object");
  ArrayMetadata result{std::make_unique<Array>(), {}};
  Array& array = *result.array;
  RUTTER_ASSIGN(array.shape, JsonShape(JsonMember(zarray, "shape"), "shape"));
  RUTTER_ASSIGN(array.chunk_shape, JsonShape(JsonMember(zarray, "chunks"), "chunks"));
  RUTTER_TRY(CheckShapes(array, limits));
  const Value* type = JsonMember(zarray, "dtype");
  if (type == nullptr) return Fail(ErrorCode::kCorrupt, "an array without a dtype");
  if (auto dtype = DtypeFromNumpy(*type)) {
    array.dtype = *std::move(dtype);
  } else {
    RUTTER_TRY(KeepUnsupported(array, std::move(dtype).error()));
  }
  if (const auto* order = JsonText(zarray, "order")) array.column_major = *order == "F";
  if (const auto* separator = JsonText(zarray, "dimension_separator")) {
    if (*separator != "." && *separator != "/") return Fail(ErrorCode::kCorrupt, "a dimension separator that is neither . nor /");
    result.keys.separator = separator->front();
  }
  // Filters in the order of writing, then the compressor. An object codec comes first, or alone.
  const Value* filters = JsonMember(zarray, "filters");
  if (const auto* list = filters == nullptr ? nullptr : filters->As<ValueList>()) {
    if (list->size() > limits.filters) return Fail(ErrorCode::kLimit, std::to_string(list->size()) + " filters (Limits::filters)");
    for (const Value& filter : *list) {
      const auto* id = JsonText(filter, "id");
      if (id != nullptr && IsObjectCodec(*id)) {
        if (array.object_codec.empty() && array.codecs.empty()) array.object_codec = *id;
        if (array.dtype == nullptr) {
          RUTTER_ASSIGN(array.dtype, ObjectType(*id, filter));
        }
        continue;
      }
      RUTTER_ASSIGN(auto stage, CodecFromNumcodecs(filter, ElementBytes(array)));
      array.codecs.push_back(std::move(stage));
    }
  } else if (filters != nullptr && !filters->IsNull()) {
    return Fail(ErrorCode::kCorrupt, "\"filters\" is no list");
  }
  if (const Value* compressor = JsonMember(zarray, "compressor"); compressor != nullptr && !compressor->IsNull()) {
    RUTTER_ASSIGN(auto stage, CodecFromNumcodecs(*compressor, ElementBytes(array)));
    array.codecs.push_back(std::move(stage));
  }
  RUTTER_TRY(FinishType(array));
  if (const Value* fill = JsonMember(zarray, "fill_value"); fill != nullptr && array.object_codec.empty()) {
    RUTTER_ASSIGN(array.fill_value, FillFromJson(*array.dtype, *fill));
    array.fill_defined = !array.fill_value.empty();
  }
  return result;
}

namespace {

/// Codecs of v3 before the bytes-to-bytes ones: transpose, and the one that turns elements into bytes.
Result<bool> ArrayCodec(Array& array, const std::string& name, const Value& configuration) {
  if (name == "transpose") {
    RUTTER_ASSIGN(auto order, JsonShape(JsonMember(configuration, "order"), "order"));
    bool forward = order.size() == array.rank(), backward = forward;
    for (std::size_t k = 0; k < order.size(); ++k) {
      forward = forward && order[k] == k;
      backward = backward && order[k] == order.size() - 1 - k;
    }
    if (!forward && !backward) RUTTER_TRY(KeepUnsupported(array, MakeError(ErrorCode::kUnsupported, "axes transposed in another way than reversed")));
    array.column_major = backward && !forward;
    return true;
  }
  if (name == "bytes") {
    const auto* endian = JsonText(configuration, "endian");
    if (endian != nullptr && *endian == "big") array.dtype = WithByteOrder(array.dtype, ByteOrder::kBig);
    return true;
  }
  if (name == "vlen-utf8" || name == "vlen-bytes") {
    array.object_codec = name;
    return true;
  }
  if (name == "sharding_indexed" || name == "packbits" || name.starts_with("numcodecs.json") || name == "numcodecs.pickle") {
    RUTTER_TRY(KeepUnsupported(array, MakeError(ErrorCode::kUnsupported, "the Zarr codec " + name)));
    return true;
  }
  return false;
}

}  // namespace

Result<ArrayMetadata> ArrayFromZarr3(const Value& metadata, const Limits& limits) {
  ArrayMetadata result{std::make_unique<Array>(), {'/', true}};
  Array& array = *result.array;
  RUTTER_ASSIGN(array.shape, JsonShape(JsonMember(metadata, "shape"), "shape"));
  const Value* grid = JsonMember(metadata, "chunk_grid");
  const auto* grid_name = grid == nullptr ? nullptr : JsonText(*grid, "name");
  if (grid_name == nullptr) return Fail(ErrorCode::kCorrupt, "an array without a chunk grid");
  if (*grid_name == "regular") {
    const Value* configuration = JsonMember(*grid, "configuration");
    RUTTER_ASSIGN(array.chunk_shape, JsonShape(configuration == nullptr ? nullptr : JsonMember(*configuration, "chunk_shape"), "chunk_shape"));
  } else {
    array.failure = MakeError(ErrorCode::kUnsupported, "the chunk grid \"" + *grid_name + "\"");
    array.chunk_shape = array.shape;
  }
  RUTTER_TRY(CheckShapes(array, limits));
  const Value* type = JsonMember(metadata, "data_type");
  if (type == nullptr) return Fail(ErrorCode::kCorrupt, "an array without a data_type");
  if (auto dtype = DtypeFromZarr3(*type)) {
    array.dtype = *std::move(dtype);
  } else {
    RUTTER_TRY(KeepUnsupported(array, std::move(dtype).error()));
  }
  if (const Value* encoding = JsonMember(metadata, "chunk_key_encoding")) {
    const auto* name = JsonText(*encoding, "name");
    if (name == nullptr || (*name != "default" && *name != "v2")) return Fail(ErrorCode::kUnsupported, "an unknown chunk key encoding");
    result.keys = *name == "v2" ? ChunkKeys{'.', false} : ChunkKeys{'/', true};
    const Value* configuration = JsonMember(*encoding, "configuration");
    const auto* separator = configuration == nullptr ? nullptr : JsonText(*configuration, "separator");
    if (separator != nullptr && *separator != "." && *separator != "/") return Fail(ErrorCode::kCorrupt, "a chunk key separator that is neither . nor /");
    if (separator != nullptr) result.keys.separator = separator->front();
  }
  const Value* codecs = JsonMember(metadata, "codecs");
  if (const auto* list = codecs == nullptr ? nullptr : codecs->As<ValueList>()) {
    if (list->size() > limits.filters) return Fail(ErrorCode::kLimit, std::to_string(list->size()) + " codecs (Limits::filters)");
    static const Value kNone{ValueRecord()};
    for (const Value& item : *list) {
      const auto* name = item.As<std::string>();
      if (name == nullptr) name = JsonText(item, "name");
      if (name == nullptr) return Fail(ErrorCode::kCorrupt, "a codec without a name");
      const Value* configuration = JsonMember(item, "configuration");
      RUTTER_ASSIGN(bool done, ArrayCodec(array, *name, configuration == nullptr ? kNone : *configuration));
      if (done) continue;
      RUTTER_ASSIGN(auto stage, CodecFromZarr3(item, ElementBytes(array)));
      array.codecs.push_back(std::move(stage));
    }
  }
  RUTTER_TRY(FinishType(array));
  if (!array.dtype->IsFixed() && array.object_codec.empty() && !array.failure) {
    array.failure = MakeError(ErrorCode::kUnsupported, "variable-length elements without a codec that is known here");
  }
  if (const Value* fill = JsonMember(metadata, "fill_value"); fill != nullptr && array.object_codec.empty()) {
    RUTTER_ASSIGN(array.fill_value, FillFromJson(*array.dtype, *fill));
    array.fill_defined = !array.fill_value.empty();
  }
  if (const Value* names = JsonMember(metadata, "dimension_names")) {
    const auto* list = names->As<ValueList>();
    if (list != nullptr && list->size() == array.rank()) {
      for (const Value& name : *list) array.dimension_names.push_back(name.As<std::string>() == nullptr ? std::string() : *name.As<std::string>());
    }
  }
  return result;
}

}  // namespace rutter
