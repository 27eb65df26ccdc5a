#include <array>
#include <cstring>

#include <doctest/doctest.h>

#include "codecs/codec.h"

namespace rutter {
namespace {

/// zlib's stream of "abcd" (RFC 1950).
constexpr std::array<unsigned char, 12> kAbcd = {0x78, 0x9c, 0x4b, 0x4c, 0x4a, 0x4e, 0x01, 0x00, 0x03, 0xd8, 0x01, 0x8b};

Result<std::string> Decode(std::size_t size, std::size_t least) {
  CodecSpec deflate;
  deflate.id = CodecId::kDeflate;
  std::array<CodecSpec, 1> stages = {deflate};
  std::string out(size, '?');
  PipelineScratch scratch;
  RUTTER_TRY(DecodePipeline(stages, 0, std::as_bytes(std::span(kAbcd)), std::as_writable_bytes(std::span(out.data(), out.size())), 1, scratch, least));
  return out;
}

TEST_CASE("a chunk decodes to its size") {
  CHECK(Decode(4, SIZE_MAX).value() == "abcd");
  CHECK_FALSE(Decode(3, SIZE_MAX));
  CHECK_FALSE(Decode(6, SIZE_MAX));
}

TEST_CASE("a chunk stored only as far as its array goes ends in zeros") {
  CHECK(Decode(6, 4).value() == std::string("abcd\0\0", 6));
  CHECK_FALSE(Decode(6, 5));
  CHECK_FALSE(Decode(3, 2));  // longer than the chunk is wrong all the same
}

}  // namespace
}  // namespace rutter
