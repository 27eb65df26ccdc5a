#include "refs/object_decoding.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "model/element.h"
#include "refs/json_value.h"
#include "refs/value_from_json.h"

namespace rutter {
namespace {

constexpr ReaderContext kVlen = {"the map", "chunk of variable-length elements", "numcodecs VLen"};

Result<ValueList> DecodeVlen(const Array& array, std::uint64_t elements, std::span<const std::byte> chunk, const Limits& limits) {
  ByteReader reader(chunk, 0, kVlen);
  std::uint64_t count = reader.U32();
  reader.Fits(count, 4);
  if (reader.ok() && count != elements) {
    reader.Fail(ErrorCode::kCorrupt, "holds " + std::to_string(count) + " elements, the chunk has " + std::to_string(elements));
  }
  RUTTER_TRY(reader.Check());
  JsonReader json(limits);
  ValueList values;
  values.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint32_t length = reader.U32();
    if (array.object_codec == "vlen-array") {
      const Dtype* base = array.dtype->base.get();
      if (array.dtype->type_class != TypeClass::kVlenSequence || base == nullptr || base->size_bytes == 0 || !base->IsFixed()) {
        return Fail(ErrorCode::kUnsupported, "ragged arrays of " + DtypeTitle(*array.dtype));
      }
      auto bytes = reader.Take(length);
      if (length % base->size_bytes != 0) reader.Fail(ErrorCode::kCorrupt, "a ragged element is no whole number of base elements");
      RUTTER_TRY(reader.Check());
      RUTTER_ASSIGN(auto list, DecodeElements(*base, bytes, length / base->size_bytes, nullptr, limits));
      values.emplace_back(std::move(list));
      continue;
    }
    std::string_view text = reader.TakeText(length);
    RUTTER_TRY(reader.Check());
    if (array.object_codec != "rutter-json") {
      values.emplace_back(std::string(text));
      continue;
    }
    bool plain_path = array.dtype->type_class == TypeClass::kObjectReference && text.starts_with("/");
    if (plain_path) {
      Reference reference;
      reference.path = text;
      values.emplace_back(std::move(reference));
      continue;
    }
    RUTTER_ASSIGN(auto parsed, json.Parse(text, "rutter-json element"));
    RUTTER_ASSIGN(auto value, ValueFromJson(*array.dtype, std::move(parsed)));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

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

Result<ValueList> DecodeObjects(const Array& array, std::span<const std::byte> chunk, const Limits& limits) {
  if (array.dtype == nullptr) return Fail(ErrorCode::kInternal, "an array of objects without a type");
  std::uint64_t elements = array.ChunkElements();
  if (array.object_codec != "json2") {
    if (array.object_codec == "vlen-utf8" || array.object_codec == "vlen-bytes" || array.object_codec == "vlen-array" || array.object_codec == "rutter-json") {
      return DecodeVlen(array, elements, chunk, limits);
    }
    return Fail(ErrorCode::kUnsupported, "objects encoded as " + array.object_codec);
  }
  RUTTER_ASSIGN(auto items, DecodeJson2(chunk, limits));
  if (items.size() != elements) return Fail(ErrorCode::kCorrupt, "a json2 chunk holds " + std::to_string(items.size()) + " elements, the chunk has " + std::to_string(elements));
  for (Value& item : items) {
    // A number that stands for missing text (LINDI writes 0 for an empty element) is no text.
    bool text = array.dtype->type_class == TypeClass::kVlenString || array.dtype->type_class == TypeClass::kString;
    if (text && item.As<std::int64_t>() != nullptr) item = Value(std::string());
    RUTTER_ASSIGN(item, ValueFromJson(*array.dtype, std::move(item)));
  }
  return items;
}

}  // namespace rutter
