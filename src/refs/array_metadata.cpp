#include "refs/array_metadata.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "model/value_json.h"

namespace rutter {
namespace {

/// True where a number is one of the type: clients refuse the whole array, and xarray its whole group, for another fill value.
bool Fits(const Value& value, const Dtype& type) {
  if (type.type_class != TypeClass::kInteger && type.type_class != TypeClass::kBitfield) return true;
  const auto bits = std::clamp<std::uint64_t>(type.size_bytes * 8, 8, 64);
  const bool is_signed = type.type_class == TypeClass::kInteger && type.is_signed;
  if (const auto* large = value.As<std::uint64_t>()) return *large <= ~0ull >> (64 - bits + (is_signed ? 1 : 0));
  const auto* number = value.As<std::int64_t>();
  if (number == nullptr) return false;
  if (!is_signed) return *number >= 0 && static_cast<std::uint64_t>(*number) <= ~0ull >> (64 - bits);
  return *number >= INT64_MIN >> (64 - bits) && *number <= INT64_MAX >> (64 - bits);
}

bool IsBig(const Dtype& type) { return type.order == ByteOrder::kBig || (type.base != nullptr && type.base->order == ByteOrder::kBig); }

}  // namespace

void AppendShapeJson(const Shape& shape, std::string& out) {
  out += '[';
  std::array<char, 20> text;
  for (std::size_t k = 0; k < shape.size(); ++k) {
    if (k != 0) out += ',';
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), shape[k]).ptr);
  }
  out += ']';
}

std::string FillOf(const Node& owner, const ArrayPlan& plan, bool& taken) {
  taken = false;
  const Attribute* fill = owner.FindAttribute("_FillValue");
  if (fill == nullptr || fill->failure || fill->dtype == nullptr || !fill->dtype->IsNumeric() || plan.element == nullptr ||
      fill->dtype->type_class != plan.element->type_class || !plan.object_codec.empty()) {
    return plan.fill_value;
  }
  const Value* value = &fill->value;
  if (const auto* list = value->As<ValueList>()) {
    if (list->size() != 1) return plan.fill_value;
    value = &list->front();
  }
  if (!Fits(*value, *plan.element)) return plan.fill_value;
  std::string out;
  AppendJson(*value, out);
  taken = plan.complete || out == plan.fill_value;
  return taken ? out : plan.fill_value;
}

void AppendZarr2Metadata(const ArrayPlan& plan, const std::string& fill_value, bool scalar_as_vector, std::string& out) {
  static const Shape kOne{1};
  bool vector = scalar_as_vector && plan.shape.empty();
  out += "{\"zarr_format\":2,\"shape\":";
  AppendShapeJson(vector ? kOne : plan.shape, out);
  out += ",\"chunks\":";
  AppendShapeJson(vector ? kOne : plan.chunk_shape, out);
  out.append(",\"dtype\":").append(plan.dtype).append(",\"fill_value\":").append(fill_value);
  out.append(",\"order\":\"").append(plan.column_major ? "F" : "C").append("\",\"filters\":").append(plan.codecs.filters);
  out.append(",\"compressor\":").append(plan.codecs.compressor) += '}';
}

std::string Zarr3Metadata(const ArrayPlan& plan, const std::string& names, const std::string& attributes) {
  std::string out = "{\"zarr_format\":3,\"node_type\":\"array\",\"shape\":";
  AppendShapeJson(plan.shape, out);
  out += ",\"data_type\":" + (plan.object_codec.empty() ? Zarr3DataType(*plan.element) : "\"string\"") +
         ",\"chunk_grid\":{\"name\":\"regular\",\"configuration\":{\"chunk_shape\":";
  AppendShapeJson(plan.chunk_shape, out);
  out += "}},\"chunk_key_encoding\":{\"name\":\"default\",\"configuration\":{\"separator\":\"/\"}},\"fill_value\":" + plan.fill_value_v3 + ",\"codecs\":[";
  if (plan.column_major) {
    out += "{\"name\":\"transpose\",\"configuration\":{\"order\":[";
    for (std::size_t k = plan.shape.size(); k-- > 0;) out += std::to_string(k) + (k == 0 ? "" : ",");
    out += "]}},";
  }
  if (!plan.object_codec.empty()) {
    out += "{\"name\":\"vlen-utf8\",\"configuration\":{}}";
  } else if (plan.element->size_bytes == 1) {
    out += "{\"name\":\"bytes\"}";
  } else {
    out += std::string("{\"name\":\"bytes\",\"configuration\":{\"endian\":\"") + (IsBig(*plan.element) ? "big" : "little") + "\"}}";
  }
  return out + plan.codecs.v3 + "],\"dimension_names\":[" + names + "],\"attributes\":{" + attributes + "}}";
}

std::string Zarr3DataType(const Dtype& type) {
  std::string bits = std::to_string(type.size_bytes * 8), length = ",\"configuration\":{\"length_bytes\":" + std::to_string(type.size_bytes) + "}}";
  switch (type.type_class) {
    case TypeClass::kInteger: return !type.IsMachine() ? "" : (type.is_signed ? "\"int" : "\"uint") + bits + "\"";
    case TypeClass::kBitfield: return NumpyDescr(type).find('u') == std::string::npos ? "" : "\"uint" + bits + "\"";
    case TypeClass::kFloat: return !type.IsMachine() ? "" : "\"float" + bits + "\"";
    case TypeClass::kComplex: return NumpyDescr(type).find('c') == 1 ? "\"complex" + bits + "\"" : "";
    case TypeClass::kBool: return "\"bool\"";
    case TypeClass::kEnum:
      if (type.IsBoolEnum()) return "\"bool\"";
      return type.base == nullptr ? "" : Zarr3DataType(*type.base);
    case TypeClass::kString:
      if (type.size_bytes == 0) return "";
      return (type.charset == CharSet::kUtf32 ? "{\"name\":\"fixed_length_utf32\"" : "{\"name\":\"null_terminated_bytes\"") + length;
    case TypeClass::kOpaque: return type.size_bytes == 0 ? "" : "{\"name\":\"raw_bytes\"" + length;
    default: return "";
  }
}

}  // namespace rutter
