// Streams that are made without a compressor decode to what they stand for.

#include "refs/stored_encoding.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "small_map.h"

using namespace rutter;
using namespace rutter::test;

namespace {

std::vector<std::byte> Decoded(const std::vector<CodecSpec>& stages, const std::string& stream, std::size_t size, std::uint32_t element_bytes) {
  std::vector<std::byte> out(size);
  PipelineScratch scratch;
  Status status = DecodePipeline(stages, 0, BytesOf(stream), out, element_bytes, scratch);
  REQUIRE_MESSAGE(status, (status ? "" : status.error().ToString()));
  return out;
}

}  // namespace

TEST_CASE("an element repeated any number of times") {
  for (std::size_t size : {1, 2, 3, 4, 5, 7, 8, 16, 17, 100, 257, 258, 259, 1000, 4097, 32'768}) {
    std::string element;
    for (std::size_t i = 0; i < size; ++i) element += static_cast<char>(i * 151 + 130);
    for (std::uint64_t count : {1, 2, 3, 64, 65, 129, 258, 259, 5000}) {
      if (size * count > (2u << 20)) continue;
      std::string expected;
      for (std::uint64_t i = 0; i < count; ++i) expected += element;
      std::string stream = EncodeRepeated(element, count);
      CHECK(Decoded({Stage(CodecId::kDeflate, {1})}, stream, expected.size(), 1) == BytesOf(expected));
      CHECK(stream.size() < size * 9 / 8 + expected.size() / 258 * 4 + 300);
    }
  }
}

TEST_CASE("chunks restated for their array's codecs") {
  std::string data;
  for (int i = 0; i < 70'000; ++i) data += static_cast<char>(i * i >> 4);
  for (const auto& stages : std::vector<std::vector<CodecSpec>>{{Stage(CodecId::kDeflate, {4})},
                                                                {Stage(CodecId::kZstd, {3})},
                                                                {Stage(CodecId::kBlosc, {2, 2, 4, 0, 5, 1, 0})},
                                                                {Stage(CodecId::kShuffle, {4}), Stage(CodecId::kDeflate, {4})}}) {
    auto stream = EncodeStored(stages, BytesOf(data), 4);
    REQUIRE(stream);
    CHECK(Decoded(stages, *stream, data.size(), 4) == BytesOf(data));
  }
  auto refused = EncodeStored(std::vector<CodecSpec>{Stage(CodecId::kBzip2)}, BytesOf(data), 4);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kUnsupported);
}
