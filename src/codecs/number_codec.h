#pragma once
// What numcodecs' codecs of numbers share: a configuration that names the type of the numbers and the type that was stored.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "codecs/codec.h"

namespace rutter {

/// A type of numbers: "<i4", "|u1", ">f8".
struct NumberType {
  char kind = 'i';  ///< i signed, u unsigned, f IEEE float of 4 or 8 bytes.
  std::size_t bytes = 4;
  bool big = false;

  bool is_float() const { return kind == 'f'; }
};

/// Errors: kUnsupported, naming the type.
Result<NumberType> ParseNumberType(std::string_view text);

struct NumberCodecConfig {
  NumberType decoded, stored;
  double scale = 1, offset = 0;  ///< "fixedscaleoffset" only.
};

/// Parses `spec.config`. Errors: kCorrupt, kUnsupported.
Result<NumberCodecConfig> ParseNumberCodec(const CodecSpec& spec);

/// How many bytes the stored numbers take whose decoded ones take `decoded_bytes`; 0 where the configuration is damaged.
std::size_t StoredNumberBytes(const CodecSpec& spec, std::size_t decoded_bytes);

/// An integer of the type's width, sign-extended where it is signed.
std::uint64_t LoadInteger(const std::byte* at, const NumberType& type);
void StoreInteger(std::uint64_t value, std::byte* at, const NumberType& type);
/// Float types only; a float of 4 bytes is widened.
double LoadFloat(const std::byte* at, const NumberType& type);
void StoreFloat(double value, std::byte* at, const NumberType& type);

}  // namespace rutter
