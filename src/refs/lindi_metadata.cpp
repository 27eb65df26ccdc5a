#include "refs/lindi_metadata.h"

#include "model/value_json.h"

namespace rutter {
namespace {

std::string ObjectId(const Node* node) {
  const Attribute* id = node == nullptr ? nullptr : node->FindAttribute("object_id");
  const auto* text = id == nullptr ? nullptr : id->value.As<std::string>();
  std::string out = "null";
  if (text != nullptr && IsUtf8(*text)) {
    out.clear();
    AppendJsonString(*text, out);
  }
  return out;
}

/// NumPy's long names ("int32", "float64", "object"), as LINDI writes them.
std::string NumpyName(const Dtype& type) {
  std::string bits = std::to_string(type.size_bytes * 8);
  switch (type.type_class) {
    case TypeClass::kInteger: return (type.is_signed ? "int" : "uint") + bits;
    case TypeClass::kBitfield: return "uint" + bits;
    case TypeClass::kFloat: return "float" + bits;
    case TypeClass::kBool: return "bool";
    case TypeClass::kEnum: return type.IsBoolEnum() ? "bool" : type.base == nullptr ? "object" : NumpyName(*type.base);
    case TypeClass::kObjectReference:
    case TypeClass::kRegionReference: return "<REFERENCE>";
    default: return "object";
  }
}

/// A value inside lists; what it may be depends on its neighbours only by kind, which the type already fixes.
bool AppendItem(const Value& value, std::string& out) {
  if (const auto* list = value.As<ValueList>()) {
    out += '[';
    for (std::size_t k = 0; k < list->size(); ++k) {
      if (k != 0) out += ',';
      if (!AppendItem((*list)[k], out)) return false;
    }
    out += ']';
    return true;
  }
  if (const auto* text = value.As<std::string>()) {
    if (!IsUtf8(*text) || *text == "NaN" || *text == "Infinity" || *text == "-Infinity") return false;
    AppendJsonString(*text, out);
    return true;
  }
  if (value.As<bool>() == nullptr && value.As<std::int64_t>() == nullptr && value.As<std::uint64_t>() == nullptr && value.As<double>() == nullptr) return false;
  AppendJson(value, out);
  return true;
}

}  // namespace

LindiReferences::LindiReferences(const Map& map) : map_(map), root_id_(ObjectId(&map.root)) {}

void LindiReferences::Append(const Reference& reference, std::string& out) const {
  if (reference.is_null) {
    out += "null";
    return;
  }
  out += "{\"_REFERENCE\": {\"object_id\": " + ObjectId(map_.Find(reference.path)) + ", \"path\": ";
  AppendJson(Value(reference.path), out);
  out += ", \"source\": \".\", \"source_object_id\": " + root_id_ + "}}";
}

bool LindiReferences::AppendAttribute(const Attribute& attribute, std::string& out) const {
  if (const auto* reference = attribute.value.As<Reference>()) {
    if (reference->is_null || reference->has_selection || reference->path.empty() || !IsUtf8(reference->path)) return false;
    Append(*reference, out);
    return true;
  }
  return AppendItem(attribute.value, out);
}

std::string LindiAnnotations(const Array& array, const ArrayPlan& plan) {
  std::string out = plan.shape.empty() ? "\"_SCALAR\": true" : "";
  const Dtype& type = *array.dtype;
  if (type.type_class != TypeClass::kCompound && type.type_class != TypeClass::kComplex) return out;
  std::string members;
  auto item = [&](const std::string& name, const std::string& type_name) {
    members += members.empty() ? "[" : ", [";
    AppendJson(Value(name), members);
    members += ", \"" + type_name + "\"]";
  };
  if (type.type_class == TypeClass::kComplex) {
    std::string part = NumpyName(*type.base);
    item(type.complex_names[0].empty() ? "r" : type.complex_names[0], part);
    item(type.complex_names[1].empty() ? "i" : type.complex_names[1], part);
  } else {
    for (const DtypeMember& member : type.members) item(member.name, NumpyName(*member.type));
  }
  return out + (out.empty() ? "" : ", ") + "\"_COMPOUND_DTYPE\": [" + members + "]";
}

}  // namespace rutter
