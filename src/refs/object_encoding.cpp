#include "refs/object_encoding.h"

#include <algorithm>
#include <utility>

#include "model/element.h"
#include "model/value_json.h"

namespace rutter {
namespace {

void AppendU32(std::size_t value, std::string& out) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

bool IsText(const Value& value) {
  const std::string* text = value.As<std::string>();
  return text != nullptr && IsUtf8(*text);
}

/// One element of LINDI's JSON rows: references by its own form, compounds as lists of their members.
void AppendLindi(const Value& value, const LindiReferences& references, std::string& out) {
  if (const auto* reference = value.As<Reference>()) {
    references.Append(*reference, out);
  } else if (const auto* record = value.As<ValueRecord>()) {
    out += '[';
    for (std::size_t k = 0; k < record->size(); ++k) {
      if (k != 0) out += ", ";
      AppendLindi((*record)[k].second, references, out);
    }
    out += ']';
  } else if (const auto* list = value.As<ValueList>()) {
    out += '[';
    for (std::size_t k = 0; k < list->size(); ++k) {
      if (k != 0) out += ", ";
      AppendLindi((*list)[k], references, out);
    }
    out += ']';
  } else if (const auto* complex = value.As<Complex>()) {
    out += '[';
    AppendJsonNumber(complex->real, out);
    out += ", ";
    AppendJsonNumber(complex->imag, out);
    out += ']';
  } else {
    AppendJson(value, out);
  }
}

EncodedObjects EncodeJson2(const Shape& shape, ValueList values, const LindiReferences& references) {
  // numcodecs' JSON codec: the nested list's items, then the dtype and the shape.
  EncodedObjects objects{"json2",
                         "{\"id\":\"json2\",\"encoding\":\"utf-8\",\"strict\":true,\"skipkeys\":false,\"ensure_ascii\":true,\"check_circular\":true,"
                         "\"allow_nan\":true,\"sort_keys\":true,\"indent\":null,\"separators\":[\",\",\":\"]}",
                         "["};
  Value nested = NestValues(std::move(values), shape.empty() ? Shape{1} : shape);
  if (const auto* list = nested.As<ValueList>()) {
    for (const Value& item : *list) {
      AppendLindi(item, references, objects.chunk);
      objects.chunk += ',';
    }
  }
  objects.chunk += "\"|O\",[";
  if (shape.empty()) objects.chunk += "1";
  for (std::size_t k = 0; k < shape.size(); ++k) objects.chunk += (k == 0 ? "" : ",") + std::to_string(shape[k]);
  objects.chunk += "]]";
  return objects;
}

}  // namespace

Result<EncodedObjects> EncodeObjects(const Dtype& dtype, const Shape& shape, ValueList values, const LindiReferences* lindi) {
  bool text = std::all_of(values.begin(), values.end(), IsText) && (!values.empty() || dtype.type_class == TypeClass::kVlenString);
  if (lindi != nullptr) return EncodeJson2(shape, std::move(values), *lindi);
  EncodedObjects objects{text ? "vlen-utf8" : "rutter-json", "{\"id\":\"vlen-utf8\"}", {}};
  AppendU32(values.size(), objects.chunk);
  std::string json;
  for (const Value& value : values) {
    const std::string* item = value.As<std::string>();
    const Reference* reference = value.As<Reference>();
    if (!text) {
      json.clear();
      if (reference != nullptr && !reference->has_selection && reference->attribute.empty() && reference->file.empty() && !reference->path.empty() &&
          IsUtf8(reference->path)) {
        json = reference->path;
      } else {
        AppendJson(value, json);
      }
      item = &json;
    }
    if (item->size() > 0xFFFFFFFFull) return Fail(ErrorCode::kLimit, "a text of 4 GiB cannot be inlined");
    AppendU32(item->size(), objects.chunk);
    objects.chunk += *item;
  }
  return objects;
}

}  // namespace rutter
