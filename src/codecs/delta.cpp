// numcodecs "delta": the first number, then differences. Source: numcodecs, "Delta".

#include "codecs/decoders.h"
#include "codecs/number_codec.h"

namespace rutter {
namespace {

/// Sums in the precision of the decoded type, as the writer's library does.
template <class Real>
void SumReals(std::span<const std::byte> in, std::byte* out, std::size_t count, const NumberCodecConfig& config) {
  const NumberType& stored = config.stored;
  Real sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::byte* at = in.data() + i * stored.bytes;
    Real step;
    if (stored.is_float()) {
      step = static_cast<Real>(LoadFloat(at, stored));
    } else {
      std::uint64_t number = LoadInteger(at, stored);
      step = stored.kind == 'u' ? static_cast<Real>(number) : static_cast<Real>(static_cast<std::int64_t>(number));
    }
    sum = i == 0 ? step : sum + step;
    StoreFloat(static_cast<double>(sum), out + i * config.decoded.bytes, config.decoded);
  }
}

}  // namespace

RUTTER_DECODER(DecodeDelta) {
  (void)context;
  RUTTER_ASSIGN(NumberCodecConfig config, ParseNumberCodec(spec));
  if (!config.decoded.is_float() && config.stored.is_float()) return Fail(ErrorCode::kUnsupported, "delta of integers that is stored as floats");
  if (in.size() % config.stored.bytes != 0) return Fail(ErrorCode::kCorrupt, "delta data is cut inside a number");
  std::size_t count = in.size() / config.stored.bytes;
  if (count > out.size() / config.decoded.bytes) return Fail(ErrorCode::kCorrupt, "delta data is longer than its chunk");
  if (config.decoded.is_float()) {
    auto sum = config.decoded.bytes == 4 ? SumReals<float> : SumReals<double>;
    sum(in, out.data(), count, config);
  } else {
    std::uint64_t total = 0;  // wraps as the type does
    for (std::size_t i = 0; i < count; ++i) {
      total += LoadInteger(in.data() + i * config.stored.bytes, config.stored);
      StoreInteger(total, out.data() + i * config.decoded.bytes, config.decoded);
    }
  }
  return count * config.decoded.bytes;
}

}  // namespace rutter
