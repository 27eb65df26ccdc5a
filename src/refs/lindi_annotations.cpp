#include "refs/lindi_annotations.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "codecs/codec.h"
#include "refs/json_value.h"
#include "refs/value_from_json.h"
#include "refs/zarr_dtype.h"

namespace rutter {
namespace {

constexpr std::array<std::string_view, 4> kAnnotations = {"_SCALAR", "_SOFT_LINK", "_COMPOUND_DTYPE", "_EXTERNAL_ARRAY_LINK"};

DtypePtr ObjectReference() {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = TypeClass::kObjectReference;
  dtype->size_bytes = 8;
  return dtype;
}

/// NumPy's long names and short ones; "object" and unknown names are text, which is how LINDI writes them.
DtypePtr MemberType(const std::string& name) {
  if (name == "<REFERENCE>") return ObjectReference();
  if (name == "bool") return MakeBool();
  for (const char* prefix : {"int", "uint", "float"}) {
    if (!name.starts_with(prefix)) continue;
    std::string kind(1, *prefix), bits = name.substr(std::string_view(prefix).size());
    std::string bytes = bits == "8" ? "1" : bits == "16" ? "2" : bits == "32" ? "4" : bits == "64" ? "8" : "";
    if (auto dtype = DtypeFromNumpy(Value("<" + kind + bytes))) return *dtype;
  }
  if (auto dtype = DtypeFromNumpy(Value(name)); dtype && *dtype != nullptr && (*dtype)->type_class != TypeClass::kString) return *dtype;
  return MakeVlenString(CharSet::kUtf8);
}

Result<DtypePtr> CompoundType(const Value& json) {
  const auto* list = json.As<ValueList>();
  if (list == nullptr || list->empty()) return Fail(ErrorCode::kCorrupt, "_COMPOUND_DTYPE is no list");
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = TypeClass::kCompound;
  for (const Value& item : *list) {
    const auto* pair = item.As<ValueList>();
    const auto* name = pair == nullptr || pair->size() < 2 ? nullptr : (*pair)[0].As<std::string>();
    const auto* type = name == nullptr ? nullptr : (*pair)[1].As<std::string>();
    if (type == nullptr) return Fail(ErrorCode::kCorrupt, "a member of _COMPOUND_DTYPE is not [name, type]");
    DtypeMember member{*name, dtype->size_bytes, MemberType(*type), 0};
    dtype->size_bytes += member.type->size_bytes;
    dtype->members.push_back(std::move(member));
  }
  return dtype;
}

/// The items of a "json2" chunk, flat, without the type and the shape that end it. Source: numcodecs, "JSON".
Result<ValueList> DecodeJson2(std::span<const std::byte> chunk, const Limits& limits) {
  JsonReader reader(limits);
  RUTTER_ASSIGN(auto parsed, reader.Parse({reinterpret_cast<const char*>(chunk.data()), chunk.size()}, "json2 chunk"));
  auto* list = parsed.As<ValueList>();
  if (list == nullptr || list->size() < 2) return Fail(ErrorCode::kCorrupt, "a json2 chunk is no list");
  RUTTER_ASSIGN(auto shape, JsonShape(&list->back(), "json2 shape"));
  list->resize(list->size() - 2);
  // Older numcodecs nest the items by the shape; newer ones write them flat.
  auto elements = CheckedProduct(shape);
  for (std::size_t axis = 1; axis < shape.size() && elements && list->size() != *elements; ++axis) {
    ValueList flat;
    for (Value& item : *list) {
      auto* inner = item.As<ValueList>();
      if (inner == nullptr || inner->size() != shape[axis]) return Fail(ErrorCode::kCorrupt, "a json2 chunk's lists do not have the lengths of its shape");
      for (Value& value : *inner) flat.push_back(std::move(value));
    }
    *list = std::move(flat);
  }
  if (!elements || list->size() != *elements) {
    return Fail(ErrorCode::kCorrupt, "a json2 chunk holds " + std::to_string(list->size()) + " elements, its shape has another number");
  }
  return std::move(*list);
}

/// The bytes of the array's first inline chunk, decoded; empty where there is none or where it cannot be decoded.
std::vector<std::byte> FirstInlineChunk(const Array& array, const Limits& limits) {
  std::vector<std::byte> found;
  Shape grid = array.ChunkGrid();
  if (array.index == nullptr || CheckedProduct(grid).value_or(0) == 0) return found;
  auto sink = [&](std::span<const std::uint64_t>, const ChunkRef& chunk) -> Status {
    if (found.empty() && chunk.inline_data != nullptr) found.assign(chunk.inline_data, chunk.inline_data + chunk.length);
    return found.empty() ? Status() : Fail(ErrorCode::kCancelled, "found");
  };
  (void)array.index->Locate({Shape(grid.size(), 0), grid}, sink);
  if (found.empty() || array.codecs.empty()) return found;
  // Compressed JSON states its size nowhere that all codecs share: grow until it fits.
  PipelineScratch scratch;
  const Codec* codec = array.codecs.size() == 1 ? FindCodec(array.codecs[0].id) : nullptr;
  if (codec == nullptr) return {};
  for (std::uint64_t size = found.size() * 8 + 4096; size <= std::min(limits.value_bytes, found.size() * 1024 + 4096); size *= 4) {
    std::vector<std::byte> out(static_cast<std::size_t>(size));
    auto decoded = codec->decode(found, out, array.codecs[0], {size, 1});
    if (!decoded) continue;
    out.resize(*decoded);
    return out;
  }
  return {};
}

}  // namespace

bool IsLindiAnnotation(std::string_view attribute_name) {
  return std::find(kAnnotations.begin(), kAnnotations.end(), attribute_name) != kAnnotations.end();
}

Result<bool> ApplyLindiAnnotations(const Value& attributes, Node& node) {
  bool any = false;
  if (const Value* link = JsonMember(attributes, "_SOFT_LINK"); link != nullptr && node.kind == NodeKind::kGroup && node.parent != nullptr) {
    const auto* path = JsonText(*link, "path");
    if (path == nullptr) return Fail(ErrorCode::kCorrupt, "a _SOFT_LINK without a path");
    node.kind = NodeKind::kSoftLink;
    node.target = *path;
    any = true;
  }
  if (node.array == nullptr) return any;
  Array& array = *node.array;
  const Value* scalar = JsonMember(attributes, "_SCALAR");
  if (scalar != nullptr && scalar->As<bool>() != nullptr && *scalar->As<bool>() && array.shape == Shape{1}) {
    array.shape.clear();
    array.chunk_shape.clear();
    array.dimension_names.clear();
    any = true;
  }
  if (const Value* elsewhere = JsonMember(attributes, "_EXTERNAL_ARRAY_LINK")) {
    const auto* url = JsonText(*elsewhere, "url");
    const auto* name = JsonText(*elsewhere, "name");
    Error error = MakeError(ErrorCode::kUnsupported, "the map leaves this array to its HDF5 file" + (url == nullptr ? "" : ", " + *url) +
                                                         (name == nullptr ? "" : ", dataset " + *name));
    error.hint = "map the file itself with rutter map";
    array.failure = std::move(error);
    any = true;
  }
  return any;
}

Status ApplyLindiElementType(const Value& attributes, const Limits& limits, Array& array) {
  if (array.object_codec != "json2" || array.failure) return {};
  if (const Value* compound = JsonMember(attributes, "_COMPOUND_DTYPE")) {
    RUTTER_ASSIGN(array.dtype, CompoundType(*compound));
    return {};
  }
  auto chunk = FirstInlineChunk(array, limits);
  if (chunk.empty()) return {};
  // Damage shows when the array is read; here it only leaves the type open.
  auto items = DecodeJson2(chunk, limits);
  if (items && std::any_of(items->begin(), items->end(), IsLindiReference)) array.dtype = ObjectReference();
  return {};
}

}  // namespace rutter
