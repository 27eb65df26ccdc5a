#include "read/json_output.h"

#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "base/checked.h"
#include "model/element.h"
#include "model/number.h"
#include "model/value_json.h"
#include "read/slice_blocks.h"

namespace rutter {
namespace {

constexpr std::uint64_t kBlockBytes = 4 << 20;
constexpr std::size_t kFlushBytes = 256 << 10;
constexpr std::uint64_t kMaxEmptyRows = 65'536;

template <class T>
T Load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class Int>
void AppendInteger(Int number, std::string& out) {
  std::array<char, 24> text;
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

/// A native integer; false where there is no machine type of this size.
bool AppendMachineInteger(std::uint64_t size_bytes, bool is_signed, const std::byte* from, std::string& out) {
  switch (size_bytes) {
    case 1: is_signed ? AppendInteger(int{Load<std::int8_t>(from)}, out) : AppendInteger(unsigned{Load<std::uint8_t>(from)}, out); return true;
    case 2: is_signed ? AppendInteger(Load<std::int16_t>(from), out) : AppendInteger(Load<std::uint16_t>(from), out); return true;
    case 4: is_signed ? AppendInteger(Load<std::int32_t>(from), out) : AppendInteger(Load<std::uint32_t>(from), out); return true;
    case 8: is_signed ? AppendInteger(Load<std::int64_t>(from), out) : AppendInteger(Load<std::uint64_t>(from), out); return true;
    default: return false;
  }
}

bool AppendMachineFloat(std::uint64_t size_bytes, const std::byte* from, std::string& out) {
  switch (size_bytes) {
    case 2: AppendJsonNumber(static_cast<float>(HalfToDouble(Load<std::uint16_t>(from))), out); return true;
    case 4: AppendJsonNumber(Load<float>(from), out); return true;
    case 8: AppendJsonNumber(Load<double>(from), out); return true;
    default: return false;
  }
}

void AppendDouble(double number, const Dtype& dtype, std::string& out) {
  bool narrow = dtype.type_class == TypeClass::kFloat && dtype.float_layout.mantissa_bits <= 23 && dtype.float_layout.exponent_bits <= 8;
  if (narrow) {
    AppendJsonNumber(static_cast<float>(number), out);
  } else {
    AppendJsonNumber(number, out);
  }
}

void AppendTypedList(const Value& value, const Dtype& base, std::size_t levels, std::string& out) {
  const auto* list = value.As<ValueList>();
  if (levels == 0 || list == nullptr) {
    AppendTypedJson(value, base, out);
    return;
  }
  out += '[';
  for (std::size_t k = 0; k < list->size(); ++k) {
    if (k != 0) out += ',';
    AppendTypedList((*list)[k], base, levels - 1, out);
  }
  out += ']';
}

/// The brackets of nested lists around elements that come one after the other in C order.
class Nesting {
 public:
  explicit Nesting(const Shape& shape) : shape_(shape), index_(shape.size(), 0) {}

  void Before(std::string& out) {
    std::size_t k = shape_.size();
    while (k > 0 && index_[k - 1] == 0) --k;
    if (!first_) out += ',';
    first_ = false;
    out.append(shape_.size() - k, '[');
  }
  void After(std::string& out) {
    for (std::size_t k = shape_.size(); k-- > 0;) {
      if (++index_[k] < shape_[k]) return;
      index_[k] = 0;
      out += ']';
    }
  }

 private:
  const Shape shape_;
  Shape index_;
  bool first_ = true;
};

/// Nested empty lists; the rows of a shape such as (3, 0) are written, but not without a bound.
void AppendEmpty(std::span<const std::uint64_t> shape, std::uint64_t& rows_left, std::string& out) {
  out += '[';
  if (shape.size() > 1 && shape[0] <= rows_left) {
    rows_left -= shape[0];
    for (std::uint64_t i = 0; i < shape[0]; ++i) {
      if (i != 0) out += ',';
      AppendEmpty(shape.subspan(1), rows_left, out);
    }
  }
  out += ']';
}

Status WriteFixed(const Reader& reader, const Array& array, const Slice& slice, const ReadOptions& options, Nesting& nesting, std::string& out,
                  const std::function<Status(std::string_view)>& write) {
  DtypePtr native = NativeType(array.dtype);
  auto size = static_cast<std::size_t>(native->size_bytes);
  ReadOptions block_options = options;
  block_options.max_memory_bytes = options.max_memory_bytes / 2;
  SliceBlocks blocks(array, slice, std::max<std::uint64_t>(1, native->size_bytes), std::min(kBlockBytes, block_options.max_memory_bytes), block_options.max_memory_bytes);
  std::vector<std::byte> bytes;
  while (auto block = blocks.Next()) {
    std::uint64_t elements = block->NumElements();
    bytes.resize(static_cast<std::size_t>(elements) * size);
    RUTTER_TRY(reader.Read(array, *block, bytes, block_options));
    for (std::uint64_t i = 0; i < elements; ++i) {
      nesting.Before(out);
      RUTTER_TRY(AppendElementJson(*native, bytes.data() + i * size, out));
      nesting.After(out);
      if (out.size() >= kFlushBytes) {
        RUTTER_TRY(write(out));
        out.clear();
      }
    }
  }
  return {};
}

Status WriteValues(const Reader& reader, const Array& array, const Slice& slice, const ReadOptions& options, Nesting& nesting, std::string& out,
                   const std::function<Status(std::string_view)>& write) {
  SliceBlocks blocks(array, slice, sizeof(Value), kBlockBytes, kBlockBytes);
  while (auto block = blocks.Next()) {
    RUTTER_ASSIGN(auto values, reader.ReadAsValues(array, *block, options));
    for (const Value& value : values) {
      nesting.Before(out);
      AppendTypedJson(value, *array.dtype, out);
      nesting.After(out);
      if (out.size() >= kFlushBytes) {
        RUTTER_TRY(write(out));
        out.clear();
      }
    }
    if (options.progress_bytes != nullptr) options.progress_bytes->fetch_add(values.size() * sizeof(Value), std::memory_order_relaxed);
  }
  return {};
}

}  // namespace

Status AppendElementJson(const Dtype& native, const std::byte* element, std::string& out) {
  switch (native.type_class) {
    case TypeClass::kInteger:
      if (AppendMachineInteger(native.size_bytes, native.is_signed, element, out)) return {};
      break;
    case TypeClass::kBitfield:
      if (AppendMachineInteger(native.size_bytes, false, element, out)) return {};
      break;
    case TypeClass::kFloat:
      if (AppendMachineFloat(native.size_bytes, element, out)) return {};
      break;
    case TypeClass::kBool: out += *element == std::byte{0} ? "false" : "true"; return {};
    case TypeClass::kEnum:
      if (native.IsBoolEnum() && *element <= std::byte{1}) {
        out += *element == std::byte{0} ? "false" : "true";
        return {};
      }
      if (native.base != nullptr && native.base->size_bytes == native.size_bytes) return AppendElementJson(*native.base, element, out);
      break;
    case TypeClass::kComplex: {
      if (native.base == nullptr) break;
      std::string real, imag;
      if (!AppendMachineFloat(native.base->size_bytes, element, real) ||
          !AppendMachineFloat(native.base->size_bytes, element + native.base->size_bytes, imag)) {
        break;
      }
      out += "{\"real\":" + real + ",\"imag\":" + imag + "}";
      return {};
    }
    case TypeClass::kArray: {
      if (native.base == nullptr) break;
      std::uint64_t count = CheckedProduct(native.dims).value_or(0);
      if (count == 0) {
        std::uint64_t rows = kMaxEmptyRows;
        AppendEmpty(native.dims, rows, out);
        return {};
      }
      Nesting nesting(native.dims);
      for (std::uint64_t i = 0; i < count; ++i) {
        nesting.Before(out);
        RUTTER_TRY(AppendElementJson(*native.base, element + i * native.base->size_bytes, out));
        nesting.After(out);
      }
      return {};
    }
    case TypeClass::kCompound: {
      out += '{';
      bool first = true;
      for (const DtypeMember& member : native.members) {
        if (!first) out += ',';
        first = false;
        if (IsUtf8(member.name)) {
          AppendJsonString(member.name, out);
        } else {
          out += "\"base64:";
          AppendBase64(member.name, out);
          out += '"';
        }
        out += ':';
        RUTTER_TRY(AppendElementJson(*member.type, element + member.offset, out));
      }
      out += '}';
      return {};
    }
    default: break;
  }
  RUTTER_ASSIGN(auto value, DecodeElement(native, {element, static_cast<std::size_t>(native.size_bytes)}, nullptr, Limits()));
  AppendJson(value, out);
  return {};
}

void AppendTypedJson(const Value& value, const Dtype& dtype, std::string& out) {
  if (const auto* number = value.As<double>()) {
    AppendDouble(*number, dtype, out);
  } else if (const auto* complex = value.As<Complex>(); complex != nullptr && dtype.base != nullptr) {
    out += "{\"real\":";
    AppendDouble(complex->real, *dtype.base, out);
    out += ",\"imag\":";
    AppendDouble(complex->imag, *dtype.base, out);
    out += '}';
  } else if (dtype.base != nullptr && (dtype.type_class == TypeClass::kArray || dtype.type_class == TypeClass::kVlenSequence)) {
    AppendTypedList(value, *dtype.base, dtype.type_class == TypeClass::kArray ? dtype.dims.size() : 1, out);
  } else if (const auto* record = value.As<ValueRecord>(); record != nullptr && record->size() == dtype.members.size()) {
    out += '{';
    for (std::size_t k = 0; k < record->size(); ++k) {
      if (k != 0) out += ',';
      const auto& [name, item] = (*record)[k];
      if (IsUtf8(name)) {
        AppendJsonString(name, out);
      } else {
        out += "\"base64:";
        AppendBase64(name, out);
        out += '"';
      }
      out += ':';
      if (dtype.members[k].type != nullptr) {
        AppendTypedJson(item, *dtype.members[k].type, out);
      } else {
        AppendJson(item, out);
      }
    }
    out += '}';
  } else {
    AppendJson(value, out);
  }
}

Status WriteJson(const Reader& reader, const Array& array, std::string_view path, const Slice& slice, const ReadOptions& options,
                 const std::function<Status(std::string_view)>& write, const std::function<std::string()>& more) {
  if (array.failure) return Fail(*array.failure);
  std::string out = "{\"path\":";
  AppendJson(Value(std::string(path)), out);
  out += ",\"shape\":";
  Shape shape = slice.ResultShape();
  if (array.is_null) {
    out += "null,\"dtype\":" + DtypeToJson(*array.dtype) + ",\"values\":null" + (more ? more() : "") + "}\n";
    return write(out);
  }
  out += '[';
  for (std::size_t k = 0; k < shape.size(); ++k) out += (k == 0 ? "" : ",") + std::to_string(shape[k]);
  out += "],\"dtype\":" + DtypeToJson(*array.dtype) + ",\"values\":";
  if (slice.NumElements() == 0) {
    std::uint64_t rows = kMaxEmptyRows;
    AppendEmpty(shape, rows, out);
  } else {
    Nesting nesting(shape);
    bool fixed = array.dtype->IsFixed() && array.object_codec.empty();
    Status status = fixed ? WriteFixed(reader, array, slice, options, nesting, out, write) : WriteValues(reader, array, slice, options, nesting, out, write);
    if (!status) return status;
  }
  out += (more ? more() : "") + "}\n";
  return write(out);
}

}  // namespace rutter
