#pragma once
// Structures written as hex text, and what every decoder must bear.

#include <doctest/doctest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"

namespace rutter::hdf5 {

/// Bytes from hex digits; blanks are free, "..." in quotes is text: `01 "OHDR" 00ff`.
inline std::vector<std::byte> Hex(std::string_view text) {
  std::vector<std::byte> bytes;
  auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == '\n') continue;
    if (text[i] == '"') {
      for (++i; text[i] != '"'; ++i) bytes.push_back(static_cast<std::byte>(text[i]));
      continue;
    }
    bytes.push_back(static_cast<std::byte>(digit(text[i]) * 16 + digit(text[i + 1])));
    ++i;
  }
  return bytes;
}

inline ByteReader ReaderOf(std::span<const std::byte> bytes) { return ByteReader(bytes, 1000, {"a.h5", "structure", "spec"}); }

/// Each proper prefix of the literal must be an error of a type that names damage.
template <class Decode>
void CheckEveryTruncation(const std::vector<std::byte>& bytes, Decode decode) {
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    CAPTURE(n);
    auto result = decode(ReaderOf(std::span(bytes).first(n)));
    REQUIRE_FALSE(result.has_value());
    CHECK((result.error().code == ErrorCode::kCorrupt || result.error().code == ErrorCode::kUnsupported));
  }
}

}  // namespace rutter::hdf5
