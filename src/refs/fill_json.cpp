#include "refs/fill_json.h"

#include <vector>

#include "model/element.h"
#include "model/value_json.h"

namespace rutter {
namespace {

std::vector<std::byte> OrZeros(const Dtype& dtype, std::span<const std::byte> stored) {
  if (stored.size() == dtype.size_bytes) return {stored.begin(), stored.end()};
  return std::vector<std::byte>(static_cast<std::size_t>(dtype.size_bytes));
}

}  // namespace

std::string FillValueJson(const Dtype& dtype, std::span<const std::byte> stored) {
  std::string out;
  switch (dtype.type_class) {
    case TypeClass::kInteger:
    case TypeClass::kBitfield:
    case TypeClass::kFloat:
    case TypeClass::kBool:
    case TypeClass::kEnum: {
      auto value = DecodeElement(dtype, OrZeros(dtype, stored), nullptr, {});
      if (!value) return "null";
      AppendJson(*value, out);
      return out;
    }
    case TypeClass::kComplex: {
      auto value = DecodeElement(dtype, OrZeros(dtype, stored), nullptr, {});
      const Complex* number = value ? value->As<Complex>() : nullptr;
      if (number == nullptr) return "null";
      out = "[";
      AppendJsonNumber(number->real, out);
      out += ",";
      AppendJsonNumber(number->imag, out);
      return out + "]";
    }
    case TypeClass::kString:
      if (dtype.charset == CharSet::kUtf32) return "\"\"";
      [[fallthrough]];
    case TypeClass::kOpaque:
    case TypeClass::kCompound: {
      auto bytes = OrZeros(dtype, stored);
      out = "\"";
      AppendBase64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, out);
      return out + "\"";
    }
    default: return "null";
  }
}

std::string FillValueJsonV3(const Dtype& dtype, std::span<const std::byte> stored) {
  std::string json = FillValueJson(dtype, stored);
  return json == "null" ? "0" : json;
}

}  // namespace rutter
