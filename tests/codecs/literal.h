#pragma once
// Codecs on literal bytes.

#include <doctest/doctest.h>

#include <cstring>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "codecs/codec.h"

namespace rutter::test {

using ByteList = std::vector<std::byte>;

inline ByteList Bytes(std::initializer_list<int> numbers) {
  ByteList bytes;
  for (int n : numbers) bytes.push_back(static_cast<std::byte>(n));
  return bytes;
}

inline ByteList Text(std::string_view text) {
  ByteList bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

/// Decodes with room for exactly `size` bytes.
inline Result<ByteList> Decode(const CodecSpec& spec, const ByteList& in, std::size_t size, std::uint32_t element_bytes = 1) {
  PipelineScratch scratch;
  ByteList out(size);
  RUTTER_TRY(DecodePipeline(std::span(&spec, 1), 0, in, out, element_bytes, scratch));
  return out;
}

inline CodecSpec Spec(CodecId id, std::vector<std::uint32_t> values = {}) {
  CodecSpec spec;
  spec.id = id;
  spec.values = std::move(values);
  return spec;
}

/// The literal decodes to `expected`, each proper prefix of it is kCorrupt, and so is room for one byte more or less.
inline void CheckLiteral(const CodecSpec& spec, const ByteList& in, const ByteList& expected, std::uint32_t element_bytes = 1) {
  auto found = Decode(spec, in, expected.size(), element_bytes);
  if (!found) MESSAGE(found.error().ToString());
  REQUIRE(found);
  CHECK(*found == expected);
  for (std::size_t n = 0; n < in.size(); ++n) {
    CAPTURE(n);
    auto cut = Decode(spec, ByteList(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(n)), expected.size(), element_bytes);
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == ErrorCode::kCorrupt);
  }
  for (std::size_t size : {expected.size() - 1, expected.size() + 1}) CHECK_FALSE(Decode(spec, in, size, element_bytes));
}

}  // namespace rutter::test
