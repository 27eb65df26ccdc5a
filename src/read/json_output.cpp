#include "read/json_output.h"

#include <array>
#include <charconv>
#include <cstring>

#include "model/element.h"
#include "model/number.h"
#include "model/value_json.h"
#include "read/npy_writer.h"

namespace rutter {
namespace {

constexpr std::uint64_t kBlockElements = 1 << 16;

template <class Int>
void AppendInteger(const std::byte* at, std::string& out) {
  Int value;
  std::memcpy(&value, at, sizeof value);
  std::array<char, 24> text;
  char* end = std::to_chars(text.data(), text.data() + text.size(), +value).ptr;
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

/// One native element. Numbers go without a Value between.
Status AppendElement(const Dtype& native, const std::byte* at, std::string& out) {
  if (native.type_class == TypeClass::kInteger) {
    switch (native.size_bytes * 2 + (native.is_signed ? 1 : 0)) {
      case 2: AppendInteger<std::uint8_t>(at, out); return {};
      case 3: AppendInteger<std::int8_t>(at, out); return {};
      case 4: AppendInteger<std::uint16_t>(at, out); return {};
      case 5: AppendInteger<std::int16_t>(at, out); return {};
      case 8: AppendInteger<std::uint32_t>(at, out); return {};
      case 9: AppendInteger<std::int32_t>(at, out); return {};
      case 16: AppendInteger<std::uint64_t>(at, out); return {};
      case 17: AppendInteger<std::int64_t>(at, out); return {};
      default: break;
    }
  }
  if (native.type_class == TypeClass::kFloat && native.size_bytes == 4) {
    float value;
    std::memcpy(&value, at, 4);
    AppendJsonNumber(value, out);
    return {};
  }
  if (native.type_class == TypeClass::kFloat && native.size_bytes == 8) {
    double value;
    std::memcpy(&value, at, 8);
    AppendJsonNumber(value, out);
    return {};
  }
  RUTTER_ASSIGN(auto value, DecodeElement(native, {at, static_cast<std::size_t>(native.size_bytes)}, nullptr, {}));
  AppendJson(value, out);
  return {};
}

/// Brackets and commas around elements that arrive in C order.
class Nesting {
 public:
  explicit Nesting(const Shape& shape) : shape_(shape), at_(shape.size(), 0) {}
  void Before(std::string& out) {
    std::size_t opens = 0;
    while (opens < shape_.size() && at_[shape_.size() - 1 - opens] == 0) ++opens;
    if (!first_) out += ',';
    first_ = false;
    out.append(opens, '[');
  }
  void After(std::string& out) {
    for (std::size_t k = shape_.size(); k-- > 0;) {
      if (++at_[k] < shape_[k]) return;
      at_[k] = 0;
      out += ']';
    }
  }

 private:
  const Shape& shape_;
  Shape at_;
  bool first_ = true;
};

}  // namespace

Status WriteJson(const Reader& reader, const Array& array, const std::string& path, const Slice& slice, const ReadOptions& options,
                 const std::function<Status(std::string_view)>& write) {
  std::string out = "{\"path\":";
  AppendJson(Value(path), out);
  Shape shape = slice.ResultShape();
  if (array.is_null) {
    out += ",\"shape\":null";
  } else {
    out += ",\"shape\":[";
    for (std::size_t k = 0; k < shape.size(); ++k) out += (k == 0 ? "" : ",") + std::to_string(shape[k]);
    out += "]";
  }
  out += ",\"dtype\":" + DtypeToJson(*array.dtype) + ",\"values\":";
  bool fixed = array.dtype->IsFixed() && array.object_codec.empty();
  std::uint64_t elements = slice.NumElements();
  if (array.is_null) {
    out += "null";
  } else if (elements == 0 || !fixed) {
    ValueList values;
    if (elements != 0) {
      RUTTER_ASSIGN(values, reader.ReadAsValues(array, slice, options));
    }
    AppendJson(NestValues(std::move(values), shape), out);
  } else {
    DtypePtr native = NativeType(array.dtype);
    Nesting nesting(shape);
    std::vector<std::byte> buffer;
    RUTTER_TRY(ForEachBlock(slice, kBlockElements, [&](const Slice& block) -> Status {
      std::uint64_t count = block.NumElements();
      buffer.resize(static_cast<std::size_t>(count * native->size_bytes));
      RUTTER_TRY(reader.Read(array, block, buffer, options));
      for (std::uint64_t i = 0; i < count; ++i) {
        nesting.Before(out);
        RUTTER_TRY(AppendElement(*native, buffer.data() + i * native->size_bytes, out));
        nesting.After(out);
      }
      if (out.size() < (1u << 20)) return {};
      Status written = write(out);
      out.clear();
      return written;
    }));
  }
  return write(out + "}\n");
}

}  // namespace rutter
