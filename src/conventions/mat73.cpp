#include "conventions/mat73.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "conventions/attribute_values.h"
#include "model/make_node.h"

namespace rutter {
namespace {

constexpr std::uint64_t kMaxTextElements = 1024;  ///< Longer char arrays are not decoded here.
constexpr std::size_t kMaxTexts = 4096;           ///< Nor are more than these, so that opening stays quick.
constexpr std::uint64_t kMaxEmptyRank = 32;

bool IsReferenceArray(const Node& node) {
  return node.array != nullptr && node.array->dtype != nullptr && node.array->dtype->type_class == TypeClass::kObjectReference;
}

std::string Utf16ToUtf8(const std::vector<std::uint16_t>& units) {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  std::string out;
  for (std::size_t i = 0; i < units.size(); ++i) {
    std::uint32_t code = units[i];
    bool high = code >= 0xD800 && code < 0xDC00;
    if (high && i + 1 < units.size() && units[i + 1] >= 0xDC00 && units[i + 1] < 0xE000) {
      code = 0x10000 + ((code - 0xD800) << 10) + (units[++i] - 0xDC00u);
    } else if (code >= 0xD800 && code < 0xE000) {
      code = kReplacement;
    }
    AppendUtf8(code, out);
  }
  return out;
}

/// Unsigned integers of 1 to 8 bytes in either order.
std::vector<std::uint64_t> UnsignedValues(const Dtype& dtype, std::span<const std::byte> bytes) {
  std::size_t size = static_cast<std::size_t>(dtype.size_bytes);
  std::vector<std::uint64_t> values;
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      std::size_t place = dtype.order == ByteOrder::kBig ? size - 1 - i : i;
      value |= std::to_integer<std::uint64_t>(bytes[at + place]) << (8 * i);
    }
    values.push_back(value);
  }
  return values;
}

bool IsUnsignedUpTo(const Array& array, std::uint64_t size_bytes) {
  return array.dtype != nullptr && array.dtype->type_class == TypeClass::kInteger && array.dtype->size_bytes >= 1 &&
         array.dtype->size_bytes <= size_bytes;
}

Shape Reversed(Shape shape) {
  std::reverse(shape.begin(), shape.end());
  return shape;
}

/// The names of MATLAB_fields: a list of names, each a list of one-character strings (or a string).
std::vector<std::string> FieldNames(const Node& node) {
  std::vector<std::string> names;
  const Attribute* attribute = node.FindAttribute("MATLAB_fields");
  const auto* fields = attribute == nullptr ? nullptr : attribute->value.As<ValueList>();
  if (fields == nullptr) return names;
  for (const Value& field : *fields) {
    std::string name;
    if (const auto* text = field.As<std::string>()) name = *text;
    if (const auto* letters = field.As<ValueList>()) {
      for (const Value& letter : *letters) {
        if (const auto* text = letter.As<std::string>()) name += *text;
      }
    }
    names.push_back(std::move(name));
  }
  return names;
}

class Annotator {
 public:
  explicit Annotator(const DataAccess& data) : data_(data) {}

  Status Annotate(Node& node) {
    auto matlab_class = AttributeText(node, "MATLAB_class");
    if (!matlab_class) return {};
    std::string class_name(*matlab_class);
    bool sparse = node.FindAttribute("MATLAB_sparse") != nullptr;
    bool empty = node.array != nullptr && AttributeInteger(node, "MATLAB_empty").value_or(0) != 0;
    std::string kind = sparse ? "sparse" : KindOf(node, class_name);
    SetAttribute(node, MakeTextAttribute("matlab_kind", kind));
    auto names = FieldNames(node);
    if (!names.empty()) SetAttribute(node, MakeTextListAttribute("matlab_fields", std::move(names)));

    if (sparse) {
      SetSparseShape(node);
    } else if (empty) {
      RUTTER_TRY(SetEmptyShape(node));
    } else if (node.array != nullptr && !node.array->is_null) {
      SetAttribute(node, MakeIntegerListAttribute("matlab_shape", Reversed(node.array->shape)));
      if (kind == "char") RUTTER_TRY(SetText(node));
    } else if (kind == "struct array") {
      for (const auto& child : node.children) {
        if (!IsReferenceArray(*child)) continue;
        SetAttribute(node, MakeIntegerListAttribute("matlab_shape", Reversed(child->array->shape)));
        break;
      }
    }
    return {};
  }

 private:
  static std::string KindOf(const Node& node, const std::string& class_name) {
    switch (AttributeInteger(node, "MATLAB_object_decode").value_or(0)) {
      case 1: return "function handle";
      case 2: return "object";
      case 3: return "opaque";
      default: break;
    }
    if (class_name == "char" || class_name == "cell" || class_name == "logical") return class_name;
    if (class_name == "function_handle") return "function handle";
    static constexpr std::string_view kNumeric[] = {"double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"};
    if (std::find(std::begin(kNumeric), std::end(kNumeric), class_name) != std::end(kNumeric)) return "numeric";
    if (class_name != "struct") return "object";
    // The fields of an array of structs are arrays of references without a class of their own.
    for (const auto& child : node.children) {
      if (IsReferenceArray(*child) && child->FindAttribute("MATLAB_class") == nullptr) return "struct array";
    }
    return "struct";
  }

  /// MATLAB_sparse is the number of rows; jc has one entry more than there are columns.
  static void SetSparseShape(Node& node) {
    auto rows = AttributeInteger(node, "MATLAB_sparse");
    const Node* columns = node.FindChild("jc");
    if (!rows || *rows < 0 || columns == nullptr || columns->array == nullptr || columns->array->shape.size() != 1) return;
    std::uint64_t entries = columns->array->shape[0];
    if (entries == 0) return;
    SetAttribute(node, MakeIntegerListAttribute("matlab_shape", {static_cast<std::uint64_t>(*rows), entries - 1}));
  }

  /// The data of an empty array are its size in MATLAB.
  Status SetEmptyShape(Node& node) {
    const Array& array = *node.array;
    auto count = array.NumElements();
    if (!count || *count == 0 || *count > kMaxEmptyRank || array.failure || !IsUnsignedUpTo(array, 8)) return {};
    auto bytes = data_.ReadStored(array, *count * array.dtype->size_bytes);
    if (!bytes) return IgnoreDamage(bytes.error());
    SetAttribute(node, MakeIntegerListAttribute("matlab_shape", UnsignedValues(*array.dtype, *bytes)));
    return {};
  }

  Status SetText(Node& node) {
    const Array& array = *node.array;
    auto count = array.NumElements();
    if (!count || *count == 0 || *count > kMaxTextElements || array.failure || !IsUnsignedUpTo(array, 2)) return {};
    if (array.shape.size() != 2 || texts_ == kMaxTexts) return {};
    ++texts_;
    auto bytes = data_.ReadStored(array, *count * array.dtype->size_bytes);
    if (!bytes) return IgnoreDamage(bytes.error());
    std::vector<std::uint64_t> units = UnsignedValues(*array.dtype, *bytes);
    // Stored [column, row].
    auto columns = static_cast<std::size_t>(array.shape[0]), rows = static_cast<std::size_t>(array.shape[1]);
    if (units.size() != columns * rows) return {};
    std::vector<std::string> lines;
    for (std::size_t row = 0; row < rows; ++row) {
      std::vector<std::uint16_t> line(columns);
      for (std::size_t column = 0; column < columns; ++column) line[column] = static_cast<std::uint16_t>(units[column * rows + row]);
      lines.push_back(Utf16ToUtf8(line));
    }
    SetAttribute(node, rows == 1 ? MakeTextAttribute("matlab_text", std::move(lines[0]))
                                 : MakeTextListAttribute("matlab_text", std::move(lines)));
    return {};
  }

  /// Only the world and our bounds stop the whole map.
  static Status IgnoreDamage(const Error& error) {
    if (error.code == ErrorCode::kIo || error.code == ErrorCode::kLimit) return Fail(error);
    return {};
  }

  const DataAccess& data_;
  std::size_t texts_ = 0;
};

}  // namespace

bool IsMat73(const Map& map) {
  return std::any_of(map.root.children.begin(), map.root.children.end(),
                     [](const auto& child) { return child->FindAttribute("MATLAB_class") != nullptr; });
}

Status ApplyMat73(Map& map, const DataAccess& data) {
  AddNote(map, "MAT v7.3: arrays are as stored, with MATLAB's dimensions reversed; matlab_shape is the size in MATLAB");
  Annotator annotator(data);
  Status status;
  VisitNodes(map.root, [&](Node& node) {
    if (status) status = annotator.Annotate(node);
  });
  return status;
}

}  // namespace rutter
