#include "refs/value_from_json.h"

#include <limits>
#include <utility>

#include "base/checked.h"
#include "model/value_json.h"
#include "refs/json_value.h"

namespace rutter {
namespace {

tl::unexpected<Error> Mismatch(const Dtype& dtype) { return Fail(ErrorCode::kCorrupt, "a value's JSON does not fit its type, " + DtypeTitle(dtype)); }

Result<Value> IntegerFromJson(const Dtype& dtype, const Value& json) {
  if (const auto* number = json.As<std::int64_t>()) {
    if (dtype.is_signed) return Value(*number);
    return Value(static_cast<std::uint64_t>(*number));
  }
  if (const auto* number = json.As<std::uint64_t>()) {
    if (dtype.is_signed) return Value(static_cast<std::int64_t>(*number));
    return Value(*number);
  }
  if (const auto* number = json.As<double>(); number != nullptr && *number >= -9e15 && *number <= 9e15) {
    if (dtype.is_signed) return Value(static_cast<std::int64_t>(*number));
    return Value(static_cast<std::uint64_t>(static_cast<std::int64_t>(*number)));
  }
  if (const auto* flag = json.As<bool>()) return dtype.is_signed ? Value(std::int64_t{*flag}) : Value(std::uint64_t{*flag});
  return Mismatch(dtype);
}

Result<ElementSelection> SelectionFromJson(const Value& json) {
  ElementSelection selection;
  if (const auto* text = json.As<std::string>()) {
    selection.kind = *text == "none" ? ElementSelection::Kind::kNone : ElementSelection::Kind::kAll;
    return selection;
  }
  if (const Value* boxes = JsonMember(json, "boxes")) {
    selection.kind = ElementSelection::Kind::kBoxes;
    const auto* list = boxes->As<ValueList>();
    if (list == nullptr) return Fail(ErrorCode::kCorrupt, "a selection's boxes are no list");
    for (const Value& item : *list) {
      Box box;
      RUTTER_ASSIGN(box.start, JsonShape(JsonMember(item, "start"), "start"));
      RUTTER_ASSIGN(box.shape, JsonShape(JsonMember(item, "shape"), "shape"));
      if (box.start.size() != box.shape.size()) return Fail(ErrorCode::kCorrupt, "a selection's box has two ranks");
      selection.boxes.push_back(std::move(box));
    }
    return selection;
  }
  if (const Value* points = JsonMember(json, "points")) {
    selection.kind = ElementSelection::Kind::kPoints;
    const auto* list = points->As<ValueList>();
    if (list == nullptr) return Fail(ErrorCode::kCorrupt, "a selection's points are no list");
    for (const Value& item : *list) {
      RUTTER_ASSIGN(auto point, JsonShape(&item, "point"));
      selection.points.push_back(std::move(point));
    }
    return selection;
  }
  selection.kind = ElementSelection::Kind::kRegular;
  RUTTER_ASSIGN(auto start, JsonShape(JsonMember(json, "start"), "start"));
  RUTTER_ASSIGN(auto stride, JsonShape(JsonMember(json, "stride"), "stride"));
  RUTTER_ASSIGN(auto count, JsonShape(JsonMember(json, "count"), "count"));
  RUTTER_ASSIGN(auto block, JsonShape(JsonMember(json, "block"), "block"));
  if (stride.size() != start.size() || count.size() != start.size() || block.size() != start.size()) {
    return Fail(ErrorCode::kCorrupt, "a selection's parts have several ranks");
  }
  for (std::size_t k = 0; k < start.size(); ++k) selection.axes.push_back({start[k], stride[k], count[k], block[k]});
  return selection;
}

Result<Value> ReferenceFromJson(const Dtype& dtype, const Value& json) {
  Reference reference;
  if (json.IsNull()) {
    reference.is_null = true;
    return Value(std::move(reference));
  }
  if (IsLindiReference(json)) return LindiReferenceFromJson(json);
  if (const auto* path = json.As<std::string>()) {
    reference.path = *path;
    return Value(std::move(reference));
  }
  if (json.As<ValueRecord>() == nullptr) return Mismatch(dtype);
  auto text = [&](const char* name, std::string& out) -> Status {
    const Value* member = JsonMember(json, name);
    if (member == nullptr || member->IsNull()) return {};
    if (const auto* plain = member->As<std::string>()) {
      out = *plain;
      return {};
    }
    const auto* base64 = JsonText(*member, "base64");
    if (base64 == nullptr) return Fail(ErrorCode::kCorrupt, std::string("a reference's \"") + name + "\" is no text");
    RUTTER_ASSIGN(out, DecodeBase64(*base64));
    return {};
  };
  RUTTER_TRY(text("path", reference.path));
  RUTTER_TRY(text("file", reference.file));
  RUTTER_TRY(text("attribute", reference.attribute));
  if (const Value* address = JsonMember(json, "address")) reference.address = JsonUnsigned(*address).value_or(0);
  if (const Value* selection = JsonMember(json, "selection")) {
    reference.has_selection = true;
    RUTTER_ASSIGN(reference.selection, SelectionFromJson(*selection));
  }
  return Value(std::move(reference));
}

}  // namespace

bool IsLindiReference(const Value& json) {
  const auto* record = json.As<ValueRecord>();
  return record != nullptr && record->size() == 1 && record->front().first == "_REFERENCE";
}

Value LindiReferenceFromJson(const Value& json) {
  Reference reference;
  const Value& body = json.As<ValueRecord>()->front().second;
  if (const auto* path = JsonText(body, "path")) reference.path = *path;
  if (const auto* source = JsonText(body, "source"); source != nullptr && *source != ".") reference.file = *source;
  reference.is_null = reference.path.empty();
  return Value(std::move(reference));
}

// Recursion follows the type, whose depth the JSON reader bounded.
Result<Value> ValueFromJson(const Dtype& dtype, Value json) {
  switch (dtype.type_class) {
    case TypeClass::kEnum:
      if (dtype.IsBoolEnum() && json.As<bool>() != nullptr) return json;
      if (dtype.base == nullptr) return Mismatch(dtype);
      return ValueFromJson(*dtype.base, std::move(json));
    case TypeClass::kBool:
      if (const auto* number = json.As<std::int64_t>()) return Value(*number != 0);
      if (json.As<bool>() == nullptr) return Mismatch(dtype);
      return json;
    case TypeClass::kInteger:
    case TypeClass::kBitfield:
      if (dtype.size_bytes <= 8) return IntegerFromJson(dtype, json);
      [[fallthrough]];
    case TypeClass::kOpaque: {
      const auto* text = json.As<std::string>();
      if (text == nullptr) return Mismatch(dtype);
      RUTTER_ASSIGN(auto bytes, DecodeBase64(*text));
      return Value(Bytes{std::move(bytes)});
    }
    case TypeClass::kFloat: {
      auto number = JsonNumber(json);
      if (!number) return Mismatch(dtype);
      return Value(*number);
    }
    case TypeClass::kComplex: {
      const Value *real = JsonMember(json, "real"), *imag = JsonMember(json, "imag");
      if (const auto* pair = json.As<ValueList>(); pair != nullptr && pair->size() == 2) {
        real = &(*pair)[0];
        imag = &(*pair)[1];
      }
      auto a = real == nullptr ? std::nullopt : JsonNumber(*real), b = imag == nullptr ? std::nullopt : JsonNumber(*imag);
      if (!a || !b) return Mismatch(dtype);
      return Value(Complex{*a, *b});
    }
    case TypeClass::kString:
    case TypeClass::kVlenString: {
      if (json.As<std::string>() != nullptr) return json;
      if (json.IsNull()) return Value(std::string());
      const auto* base64 = JsonText(json, "base64");
      if (base64 == nullptr) return Mismatch(dtype);
      RUTTER_ASSIGN(auto bytes, DecodeBase64(*base64));
      return Value(std::move(bytes));
    }
    case TypeClass::kVlenSequence: {
      auto* list = json.As<ValueList>();
      if (list == nullptr || dtype.base == nullptr) return Mismatch(dtype);
      for (Value& item : *list) {
        RUTTER_ASSIGN(item, ValueFromJson(*dtype.base, std::move(item)));
      }
      return json;
    }
    case TypeClass::kArray:
      if (dtype.base == nullptr) return Mismatch(dtype);
      return ValuesFromJson(*dtype.base, dtype.dims, std::move(json));
    case TypeClass::kCompound: {
      ValueRecord record;
      record.reserve(dtype.members.size());
      auto* row = json.As<ValueList>();
      auto* object = json.As<ValueRecord>();
      if (row != nullptr ? row->size() != dtype.members.size() : object == nullptr || object->size() != dtype.members.size()) return Mismatch(dtype);
      for (std::size_t k = 0; k < dtype.members.size(); ++k) {
        const DtypeMember& member = dtype.members[k];
        // Both forms keep the order of the members.
        RUTTER_ASSIGN(auto value, ValueFromJson(*member.type, std::move(row != nullptr ? (*row)[k] : (*object)[k].second)));
        record.emplace_back(member.name, std::move(value));
      }
      return Value(std::move(record));
    }
    case TypeClass::kObjectReference:
    case TypeClass::kRegionReference:
    case TypeClass::kAttributeReference: return ReferenceFromJson(dtype, json);
    case TypeClass::kTime: break;
  }
  return Mismatch(dtype);
}

namespace {

Status FillLevel(const Dtype& dtype, const Shape& shape, std::size_t axis, Value& json) {
  if (axis == shape.size()) {
    RUTTER_ASSIGN(json, ValueFromJson(dtype, std::move(json)));
    return {};
  }
  auto* list = json.As<ValueList>();
  if (list == nullptr || list->size() != shape[axis]) return Fail(ErrorCode::kCorrupt, "a value's lists do not have the lengths of its shape");
  for (Value& item : *list) RUTTER_TRY(FillLevel(dtype, shape, axis + 1, item));
  return {};
}

}  // namespace

Result<Value> ValuesFromJson(const Dtype& dtype, const Shape& shape, Value json) {
  // Where a length is 0, JSON does not show the axes behind it.
  for (std::uint64_t n : shape) {
    if (n == 0 && json.As<ValueList>() != nullptr) return json;
  }
  RUTTER_TRY(FillLevel(dtype, shape, 0, json));
  return json;
}

namespace {

enum class Leaf : std::uint8_t { kNone, kBool, kInteger, kLargeInteger, kFloat, kText, kReference, kOther };

Leaf LeafOf(const Value& value) {
  if (value.As<bool>() != nullptr) return Leaf::kBool;
  if (value.As<std::int64_t>() != nullptr) return Leaf::kInteger;
  if (value.As<std::uint64_t>() != nullptr) return Leaf::kLargeInteger;
  if (value.As<double>() != nullptr) return Leaf::kFloat;
  if (value.As<std::string>() != nullptr) return Leaf::kText;
  return IsLindiReference(value) ? Leaf::kReference : Leaf::kOther;
}

/// One kind for all leaves: numbers widen to floats, anything else must agree.
Leaf Merge(Leaf a, Leaf b) {
  if (a == Leaf::kNone || a == b) return b;
  auto number = [](Leaf leaf) { return leaf == Leaf::kInteger || leaf == Leaf::kLargeInteger || leaf == Leaf::kFloat; };
  if (number(a) && number(b)) return Leaf::kFloat;
  return Leaf::kOther;
}

/// The shape of rectangular nested lists, and the kind of their leaves; kOther where they are not rectangular.
void Survey(const Value& value, std::size_t axis, Shape& shape, bool& first, Leaf& leaf) {
  const auto* list = value.As<ValueList>();
  if (list == nullptr) {
    leaf = axis == shape.size() ? Merge(leaf, LeafOf(value)) : Leaf::kOther;
    first = false;
    return;
  }
  if (first && axis == shape.size()) shape.push_back(list->size());
  if (axis >= shape.size() || shape[axis] != list->size()) {
    leaf = Leaf::kOther;
    return;
  }
  for (const Value& item : *list) {
    Survey(item, axis + 1, shape, first, leaf);
    if (leaf == Leaf::kOther) return;
  }
  if (list->empty()) first = false;
}

}  // namespace

bool IsPlainAttributeType(const Dtype& dtype) {
  switch (dtype.type_class) {
    case TypeClass::kVlenString: return dtype.charset == CharSet::kUtf8;
    case TypeClass::kBool: return true;
    case TypeClass::kInteger: return dtype.is_signed && dtype.size_bytes == 8 && dtype.order == ByteOrder::kLittle && dtype.IsMachine();
    case TypeClass::kFloat: return dtype.size_bytes == 8 && dtype.order == ByteOrder::kLittle && dtype.IsMachine();
    default: return false;
  }
}

Attribute AttributeFromJson(std::string name, Value json) {
  Attribute attribute;
  attribute.name = std::move(name);
  Leaf leaf = Leaf::kNone;
  bool first = true;
  if (json.IsNull()) {
    attribute.dtype = MakeFloat(8);
    attribute.is_null = true;
    return attribute;
  }
  Survey(json, 0, attribute.shape, first, leaf);
  switch (leaf) {
    case Leaf::kBool: attribute.dtype = MakeBool(); break;
    case Leaf::kInteger: attribute.dtype = MakeInteger(8, true); break;
    case Leaf::kLargeInteger: attribute.dtype = MakeInteger(8, false); break;
    case Leaf::kNone:  // an empty list
    case Leaf::kFloat: attribute.dtype = MakeFloat(8); break;
    case Leaf::kText: attribute.dtype = MakeVlenString(CharSet::kUtf8); break;
    case Leaf::kReference: {
      auto dtype = std::make_shared<Dtype>();
      dtype->type_class = TypeClass::kObjectReference;
      dtype->size_bytes = 8;
      attribute.dtype = std::move(dtype);
      break;
    }
    case Leaf::kOther: break;
  }
  if (attribute.dtype != nullptr) {
    auto value = ValuesFromJson(*attribute.dtype, attribute.shape, json);
    if (value) {
      attribute.value = *std::move(value);
      return attribute;
    }
  }
  std::string text;
  AppendJson(json, text);
  attribute.dtype = MakeVlenString(CharSet::kUtf8);
  attribute.shape.clear();
  attribute.value = Value(std::move(text));
  return attribute;
}

}  // namespace rutter
