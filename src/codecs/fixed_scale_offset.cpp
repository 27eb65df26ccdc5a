// numcodecs "fixedscaleoffset": number = stored / scale + offset. Source: numcodecs, "FixedScaleOffset".

#include "codecs/decoders.h"
#include "codecs/number_codec.h"

namespace rutter {
namespace {

/// Towards zero; what no integer can hold becomes the lowest one.
std::uint64_t ToInteger(double value) {
  if (value > -9223372036854775809.0 && value < 9223372036854775808.0) return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  if (value > 0 && value < 18446744073709551616.0) return static_cast<std::uint64_t>(value);
  return 1ull << 63;
}

}  // namespace

RUTTER_DECODER(DecodeFixedScaleOffset) {
  (void)context;
  RUTTER_ASSIGN(NumberCodecConfig config, ParseNumberCodec(spec));
  const NumberType &stored = config.stored, &decoded = config.decoded;
  if (in.size() % stored.bytes != 0) return Fail(ErrorCode::kCorrupt, "scaled data is cut inside a number");
  std::size_t count = in.size() / stored.bytes;
  if (count > out.size() / decoded.bytes) return Fail(ErrorCode::kCorrupt, "scaled data is longer than its chunk");
  bool single = stored.is_float() && stored.bytes == 4;  // then the writer's library computes in floats too
  for (std::size_t i = 0; i < count; ++i) {
    const std::byte* at = in.data() + i * stored.bytes;
    double value;
    if (stored.is_float()) {
      value = LoadFloat(at, stored);
    } else {
      std::uint64_t number = LoadInteger(at, stored);
      value = stored.kind == 'u' ? static_cast<double>(number) : static_cast<double>(static_cast<std::int64_t>(number));
    }
    if (single) {
      value = static_cast<double>(static_cast<float>(value) / static_cast<float>(config.scale) + static_cast<float>(config.offset));
    } else {
      value = value / config.scale + config.offset;
    }
    std::byte* to = out.data() + i * decoded.bytes;
    if (decoded.is_float()) {
      StoreFloat(value, to, decoded);
    } else {
      StoreInteger(ToInteger(value), to, decoded);
    }
  }
  return count * decoded.bytes;
}

}  // namespace rutter
