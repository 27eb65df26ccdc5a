// Compressed streams: what was encoded comes back in pieces of any size, through several members, and damage is seen.

#include "codecs/stream.h"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>

using namespace rutter;

namespace {

std::string Encode(StreamFormat format, std::string_view text) {
  auto encoder = MakeStreamEncoder(format);
  std::string out;
  auto write = [&](std::string_view piece) -> Status {
    out += piece;
    return {};
  };
  for (; text.size() > 1000; text.remove_prefix(1000)) REQUIRE(encoder->Encode(text.substr(0, 1000), false, write));
  REQUIRE(encoder->Encode(text, true, write));
  return out;
}

/// All that comes out of a stream, its input and output cut into pieces; "error", or "cut" where the stream does not end.
std::string Decode(StreamFormat format, std::string_view stream, std::size_t in_piece, std::size_t out_piece) {
  auto decoder = MakeStreamDecoder(format);
  std::string out, room(out_piece, '\0');
  bool between = true;
  for (std::size_t at = 0;;) {
    auto in = stream.substr(at, in_piece);
    if (in.empty() && between) return out;
    auto step = decoder->Decode(std::as_bytes(std::span(in)), std::as_writable_bytes(std::span(room)));
    if (!step) return "error";
    if (step->consumed == 0 && step->produced == 0 && in.empty()) return "cut";
    at += step->consumed;
    out.append(room, 0, step->produced);
    between = step->between;
  }
}

std::string Sample() {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "\"a/" + std::to_string(i) + "\":[\"x\"," + std::to_string(i * 7919 % 1000) + ",4],";
  return text;
}

}  // namespace

TEST_CASE("gzip and Zstandard streams come back, in pieces of any size, several in a row") {
  const std::string text = Sample();
  for (StreamFormat format : {StreamFormat::kGzip, StreamFormat::kZstd}) {
    std::string one = Encode(format, text), none = Encode(format, "");
    CHECK(DetectStream(one) == format);
    CHECK(one.size() < text.size() / 4);
    for (auto [in, out] : {std::pair<std::size_t, std::size_t>{1, 100}, {7, 1}, {4096, 65536}, {1 << 20, 1 << 20}}) {
      CHECK(Decode(format, one, in, out) == text);
      CHECK(Decode(format, one + none + one, in, out) == text + text);
    }
  }
  CHECK(DetectStream("{\"version\"") == StreamFormat::kNone);
  CHECK(DetectStream("") == StreamFormat::kNone);
}

TEST_CASE("damaged and cut streams never look whole") {
  const std::string text = Sample();
  for (StreamFormat format : {StreamFormat::kGzip, StreamFormat::kZstd}) {
    const std::string stream = Encode(format, text);
    for (std::size_t length = 1; length < stream.size(); length += 97) CHECK(Decode(format, stream.substr(0, length), 64, 4096) == "cut");
    for (std::size_t at = 0; at < stream.size(); at += 61) {
      std::string damaged = stream;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      std::string found = Decode(format, damaged, 64, 4096);
      // Some bytes of a gzip header (time, system) mean nothing.
      CHECK((found == "error" || found == "cut" || (format == StreamFormat::kGzip && at < 10 && found == text)));
    }
    CHECK(Decode(format, stream + "garbage behind it", 64, 4096) == "error");
  }
}
