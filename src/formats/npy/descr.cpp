#include "formats/npy/descr.h"

#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/checked.h"

namespace rutter::npy {
namespace {

tl::unexpected<Error> Wrong(const std::string& what) { return Fail(ErrorCode::kCorrupt, what); }

std::optional<std::uint64_t> TakeNumber(std::string_view& text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  std::uint64_t value = 0;
  while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    auto shifted = CheckedMul(value, 10);
    auto sum = shifted ? CheckedAdd(*shifted, static_cast<std::uint64_t>(text[0] - '0')) : std::nullopt;
    if (!sum) return std::nullopt;
    value = *sum;
    text.remove_prefix(1);
  }
  return value;
}

/// The x87 80-bit float that NumPy's longdouble is on x86: 64 mantissa bits with an explicit leading one.
DtypePtr MakeExtendedFloat(std::uint64_t size_bytes, ByteOrder order) {
  Dtype dtype;
  dtype.type_class = TypeClass::kFloat;
  dtype.size_bytes = size_bytes;
  dtype.order = order;
  dtype.precision = 80;
  dtype.float_layout.sign_bit = 79;
  dtype.float_layout.exponent_bit = 64;
  dtype.float_layout.exponent_bits = 15;
  dtype.float_layout.mantissa_bit = 0;
  dtype.float_layout.mantissa_bits = 64;
  dtype.float_layout.exponent_bias = 16383;
  dtype.float_layout.normalization = FloatLayout::Normalization::kMsbSet;
  return std::make_shared<Dtype>(std::move(dtype));
}

DtypePtr MakeFloatOf(std::uint64_t size_bytes, ByteOrder order) {
  if (size_bytes == 2 || size_bytes == 4 || size_bytes == 8) return MakeFloat(size_bytes, order);
  if (size_bytes == 12 || size_bytes == 16) return MakeExtendedFloat(size_bytes, order);
  return nullptr;
}

DtypePtr MakeComplexOf(std::uint64_t size_bytes, ByteOrder order) {
  if (size_bytes == 8 || size_bytes == 16) return MakeComplex(size_bytes, order);
  if (size_bytes != 4 && size_bytes != 24 && size_bytes != 32) return nullptr;
  Dtype dtype;
  dtype.type_class = TypeClass::kComplex;
  dtype.size_bytes = size_bytes;
  dtype.order = order;
  dtype.base = MakeFloatOf(size_bytes / 2, order);
  return std::make_shared<Dtype>(std::move(dtype));
}

DtypePtr MakeOpaque(std::uint64_t size_bytes) {
  Dtype dtype;
  dtype.type_class = TypeClass::kOpaque;
  dtype.size_bytes = size_bytes;
  return std::make_shared<Dtype>(std::move(dtype));
}

/// "[25ns]" behind M8 or m8; nothing at all is the generic unit.
Status ParseDateUnit(std::string_view text, Descr& descr) {
  if (text.empty()) return {};
  if (text.front() != '[' || text.back() != ']') return Wrong("a date type ends in '" + std::string(text.substr(0, 32)) + "'");
  text = text.substr(1, text.size() - 2);
  auto step = TakeNumber(text);
  if (step) descr.date_step = *step;
  static constexpr std::string_view kUnits[] = {"Y",  "M",  "W",  "D",  "h",  "m",  "s", "ms", "us",
                                                "\xCE\xBCs", "ns", "ps", "fs", "as", "generic"};
  for (std::string_view unit : kUnits) {
    if (text == unit) {
      descr.date_unit = unit == "generic" ? "" : unit == "\xCE\xBCs" ? "us" : std::string(unit);
      return {};
    }
  }
  return Fail(ErrorCode::kUnsupported, "the date unit '" + std::string(text.substr(0, 32)) + "'");
}

/// "<i4", "|S5", ">M8[ns]", ...
Result<Descr> ParseTypeString(const std::string& whole) {
  std::string shown = whole.substr(0, 40);
  std::string_view text = whole;
  ByteOrder order = ByteOrder::kLittle;
  if (!text.empty() && (text[0] == '<' || text[0] == '>' || text[0] == '|' || text[0] == '=')) {
    if (text[0] == '>') order = ByteOrder::kBig;
    text.remove_prefix(1);
  }
  Descr descr;
  if (text == "?") {
    descr.dtype = MakeBool();
    return descr;
  }
  if (text.empty()) return Wrong("an empty type name");
  char kind = text[0];
  text.remove_prefix(1);
  if (kind == 'O') {
    descr.has_objects = true;
    return descr;
  }
  auto number = TakeNumber(text);
  if (!number) return Fail(ErrorCode::kUnsupported, "the NumPy type '" + shown + "'");
  std::uint64_t size = *number;
  if (kind == 'M' || kind == 'm') {
    if (size != 8) return Wrong("the NumPy type '" + shown + "'");
    descr.date_kind = kind;
    descr.needs_numpy_dtype = true;
    RUTTER_TRY(ParseDateUnit(text, descr));
    descr.dtype = MakeInteger(8, true, order);
    return descr;
  }
  if (!text.empty()) return Fail(ErrorCode::kUnsupported, "the NumPy type '" + shown + "'");
  bool machine_size = size == 1 || size == 2 || size == 4 || size == 8;
  switch (kind) {
    case 'b':
      if (size == 1) descr.dtype = MakeBool();
      break;
    case 'i':
    case 'u':
      if (machine_size) descr.dtype = MakeInteger(size, kind == 'i', order);
      break;
    case 'f': descr.dtype = MakeFloatOf(size, order); break;
    case 'c': descr.dtype = MakeComplexOf(size, order); break;
    case 'V': descr.dtype = MakeOpaque(size); break;
    case 'S':
    case 'a': descr.dtype = MakeFixedString(size, CharSet::kAscii); break;
    case 'U': {
      auto bytes = CheckedMul(size, 4);
      if (!bytes) return Wrong("the NumPy type '" + shown + "'");
      Dtype dtype = *MakeFixedString(*bytes, CharSet::kUtf32);
      dtype.order = order;
      descr.dtype = std::make_shared<Dtype>(std::move(dtype));
      break;
    }
    default: break;
  }
  if (descr.dtype == nullptr) return Fail(ErrorCode::kUnsupported, "the NumPy type '" + shown + "'");
  return descr;
}

/// A shape is a tuple of integers or one integer.
Result<Shape> ParseSubarrayShape(const Literal& literal, const Limits& limits) {
  Shape shape;
  if (literal.kind == Literal::Kind::kInteger) {
    shape.push_back(literal.integer);
    return shape;
  }
  if (literal.kind != Literal::Kind::kTuple) return Wrong("a field's shape is no tuple");
  if (literal.items.size() > limits.rank) return Fail(ErrorCode::kLimit, "a field has more dimensions than Limits::rank");
  for (const Literal& item : literal.items) {
    if (item.kind != Literal::Kind::kInteger) return Wrong("a field's shape holds something else than numbers");
    shape.push_back(item.integer);
  }
  return shape;
}

/// `shape` elements of `base` as one element.
Status MakeSubarray(Descr& base, Shape shape) {
  if (base.has_objects || shape.empty()) return {};
  auto elements = CheckedProduct(shape);
  auto bytes = elements ? CheckedMul(*elements, base.dtype->size_bytes) : std::nullopt;
  if (!bytes) return Wrong("a field is larger than 2^64 bytes");
  Dtype dtype;
  dtype.type_class = TypeClass::kArray;
  dtype.size_bytes = *bytes;
  dtype.dims.assign(shape.begin(), shape.end());
  dtype.base = std::move(base.dtype);
  base.dtype = std::make_shared<Dtype>(std::move(dtype));
  base.date_kind = 0;
  return {};
}

Result<Descr> ParseAny(const Literal& literal, const Limits& limits);

/// [("x", "<f4"), (("title", "y"), "<i2", (3,)), ("", "|V4")]: an empty name over a void is padding.
Result<Descr> ParseFields(const Literal& literal, const Limits& limits) {
  if (literal.items.size() > limits.members) return Fail(ErrorCode::kLimit, "more fields than Limits::members");
  Descr record;
  Dtype dtype;
  dtype.type_class = TypeClass::kCompound;
  std::set<std::string> names;
  std::uint64_t offset = 0;
  std::size_t number = 0;
  for (const Literal& field : literal.items) {
    if (field.kind != Literal::Kind::kTuple || field.items.size() < 2 || field.items.size() > 3) {
      return Wrong("a field is no tuple of name, type and shape");
    }
    const Literal* name = &field.items[0];
    if (name->kind == Literal::Kind::kTuple && name->items.size() == 2) {
      record.needs_numpy_dtype = true;
      name = &name->items[1];
    }
    if (name->kind != Literal::Kind::kString) return Wrong("a field's name is no string");
    RUTTER_ASSIGN(Descr type, ParseAny(field.items[1], limits));
    if (field.items.size() == 3) {
      RUTTER_ASSIGN(Shape shape, ParseSubarrayShape(field.items[2], limits));
      RUTTER_TRY(MakeSubarray(type, std::move(shape)));
    }
    record.has_objects = record.has_objects || type.has_objects;
    record.needs_numpy_dtype = record.needs_numpy_dtype || type.needs_numpy_dtype;
    if (record.has_objects) continue;
    std::uint64_t size = type.dtype->size_bytes;
    auto end = CheckedAdd(offset, size);
    if (!end) return Wrong("an element is larger than 2^64 bytes");
    bool padding = name->text.empty() && type.dtype->type_class == TypeClass::kOpaque;
    if (!padding) {
      std::string member_name = name->text.empty() ? "f" + std::to_string(number) : name->text;
      if (!names.insert(member_name).second) return Wrong("two fields are named '" + member_name.substr(0, 64) + "'");
      dtype.members.push_back({std::move(member_name), offset, std::move(type.dtype), 0});
      ++number;
    }
    offset = *end;
  }
  if (record.has_objects) return record;
  dtype.size_bytes = offset;
  record.dtype = std::make_shared<Dtype>(std::move(dtype));
  return record;
}

Result<Descr> ParseAny(const Literal& literal, const Limits& limits) {
  // The parser of literals has bounded the nesting.
  if (literal.kind == Literal::Kind::kString) return ParseTypeString(literal.text);
  if (literal.kind == Literal::Kind::kList) return ParseFields(literal, limits);
  if (literal.kind == Literal::Kind::kTuple && literal.items.size() == 2) {
    RUTTER_ASSIGN(Descr base, ParseAny(literal.items[0], limits));
    RUTTER_ASSIGN(Shape shape, ParseSubarrayShape(literal.items[1], limits));
    RUTTER_TRY(MakeSubarray(base, std::move(shape)));
    return base;
  }
  return Wrong("the type description is neither a string nor a list of fields");
}

}  // namespace

Result<Descr> ParseDescr(const Literal& literal, const Limits& limits) { return ParseAny(literal, limits); }

}  // namespace rutter::npy
