#include "codecs/number_codec.h"

#include <bit>
#include <nlohmann/json.hpp>
#include <string>

#include "codecs/big_endian.h"

namespace rutter {

Result<NumberType> ParseNumberType(std::string_view text) {
  auto unsupported = [&] { return Fail(ErrorCode::kUnsupported, "a codec of numbers of type " + std::string(text)); };
  NumberType type;
  std::string_view rest = text;
  if (!rest.empty() && (rest[0] == '<' || rest[0] == '>' || rest[0] == '|' || rest[0] == '=')) {
    type.big = rest[0] == '>';
    rest.remove_prefix(1);
  }
  if (rest.size() < 2) return unsupported();
  type.kind = rest[0] == 'M' || rest[0] == 'm' ? 'i' : rest[0];  // times count ticks: "<M8[ns]"
  if (type.kind == rest[0] && rest.size() != 2) return unsupported();
  type.bytes = static_cast<std::size_t>(rest[1] - '0');
  bool whole = (type.kind == 'i' || type.kind == 'u') && (type.bytes == 1 || type.bytes == 2 || type.bytes == 4 || type.bytes == 8);
  bool real = type.kind == 'f' && (type.bytes == 4 || type.bytes == 8);
  if (!whole && !real) return unsupported();
  return type;
}

Result<NumberCodecConfig> ParseNumberCodec(const CodecSpec& spec) {
  auto json = nlohmann::json::parse(spec.config, nullptr, false);
  auto damaged = [&] { return Fail(ErrorCode::kCorrupt, "the configuration of codec " + spec.name + " is damaged"); };
  if (!json.is_object()) return damaged();
  auto text = json.find("dtype");
  if (text == json.end() || !text->is_string()) return damaged();
  NumberCodecConfig config;
  RUTTER_ASSIGN(config.decoded, ParseNumberType(text->get_ref<const std::string&>()));
  config.stored = config.decoded;
  if (auto found = json.find("astype"); found != json.end() && !found->is_null()) {
    if (!found->is_string()) return damaged();
    RUTTER_ASSIGN(config.stored, ParseNumberType(found->get_ref<const std::string&>()));
  }
  for (auto [key, value] : {std::pair("scale", &config.scale), std::pair("offset", &config.offset)}) {
    auto found = json.find(key);
    if (found == json.end()) continue;
    if (!found->is_number()) return damaged();
    *value = found->get<double>();
  }
  return config;
}

std::size_t StoredNumberBytes(const CodecSpec& spec, std::size_t decoded_bytes) {
  auto config = ParseNumberCodec(spec);
  if (!config) return 0;
  return decoded_bytes / config->decoded.bytes * config->stored.bytes;
}

std::uint64_t LoadInteger(const std::byte* at, const NumberType& type) {
  int width = static_cast<int>(type.bytes);
  std::uint64_t value = type.big ? LoadBig(at, width) : LoadLittle(at, width);
  if (type.kind == 'u' || width == 8) return value;
  int shift = 64 - 8 * width;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value << shift) >> shift);
}

void StoreInteger(std::uint64_t value, std::byte* at, const NumberType& type) {
  for (std::size_t i = 0; i < type.bytes; ++i) at[type.big ? type.bytes - 1 - i : i] = static_cast<std::byte>(value >> (8 * i));
}

double LoadFloat(const std::byte* at, const NumberType& type) {
  std::uint64_t bits = LoadInteger(at, {'u', type.bytes, type.big});
  return type.bytes == 4 ? static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits))) : std::bit_cast<double>(bits);
}

void StoreFloat(double value, std::byte* at, const NumberType& type) {
  std::uint64_t bits = type.bytes == 4 ? std::bit_cast<std::uint32_t>(static_cast<float>(value)) : std::bit_cast<std::uint64_t>(value);
  StoreInteger(bits, at, type);
}

}  // namespace rutter
