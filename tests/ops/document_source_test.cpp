// Text of maps behind gzip and Zstandard: the same as stored text, from its start again, cut short, and bombs.

#include "ops/document_source.h"

#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "refs/reference_reader.h"

using namespace rutter;

namespace {

const std::string kMap =
    "{\"version\":1,\"refs\":{\".zgroup\":\"{\\\"zarr_format\\\":2}\",\"a/.zarray\":{\"zarr_format\":2,\"shape\":[4],\"chunks\":[2],\"dtype\":\"|u1\"},"
    "\"a/0\":[\"/x\",0,2],\"a/1\":\"hi\"}}";

std::shared_ptr<ByteSource> Behind(std::string_view bytes) {
  std::vector<std::byte> copy(bytes.size());
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  return MakeMemorySource("/maps/a.json", std::move(copy));
}

std::string Compressed(StreamFormat format, std::string_view text) {
  auto encoder = MakeStreamEncoder(format);
  std::string out;
  REQUIRE(encoder->Encode(text, true, [&](std::string_view piece) -> Status {
    out += piece;
    return {};
  }));
  return out;
}

/// All of a text, in pieces; or the error's name.
std::string All(DocumentText& text, std::size_t piece) {
  std::string out, room(piece, '\0');
  for (;;) {
    auto length = text.Read(out.size(), room);
    if (!length) return ErrorCodeName(length.error().code);
    if (*length == 0) return out;
    out.append(room, 0, *length);
  }
}

}  // namespace

TEST_CASE("a compressed map is found by content and reads as the stored one") {
  for (StreamFormat format : {StreamFormat::kNone, StreamFormat::kGzip, StreamFormat::kZstd}) {
    std::string stored = format == StreamFormat::kNone ? kMap : Compressed(format, kMap);
    auto source = Behind(stored);
    auto text = TextOfMap(*source, stored);
    REQUIRE(text != nullptr);
    CHECK(text->size().has_value() == (format == StreamFormat::kNone));
    for (std::size_t piece : {1, 7, 4096}) CHECK(All(*text, piece) == kMap);
    auto map = ReadReferences(*text, source->name(), {});
    REQUIRE(map);
    REQUIRE(map->Find("/a") != nullptr);
    CHECK(map->Find("/a")->array->index->StoredBytes() == 4);
  }
  for (const std::string& other : {std::string("\x89HDF\r\n\x1A\n"), Compressed(StreamFormat::kGzip, "no map at all"), std::string("\x1F\x8B\x08 nothing")}) {
    auto source = Behind(other);
    CHECK(TextOfMap(*source, other) == nullptr);
  }
}

TEST_CASE("a compressed map that is cut short is truncated, a damaged one corrupt, a bomb is refused") {
  for (StreamFormat format : {StreamFormat::kGzip, StreamFormat::kZstd}) {
    std::string stored = Compressed(format, kMap);
    for (std::size_t length = 4; length < stored.size(); ++length) {
      auto source = Behind(stored.substr(0, length));
      CompressedText text(*source, format);
      CHECK(All(text, 64) == "truncated");
    }
    auto source = Behind(stored + "more");
    CompressedText text(*source, format);
    CHECK(All(text, 4096) == "corrupt");
  }
  std::string bomb = Compressed(StreamFormat::kZstd, std::string(64 << 20, ' '));
  auto source = Behind(bomb);
  CompressedText text(*source, StreamFormat::kZstd);
  CHECK(All(text, 1 << 16) == "limit");
}
