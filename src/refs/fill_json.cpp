#include "refs/fill_json.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "model/element.h"
#include "model/number.h"
#include "model/value_json.h"
#include "refs/json_value.h"

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
    case TypeClass::kString: {
      if (dtype.charset == CharSet::kUtf32) return "\"\"";
      // NumPy ends such strings at their trailing NULs, and zarrita takes the base64 text itself for the string.
      auto bytes = stored.size() == dtype.size_bytes ? stored : std::span<const std::byte>();
      while (!bytes.empty() && bytes.back() == std::byte{0}) bytes = bytes.first(bytes.size() - 1);
      out = "\"";
      AppendBase64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, out);
      return out + "\"";
    }
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

namespace {

void StoreInteger(std::uint64_t value, const Dtype& dtype, std::span<std::byte> out) {
  for (std::size_t i = 0; i < out.size() && i < 8; ++i) {
    std::size_t at = dtype.order == ByteOrder::kBig ? out.size() - 1 - i : i;
    out[at] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
  }
}

/// A type's size is a claim; beyond this the text itself must hold as many bytes.
constexpr std::uint64_t kMaxPaddedFillBytes = 1 << 20;

/// "0x7fc00000": the bits of a float, most significant first.
bool StoreBits(const std::string& text, const Dtype& dtype, std::span<std::byte> out) {
  if (!text.starts_with("0x")) return false;
  std::uint64_t bits = 0;
  auto [end, failure] = std::from_chars(text.data() + 2, text.data() + text.size(), bits, 16);
  if (failure != std::errc() || end != text.data() + text.size()) return false;
  StoreInteger(bits, dtype, out);
  return true;
}

bool StoreFloat(const Value& json, const Dtype& dtype, std::span<std::byte> out) {
  if (const auto* text = json.As<std::string>(); text != nullptr && StoreBits(*text, dtype, out)) return true;
  auto number = JsonNumber(json);
  if (!number || !dtype.IsMachine()) return false;
  std::uint64_t bits = 0;
  if (dtype.size_bytes == 8) {
    std::memcpy(&bits, &*number, 8);
  } else if (dtype.size_bytes == 4) {
    auto narrow = static_cast<float>(*number);
    std::memcpy(&bits, &narrow, 4);
  } else {
    bits = DoubleToHalf(*number);
  }
  StoreInteger(bits, dtype, out);
  return true;
}

}  // namespace

Result<std::vector<std::byte>> FillFromJson(const Dtype& dtype, const Value& json) {
  std::vector<std::byte> out;
  if (json.IsNull() || !dtype.IsFixed()) return out;
  auto corrupt = [&] { return Fail(ErrorCode::kCorrupt, "\"fill_value\" does not fit the type " + DtypeTitle(dtype)); };
  if (dtype.size_bytes > kMaxPaddedFillBytes) {
    const auto* text = json.As<std::string>();
    const bool is_zeros = text == nullptr || text->empty() || (dtype.type_class == TypeClass::kString && dtype.charset == CharSet::kUtf32);
    if (is_zeros) return out;
    auto bytes = DecodeBase64(*text);
    if (!bytes || bytes->size() != dtype.size_bytes) return corrupt();
    out.resize(bytes->size());
    std::transform(bytes->begin(), bytes->end(), out.begin(), [](char c) { return static_cast<std::byte>(c); });
    return out;
  }
  out.resize(static_cast<std::size_t>(dtype.size_bytes));
  const Dtype& number = dtype.type_class == TypeClass::kEnum && dtype.base != nullptr ? *dtype.base : dtype;
  switch (dtype.type_class) {
    case TypeClass::kInteger:
    case TypeClass::kBitfield:
    case TypeClass::kEnum:
    case TypeClass::kBool: {
      std::uint64_t value = 0;
      if (const auto* integer = json.As<std::int64_t>()) {
        value = static_cast<std::uint64_t>(*integer);
      } else if (const auto* large = json.As<std::uint64_t>()) {
        value = *large;
      } else if (const auto* flag = json.As<bool>()) {
        value = *flag ? 1 : 0;
      } else if (const auto* real = json.As<double>(); real != nullptr && *real > -9e18 && *real < 9e18) {
        value = static_cast<std::uint64_t>(static_cast<std::int64_t>(*real));
      } else {
        return corrupt();
      }
      StoreInteger(value, number, out);
      return out;
    }
    case TypeClass::kFloat:
      if (!StoreFloat(json, dtype, out)) return corrupt();
      return out;
    case TypeClass::kComplex: {
      const auto* pair = json.As<ValueList>();
      if (dtype.base == nullptr || dtype.base->size_bytes * 2 > out.size()) return corrupt();
      auto part = static_cast<std::size_t>(dtype.base->size_bytes);
      std::span<std::byte> bytes(out);
      if (pair != nullptr && pair->size() == 2) {
        if (!StoreFloat((*pair)[0], *dtype.base, bytes.first(part)) || !StoreFloat((*pair)[1], *dtype.base, bytes.subspan(part, part))) return corrupt();
        return out;
      }
      if (!StoreFloat(json, *dtype.base, bytes.first(part))) return corrupt();
      return out;
    }
    default: {
      // Base64 of the element; plain text for strings; numpy writes 0 for structured types.
      if (json.As<std::int64_t>() != nullptr) return std::vector<std::byte>();
      const auto* text = json.As<std::string>();
      if (text == nullptr) return corrupt();
      if (dtype.type_class == TypeClass::kString && dtype.charset == CharSet::kUtf32) return std::vector<std::byte>();
      auto bytes = DecodeBase64(*text);
      bool whole = bytes && bytes->size() == out.size();
      // The NULs that end a string may be left out.
      if (whole || (bytes && dtype.type_class == TypeClass::kString && bytes->size() < out.size())) {
        std::transform(bytes->begin(), bytes->end(), out.begin(), [](char c) { return static_cast<std::byte>(c); });
      } else if (dtype.type_class == TypeClass::kString && text->size() <= out.size()) {
        std::transform(text->begin(), text->end(), out.begin(), [](char c) { return static_cast<std::byte>(c); });
      } else if (!text->empty()) {
        return corrupt();
      }
      return out;
    }
  }
}

}  // namespace rutter
