#include "read/json_values.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace rutter {
namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned kMaxDepth = 64;

/// Parses no deeper than kMaxDepth, so that nothing recurses without a bound afterwards.
std::optional<Json> Parse(std::string_view text) {
  bool too_deep = false;
  Json document = Json::parse(
      text.begin(), text.end(),
      [&](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > static_cast<int>(kMaxDepth);
        return !too_deep;
      },
      /*allow_exceptions=*/false);
  if (document.is_discarded() || too_deep) return std::nullopt;
  return document;
}

std::optional<double> SpecialNumber(const std::string& text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

/// What the JSON says by itself.
Value Plain(const Json& json, unsigned depth) {
  if (depth > kMaxDepth) return Value();
  switch (json.type()) {
    case Json::value_t::boolean: return Value(json.get<bool>());
    case Json::value_t::number_integer: return Value(json.get<std::int64_t>());
    case Json::value_t::number_unsigned: {
      auto number = json.get<std::uint64_t>();
      return number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ? Value(static_cast<std::int64_t>(number)) : Value(number);
    }
    case Json::value_t::number_float: return Value(json.get<double>());
    case Json::value_t::string: return Value(json.get<std::string>());
    case Json::value_t::array: {
      ValueList list;
      list.reserve(json.size());
      for (const Json& item : json) list.push_back(Plain(item, depth + 1));
      return Value(std::move(list));
    }
    case Json::value_t::object: {
      ValueRecord record;
      for (const auto& [name, item] : json.items()) record.emplace_back(name, Plain(item, depth + 1));
      return Value(std::move(record));
    }
    default: return Value();
  }
}

std::string TextAt(const Json& json, const char* name) {
  auto item = json.find(name);
  return item != json.end() && item->is_string() ? item->get<std::string>() : std::string();
}

Shape NumbersAt(const Json& json, const char* name) {
  Shape numbers;
  auto list = json.find(name);
  if (list == json.end() || !list->is_array()) return numbers;
  for (const Json& item : *list) numbers.push_back(item.is_number_unsigned() ? item.get<std::uint64_t>() : 0);
  return numbers;
}

ElementSelection SelectionOf(const Json& json) {
  ElementSelection selection;
  if (json.is_string()) {
    selection.kind = json == "none" ? ElementSelection::Kind::kNone : ElementSelection::Kind::kAll;
  } else if (json.is_object() && json.contains("boxes") && json["boxes"].is_array()) {
    selection.kind = ElementSelection::Kind::kBoxes;
    for (const Json& box : json["boxes"]) {
      if (box.is_object()) selection.boxes.push_back({NumbersAt(box, "start"), NumbersAt(box, "shape")});
    }
  } else if (json.is_object() && json.contains("points") && json["points"].is_array()) {
    selection.kind = ElementSelection::Kind::kPoints;
    for (const Json& point : json["points"]) {
      Shape numbers;
      for (const Json& item : point) numbers.push_back(item.is_number_unsigned() ? item.get<std::uint64_t>() : 0);
      selection.points.push_back(std::move(numbers));
    }
  } else if (json.is_object()) {
    selection.kind = ElementSelection::Kind::kRegular;
    Shape start = NumbersAt(json, "start"), stride = NumbersAt(json, "stride"), count = NumbersAt(json, "count"), block = NumbersAt(json, "block");
    for (std::size_t k = 0; k < start.size() && k < stride.size() && k < count.size() && k < block.size(); ++k) {
      selection.axes.push_back({start[k], stride[k], count[k], block[k]});
    }
  }
  return selection;
}

Value ReferenceOf(const Json& json) {
  Reference reference;
  if (json.is_null()) {
    reference.is_null = true;
    return Value(std::move(reference));
  }
  if (json.is_string()) {
    reference.path = json.get<std::string>();
    reference.is_null = reference.path.empty();
    return Value(std::move(reference));
  }
  if (!json.is_object()) return Plain(json, 0);
  if (auto lindi = json.find("_REFERENCE"); lindi != json.end()) return lindi->is_object() ? ReferenceOf(*lindi) : Plain(json, 0);
  reference.path = TextAt(json, "path");
  reference.file = TextAt(json, "file");
  reference.attribute = TextAt(json, "attribute");
  if (auto address = json.find("address"); address != json.end() && address->is_number_unsigned()) reference.address = address->get<std::uint64_t>();
  if (auto selection = json.find("selection"); selection != json.end()) {
    reference.has_selection = true;
    reference.selection = SelectionOf(*selection);
  }
  return Value(std::move(reference));
}

Value Typed(const Json& json, const Dtype& dtype, unsigned depth);

/// A nested list of `dims`, from dimension `axis` on.
Value TypedList(const Json& json, const Dtype& base, std::span<const std::uint64_t> dims, unsigned depth) {
  if (dims.empty()) return Typed(json, base, depth + 1);
  if (!json.is_array() || depth > kMaxDepth) return Plain(json, depth);
  ValueList list;
  list.reserve(json.size());
  for (const Json& item : json) list.push_back(TypedList(item, base, dims.subspan(1), depth + 1));
  return Value(std::move(list));
}

/// Text that is not UTF-8 was written as {"base64": ...}.
std::optional<std::string> TextOf(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object() && json.size() == 1) {
    if (auto coded = json.find("base64"); coded != json.end() && coded->is_string()) {
      if (auto data = DecodeBase64(coded->get<std::string>())) return *std::move(data);
    }
  }
  return std::nullopt;
}

double NumberOf(const Json& json) {
  if (json.is_string()) return SpecialNumber(json.get<std::string>()).value_or(0);
  return json.is_number() ? json.get<double>() : 0;
}

Value Typed(const Json& json, const Dtype& dtype, unsigned depth) {
  static constexpr std::uint64_t kOneList[] = {0};
  if (depth > kMaxDepth) return Value();
  switch (dtype.type_class) {
    case TypeClass::kObjectReference:
    case TypeClass::kRegionReference:
    case TypeClass::kAttributeReference: return ReferenceOf(json);
    case TypeClass::kInteger:
    case TypeClass::kBitfield:
    case TypeClass::kEnum: {
      bool is_signed = dtype.type_class == TypeClass::kEnum && dtype.base != nullptr ? dtype.base->is_signed : dtype.is_signed;
      if (json.is_number_unsigned()) return is_signed ? Value(json.get<std::int64_t>()) : Value(json.get<std::uint64_t>());
      return Plain(json, depth);
    }
    case TypeClass::kFloat: {
      if (json.is_number()) return Value(json.get<double>());
      if (json.is_string()) {
        if (auto number = SpecialNumber(json.get<std::string>())) return Value(*number);
      }
      return Plain(json, depth);
    }
    case TypeClass::kComplex:
      if (json.is_object() && json.contains("real") && json.contains("imag")) return Value(Complex{NumberOf(json["real"]), NumberOf(json["imag"])});
      if (json.is_array() && json.size() == 2) return Value(Complex{NumberOf(json[0]), NumberOf(json[1])});
      return Plain(json, depth);
    case TypeClass::kOpaque: {
      if (json.is_string()) {
        if (auto data = DecodeBase64(json.get<std::string>())) return Value(Bytes{std::move(*data)});
      }
      return Plain(json, depth);
    }
    case TypeClass::kString:
    case TypeClass::kVlenString: {
      auto text = TextOf(json);
      return text ? Value(std::move(*text)) : Plain(json, depth);
    }
    case TypeClass::kVlenSequence: return dtype.base == nullptr ? Plain(json, depth) : TypedList(json, *dtype.base, kOneList, depth);
    case TypeClass::kArray: return dtype.base == nullptr ? Plain(json, depth) : TypedList(json, *dtype.base, dtype.dims, depth);
    case TypeClass::kCompound: {
      // An object by member names (ours) or a list in member order (LINDI).
      bool by_name = json.is_object();
      if (!by_name && !(json.is_array() && json.size() == dtype.members.size())) return Plain(json, depth);
      ValueRecord record;
      for (std::size_t k = 0; k < dtype.members.size(); ++k) {
        const DtypeMember& member = dtype.members[k];
        auto item = by_name ? json.find(member.name) : json.end();
        if (by_name && item == json.end()) return Plain(json, depth);
        const Json& value = by_name ? *item : json[k];
        record.emplace_back(member.name, member.type == nullptr ? Plain(value, depth + 1) : Typed(value, *member.type, depth + 1));
      }
      return Value(std::move(record));
    }
    default: return Plain(json, depth);
  }
}

void Flatten(const Json& json, std::size_t levels, const Dtype& dtype, std::uint64_t most, ValueList& out) {
  if (levels == 0 || !json.is_array()) {
    if (out.size() <= most) out.push_back(Typed(json, dtype, 0));
    return;
  }
  for (const Json& item : json) Flatten(item, levels - 1, dtype, most, out);
}

}  // namespace

Result<Value> ParseJsonValue(std::string_view text, const Dtype& dtype) {
  auto json = Parse(text);
  if (!json) return Fail(ErrorCode::kCorrupt, "an element is no JSON text");
  return Typed(*json, dtype, 0);
}

Result<ValueList> ParseJson2(std::string_view text, const Dtype& dtype, std::uint64_t num_elements) {
  auto json = Parse(text);
  if (!json || !json->is_array() || json->size() < 2 || !json->back().is_array()) {
    return Fail(ErrorCode::kCorrupt, "json2 data is no JSON list that ends with a type and a shape");
  }
  std::size_t rank = json->back().size();
  if (rank > kMaxDepth) return Fail(ErrorCode::kCorrupt, "json2 data of too many axes");
  ValueList values;
  for (std::size_t i = 0; i + 2 < json->size(); ++i) Flatten((*json)[i], rank == 0 ? 0 : rank - 1, dtype, num_elements, values);
  if (values.size() != num_elements) {
    return Fail(ErrorCode::kCorrupt, "json2 data holds " + std::to_string(values.size()) + " elements, the chunk has " + std::to_string(num_elements));
  }
  return values;
}

}  // namespace rutter
