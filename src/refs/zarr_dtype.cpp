#include "refs/zarr_dtype.h"

#include <memory>
#include <string>
#include <utility>

#include "base/checked.h"
#include "base/text.h"
#include "refs/json_value.h"

namespace rutter {
namespace {

/// Elements larger than this are no elements.
constexpr std::uint64_t kMaxElementBytes = 1ull << 40;

tl::unexpected<Error> NoType(std::string_view text) { return Fail(ErrorCode::kCorrupt, "\"" + std::string(text) + "\" is no element type"); }

std::shared_ptr<Dtype> New(TypeClass type_class, std::uint64_t size_bytes) {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = type_class;
  dtype->size_bytes = size_bytes;
  return dtype;
}

Result<DtypePtr> Opaque(std::uint64_t size_bytes) {
  if (size_bytes > kMaxElementBytes) return Fail(ErrorCode::kCorrupt, "an element of " + std::to_string(size_bytes) + " bytes");
  return New(TypeClass::kOpaque, size_bytes);
}

Result<DtypePtr> ArrayOf(DtypePtr base, std::vector<std::uint64_t> dims) {
  auto count = CheckedProduct(dims);
  auto size = count ? CheckedMul(*count, base->size_bytes) : std::nullopt;
  if (!size || *size > kMaxElementBytes) return Fail(ErrorCode::kCorrupt, "an array type is too large");
  auto dtype = New(TypeClass::kArray, *size);
  dtype->order = base->order;
  dtype->dims = std::move(dims);
  dtype->base = std::move(base);
  return dtype;
}

/// A compound of members packed one behind the other.
class PackedCompound {
 public:
  Status Add(std::string name, DtypePtr type) {
    auto end = CheckedAdd(dtype_->size_bytes, type->size_bytes);
    if (!end || *end > kMaxElementBytes) return Fail(ErrorCode::kCorrupt, "a structured type is too large");
    // NumPy writes the gaps of aligned structures as unnamed or "__pad" bytes.
    bool gap = type->type_class == TypeClass::kOpaque && (name.empty() || name.starts_with("__pad"));
    if (!gap) dtype_->members.push_back({std::move(name), dtype_->size_bytes, std::move(type), 0});
    dtype_->size_bytes = *end;
    return {};
  }
  DtypePtr Take() { return std::move(dtype_); }

 private:
  std::shared_ptr<Dtype> dtype_ = New(TypeClass::kCompound, 0);
};

Result<DtypePtr> Simple(const std::string& text) {
  if (text.size() < 2) return NoType(text);
  std::string_view rest = text;
  ByteOrder order = ByteOrder::kLittle;
  if (rest[0] == '<' || rest[0] == '>' || rest[0] == '|' || rest[0] == '=') {
    if (rest[0] == '>') order = ByteOrder::kBig;
    rest.remove_prefix(1);
  }
  char kind = rest.empty() ? '\0' : rest[0];
  rest.remove_prefix(rest.empty() ? 0 : 1);
  if (kind == 'O') return DtypePtr();
  if (kind == 'M' || kind == 'm') return MakeInteger(8, true, order);
  auto size = ParseUnsigned(rest);
  if (!size || *size > kMaxElementBytes) return NoType(text);
  bool machine = *size == 1 || *size == 2 || *size == 4 || *size == 8;
  switch (kind) {
    case 'i':
    case 'u': return machine ? Result<DtypePtr>(MakeInteger(*size, kind == 'i', order)) : NoType(text);
    case 'f':
      if (*size == 16) return Fail(ErrorCode::kUnsupported, "NumPy's " + text + " is another type on every machine");
      return machine && *size != 1 ? Result<DtypePtr>(MakeFloat(*size, order)) : NoType(text);
    case 'c': return *size == 8 || *size == 16 ? Result<DtypePtr>(MakeComplex(*size, order)) : NoType(text);
    case 'b': return *size == 1 ? Result<DtypePtr>(MakeBool()) : NoType(text);
    case 'S':
    case 'a': return MakeFixedString(*size, CharSet::kAscii);
    case 'V': return Opaque(*size);
    case 'U': {
      auto dtype = std::make_shared<Dtype>(*MakeFixedString(*size * 4, CharSet::kUtf32));
      dtype->order = order;
      return dtype;
    }
    default: return NoType(text);
  }
}

}  // namespace

// Recursion follows the JSON, whose depth the reader bounded.
Result<DtypePtr> DtypeFromNumpy(const Value& value) {
  if (const auto* text = value.As<std::string>()) return Simple(*text);
  const auto* list = value.As<ValueList>();
  if (list == nullptr || list->empty()) return Fail(ErrorCode::kCorrupt, "\"dtype\" is neither text nor a list");
  PackedCompound compound;
  for (const Value& item : *list) {
    const auto* field = item.As<ValueList>();
    if (field == nullptr || field->size() < 2 || field->size() > 3) return Fail(ErrorCode::kCorrupt, "a member of a structured type is not [name, type]");
    const std::string* name = (*field)[0].As<std::string>();
    if (const auto* titled = (*field)[0].As<ValueList>(); titled != nullptr && titled->size() == 2) name = (*titled)[1].As<std::string>();
    if (name == nullptr) return Fail(ErrorCode::kCorrupt, "a member of a structured type has no name");
    RUTTER_ASSIGN(DtypePtr type, DtypeFromNumpy((*field)[1]));
    if (type == nullptr) return Fail(ErrorCode::kUnsupported, "Python objects inside a structured type");
    if (field->size() == 3) {
      std::vector<std::uint64_t> dims;
      if (auto one = JsonUnsigned((*field)[2])) {
        dims = {*one};
      } else {
        RUTTER_ASSIGN(dims, JsonShape(&(*field)[2], "shape of a member"));
      }
      if (!dims.empty()) {
        RUTTER_ASSIGN(type, ArrayOf(type, std::move(dims)));
      }
    }
    RUTTER_TRY(compound.Add(*name, std::move(type)));
  }
  return compound.Take();
}

Result<DtypePtr> DtypeFromZarr3(const Value& value) {
  const std::string* name = value.As<std::string>();
  Value none;
  const Value* configuration = &none;
  if (name == nullptr) {
    name = JsonText(value, "name");
    if (const Value* member = JsonMember(value, "configuration")) configuration = member;
  }
  if (name == nullptr) return Fail(ErrorCode::kCorrupt, "\"data_type\" has no name");
  auto length = [&]() -> Result<std::uint64_t> {
    const Value* member = JsonMember(*configuration, "length_bytes");
    auto bytes = member == nullptr ? std::nullopt : JsonUnsigned(*member);
    if (!bytes || *bytes > kMaxElementBytes) return Fail(ErrorCode::kCorrupt, "data type " + *name + " without its length");
    return *bytes;
  };
  static constexpr struct {
    const char* name;
    const char* numpy;
  } kNames[] = {{"bool", "|b1"},     {"int8", "|i1"},    {"int16", "<i2"},   {"int32", "<i4"},     {"int64", "<i8"},      {"uint8", "|u1"},           {"uint16", "<u2"},
                {"uint32", "<u4"},   {"uint64", "<u8"},  {"float16", "<f2"}, {"float32", "<f4"},   {"float64", "<f8"},    {"complex64", "<c8"},       {"complex128", "<c16"},
                {"complex_float32", "<c8"}, {"complex_float64", "<c16"}, {"numpy.datetime64", "<i8"}, {"numpy.timedelta64", "<i8"}};
  for (const auto& row : kNames) {
    if (*name == row.name) return Simple(row.numpy);
  }
  if (*name == "string") return MakeVlenString(CharSet::kUtf8);
  if (*name == "bytes" || *name == "variable_length_bytes") return MakeVlenString(CharSet::kAscii);
  if (*name == "null_terminated_bytes") {
    RUTTER_ASSIGN(auto bytes, length());
    return MakeFixedString(bytes, CharSet::kAscii);
  }
  if (*name == "fixed_length_utf32") {
    RUTTER_ASSIGN(auto bytes, length());
    return MakeFixedString(bytes / 4 * 4, CharSet::kUtf32);
  }
  if (*name == "raw_bytes") {
    RUTTER_ASSIGN(auto bytes, length());
    return Opaque(bytes);
  }
  if (name->starts_with("r")) {
    if (auto bits = ParseUnsigned(std::string_view(*name).substr(1)); bits && *bits % 8 == 0) return Opaque(*bits / 8);
  }
  if (*name == "structured" || *name == "struct") {
    const Value* fields = JsonMember(*configuration, "fields");
    const auto* list = fields == nullptr ? nullptr : fields->As<ValueList>();
    if (list == nullptr || list->empty()) return Fail(ErrorCode::kCorrupt, "a structured type without fields");
    PackedCompound compound;
    for (const Value& item : *list) {
      // [name, type], or {"name", "data_type"}.
      const auto* pair = item.As<ValueList>();
      const std::string* field_name = pair != nullptr && pair->size() == 2 ? (*pair)[0].As<std::string>() : JsonText(item, "name");
      const Value* field_type = pair != nullptr && pair->size() == 2 ? &(*pair)[1] : JsonMember(item, "data_type");
      if (field_name == nullptr || field_type == nullptr) return Fail(ErrorCode::kCorrupt, "a field of a structured type is not [name, type]");
      RUTTER_ASSIGN(DtypePtr type, DtypeFromZarr3(*field_type));
      if (!type->IsFixed()) return Fail(ErrorCode::kUnsupported, "variable-length data inside a structured type");
      RUTTER_TRY(compound.Add(*field_name, std::move(type)));
    }
    return compound.Take();
  }
  return Fail(ErrorCode::kUnsupported, "the Zarr data type " + *name);
}

namespace {

Result<std::string> NameOf(const Value* value, const char* what) {
  if (value != nullptr) {
    if (const auto* text = value->As<std::string>()) return *text;
    if (const auto* base64 = JsonText(*value, "base64")) return DecodeBase64(*base64);
  }
  return Fail(ErrorCode::kCorrupt, std::string("an element type without its ") + what);
}

Result<std::uint64_t> NumberOf(const Value& value, const char* name, std::uint64_t limit) {
  const Value* member = JsonMember(value, name);
  auto number = member == nullptr ? std::nullopt : JsonUnsigned(*member);
  if (!number || *number > limit) return Fail(ErrorCode::kCorrupt, std::string("an element type's \"") + name + "\" is missing or too large");
  return *number;
}

/// What a value of variable length takes in its record.
Result<std::uint64_t> SlotBytesOf(const Value& value) {
  if (JsonMember(value, "slot_bytes") == nullptr) return 16;
  return NumberOf(value, "slot_bytes", 64);
}

Result<DtypePtr> BaseOf(const Value& value) {
  const Value* base = JsonMember(value, "base");
  if (base == nullptr) return Fail(ErrorCode::kCorrupt, "an element type without its base");
  return DtypeFromJson(*base);
}

/// Integers, floats and bitfields of odd layouts.
Result<DtypePtr> UnusualNumber(const Value& value, TypeClass type_class) {
  RUTTER_ASSIGN(auto size, NumberOf(value, "size", 1 << 20));
  auto dtype = New(type_class, size);
  if (const auto* order = JsonText(value, "order")) dtype->order = *order == "vax" ? ByteOrder::kVax : *order == "big" ? ByteOrder::kBig : ByteOrder::kLittle;
  if (const Value* is_signed = JsonMember(value, "signed"); is_signed != nullptr && is_signed->As<bool>() != nullptr) dtype->is_signed = *is_signed->As<bool>();
  RUTTER_ASSIGN(auto bit_offset, NumberOf(value, "bit_offset", size * 8));
  RUTTER_ASSIGN(auto precision, NumberOf(value, "precision", size * 8));
  if (bit_offset + precision > size * 8) return Fail(ErrorCode::kCorrupt, "an element type's bits lie outside it");
  dtype->bit_offset = static_cast<std::uint32_t>(bit_offset);
  dtype->precision = static_cast<std::uint32_t>(precision);
  if (type_class != TypeClass::kFloat) return dtype;
  FloatLayout& layout = dtype->float_layout;
  RUTTER_ASSIGN(auto sign_bit, NumberOf(value, "sign_bit", size * 8));
  RUTTER_ASSIGN(auto exponent, JsonShape(JsonMember(value, "exponent"), "exponent"));
  RUTTER_ASSIGN(auto mantissa, JsonShape(JsonMember(value, "mantissa"), "mantissa"));
  RUTTER_ASSIGN(auto normalization, NumberOf(value, "normalization", 2));
  std::uint64_t bits = size * 8;
  if (exponent.size() != 3 || mantissa.size() != 2 || !RangeInside(exponent[0], exponent[1], bits) || !RangeInside(mantissa[0], mantissa[1], bits) || sign_bit >= bits) {
    return Fail(ErrorCode::kCorrupt, "a float type's bits lie outside it");
  }
  layout.sign_bit = static_cast<std::uint32_t>(sign_bit);
  layout.exponent_bit = static_cast<std::uint32_t>(exponent[0]);
  layout.exponent_bits = static_cast<std::uint32_t>(exponent[1]);
  layout.exponent_bias = exponent[2];
  layout.mantissa_bit = static_cast<std::uint32_t>(mantissa[0]);
  layout.mantissa_bits = static_cast<std::uint32_t>(mantissa[1]);
  layout.normalization = static_cast<FloatLayout::Normalization>(normalization);
  return dtype;
}

Result<DtypePtr> EnumFromJson(const Value& value) {
  RUTTER_ASSIGN(auto base, BaseOf(value));
  if (base->type_class != TypeClass::kInteger) return Fail(ErrorCode::kCorrupt, "an enumeration over something else than an integer");
  auto dtype = New(TypeClass::kEnum, base->size_bytes);
  dtype->order = base->order;
  dtype->base = std::move(base);
  const Value* members = JsonMember(value, "members");
  const auto* list = members == nullptr ? nullptr : members->As<ValueList>();
  if (list == nullptr) return Fail(ErrorCode::kCorrupt, "an enumeration without members");
  for (const Value& item : *list) {
    const auto* pair = item.As<ValueList>();
    if (pair == nullptr || pair->size() != 2) return Fail(ErrorCode::kCorrupt, "a member of an enumeration is not [name, number]");
    DtypeMember member;
    RUTTER_ASSIGN(member.name, NameOf(&(*pair)[0], "member's name"));
    if (const auto* number = (*pair)[1].As<std::int64_t>()) {
      member.value = *number;
    } else if (const auto* large = (*pair)[1].As<std::uint64_t>()) {
      member.value = static_cast<std::int64_t>(*large);
    } else {
      return Fail(ErrorCode::kCorrupt, "a member of an enumeration has no number");
    }
    dtype->members.push_back(std::move(member));
  }
  return dtype;
}

Result<DtypePtr> CompoundFromJson(const Value& value) {
  RUTTER_ASSIGN(auto size, NumberOf(value, "size", kMaxElementBytes));
  auto dtype = New(TypeClass::kCompound, size);
  const Value* members = JsonMember(value, "members");
  const auto* list = members == nullptr ? nullptr : members->As<ValueList>();
  if (list == nullptr) return Fail(ErrorCode::kCorrupt, "a compound type without members");
  for (const Value& item : *list) {
    DtypeMember member;
    RUTTER_ASSIGN(member.name, NameOf(JsonMember(item, "name"), "member's name"));
    RUTTER_ASSIGN(member.offset, NumberOf(item, "offset", size));
    const Value* type = JsonMember(item, "dtype");
    if (type == nullptr) return Fail(ErrorCode::kCorrupt, "a member of a compound type has no type");
    RUTTER_ASSIGN(member.type, DtypeFromJson(*type));
    if (!RangeInside(member.offset, member.type->size_bytes, size)) return Fail(ErrorCode::kCorrupt, "a member of a compound type lies outside it");
    dtype->members.push_back(std::move(member));
  }
  return dtype;
}

Result<DtypePtr> StringFromJson(const Value& value) {
  const auto* charset_name = JsonText(value, "charset");
  CharSet charset = charset_name != nullptr && *charset_name == "utf-8" ? CharSet::kUtf8 : CharSet::kAscii;
  if (const Value* size = JsonMember(value, "size"); size == nullptr || size->IsNull()) {
    auto dtype = std::make_shared<Dtype>(*MakeVlenString(charset));
    RUTTER_ASSIGN(dtype->size_bytes, SlotBytesOf(value));
    return dtype;
  }
  RUTTER_ASSIGN(auto bytes, NumberOf(value, "size", kMaxElementBytes));
  const auto* padding = JsonText(value, "padding");
  StringPadding rule = padding != nullptr && *padding == "space-padded"      ? StringPadding::kSpacePadded
                       : padding != nullptr && *padding == "null-terminated" ? StringPadding::kNullTerminated
                                                                             : StringPadding::kNullPadded;
  return MakeFixedString(bytes, charset, rule);
}

}  // namespace

Result<DtypePtr> DtypeFromJson(const Value& value) {
  if (value.As<std::string>() != nullptr) {
    RUTTER_ASSIGN(auto dtype, DtypeFromNumpy(value));
    if (dtype == nullptr) return Fail(ErrorCode::kCorrupt, "an element type of Python objects");
    return dtype;
  }
  const auto* kind = JsonText(value, "kind");
  if (kind == nullptr) return Fail(ErrorCode::kCorrupt, "an element type without its kind");
  if (*kind == "integer") return UnusualNumber(value, TypeClass::kInteger);
  if (*kind == "float") return UnusualNumber(value, TypeClass::kFloat);
  if (*kind == "bitfield") return UnusualNumber(value, TypeClass::kBitfield);
  if (*kind == "complex") {
    RUTTER_ASSIGN(auto size, NumberOf(value, "size", 1 << 20));
    RUTTER_ASSIGN(auto base, BaseOf(value));
    if (base->type_class != TypeClass::kFloat || base->size_bytes > size / 2) return Fail(ErrorCode::kCorrupt, "a complex type whose parts do not fit");
    auto dtype = New(TypeClass::kComplex, size);
    dtype->order = base->order;
    dtype->base = std::move(base);
    if (const Value* names = JsonMember(value, "names")) {
      const auto* pair = names->As<ValueList>();
      if (pair == nullptr || pair->size() != 2) return Fail(ErrorCode::kCorrupt, "a complex type without two names");
      for (std::size_t k = 0; k < 2; ++k) {
        RUTTER_ASSIGN(dtype->complex_names[k], NameOf(&(*pair)[k], "part's name"));
      }
    }
    return dtype;
  }
  if (*kind == "enum") return EnumFromJson(value);
  if (*kind == "compound") return CompoundFromJson(value);
  if (*kind == "string") return StringFromJson(value);
  if (*kind == "opaque") {
    RUTTER_ASSIGN(auto size, NumberOf(value, "size", kMaxElementBytes));
    auto dtype = New(TypeClass::kOpaque, size);
    RUTTER_ASSIGN(dtype->tag, NameOf(JsonMember(value, "tag"), "tag"));
    return dtype;
  }
  if (*kind == "sequence") {
    RUTTER_ASSIGN(auto slot_bytes, SlotBytesOf(value));
    auto dtype = New(TypeClass::kVlenSequence, slot_bytes);
    RUTTER_ASSIGN(dtype->base, BaseOf(value));
    return dtype;
  }
  if (*kind == "array") {
    RUTTER_ASSIGN(auto dims, JsonShape(JsonMember(value, "shape"), "shape"));
    RUTTER_ASSIGN(auto base, BaseOf(value));
    return ArrayOf(std::move(base), std::move(dims));
  }
  struct ReferenceKind {
    const char* name;
    TypeClass type_class;
    std::uint64_t usual_bytes;
  };
  for (const auto& [name, type_class, usual_bytes] : {ReferenceKind{"object reference", TypeClass::kObjectReference, 8},
                                                      ReferenceKind{"region reference", TypeClass::kRegionReference, 12},
                                                      ReferenceKind{"attribute reference", TypeClass::kAttributeReference, 16}}) {
    if (*kind != name) continue;
    if (JsonMember(value, "size") == nullptr) return New(type_class, usual_bytes);
    RUTTER_ASSIGN(auto size, NumberOf(value, "size", 1 << 20));
    return New(type_class, size);
  }
  if (*kind == "time") {
    RUTTER_ASSIGN(auto size, NumberOf(value, "size", 1 << 20));
    return New(TypeClass::kTime, size);
  }
  return Fail(ErrorCode::kCorrupt, "\"" + *kind + "\" is no kind of element type");
}

DtypePtr WithByteOrder(const DtypePtr& dtype, ByteOrder order) {
  if (dtype == nullptr || dtype->size_bytes <= 1) return dtype;
  auto copy = std::make_shared<Dtype>(*dtype);
  if (dtype->type_class != TypeClass::kOpaque && !(dtype->type_class == TypeClass::kString && dtype->charset != CharSet::kUtf32)) copy->order = order;
  copy->base = WithByteOrder(dtype->base, order);
  for (DtypeMember& member : copy->members) member.type = WithByteOrder(member.type, order);
  return copy;
}

}  // namespace rutter
