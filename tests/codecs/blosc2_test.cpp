#include "codecs/literal.h"

#include "codecs/blosc2_chunk.h"
#include "codecs/blosc2_frame.h"
#include "codecs/blosclz.h"

using namespace rutter;
using namespace rutter::test;

namespace {

void PutLittle(ByteList& bytes, std::size_t at, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) bytes[at + static_cast<std::size_t>(i)] = static_cast<std::byte>(value >> (8 * i));
}

/// A chunk of one block in one stream: header, block start, `stream`.
ByteList Chunk(std::uint32_t bytes, int flags, const ByteList& stream, std::uint8_t type_bytes = 1) {
  ByteList chunk(36);
  chunk[0] = std::byte{5}, chunk[1] = std::byte{1}, chunk[2] = static_cast<std::byte>(flags), chunk[3] = static_cast<std::byte>(type_bytes);
  PutLittle(chunk, 4, bytes, 4);
  PutLittle(chunk, 8, bytes, 4);
  PutLittle(chunk, 12, 36 + stream.size(), 4);
  PutLittle(chunk, 32, 36, 4);
  chunk.insert(chunk.end(), stream.begin(), stream.end());
  return chunk;
}

constexpr int kWhole = 0x15;        // an extended header, blocks that are not split
constexpr int kLz4 = kWhole | 0x20;

Result<ByteList> DecodeChunk(const ByteList& bytes) {
  RUTTER_ASSIGN(Blosc2Chunk chunk, Blosc2Chunk::Open(bytes));
  if (chunk.bytes() > 1 << 20) return Fail(ErrorCode::kLimit, "large");
  ByteList out(chunk.bytes());
  for (std::size_t at = 0; chunk.next_block_bytes() != 0;) {
    std::size_t size = chunk.next_block_bytes();
    RUTTER_TRY(chunk.NextBlock(std::span(out).subspan(at, size)));
    at += size;
  }
  return out;
}

void CheckChunk(const ByteList& bytes, const ByteList& expected) {
  auto found = DecodeChunk(bytes);
  if (!found) MESSAGE(found.error().ToString());
  REQUIRE(found);
  CHECK(*found == expected);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    auto cut = DecodeChunk(ByteList(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)));
    REQUIRE_FALSE(cut);
    CHECK(cut.error().code == ErrorCode::kCorrupt);
  }
}

void Append(ByteList& to, std::initializer_list<int> numbers) {
  for (int n : numbers) to.push_back(static_cast<std::byte>(n));
}

/// A frame of one chunk of `bytes` decoded bytes without metalayers: its chunk, and an index that says offset 0.
ByteList Frame(const ByteList& chunk, std::uint64_t bytes, std::uint64_t offset = 0) {
  ByteList frame = Bytes({0x9E, 0xA8, 'b', '2', 'f', 'r', 'a', 'm', 'e', 0, 0xD2, 0, 0, 0, 87, 0xCF, 0, 0, 0, 0, 0, 0, 0, 0, 0xA4, 0x12, 0, 0, 0, 0xD3});
  auto big = [&](std::uint64_t value, int width) {
    for (int i = width; i-- > 0;) frame.push_back(static_cast<std::byte>(value >> (8 * i)));
  };
  big(bytes, 8);
  Append(frame, {0xD3});
  big(chunk.size(), 8);
  Append(frame, {0xD2, 0, 0, 0, 1, 0xD2, 0, 0, 0, 0, 0xD2});
  big(bytes, 4);
  frame.resize(87);
  frame.insert(frame.end(), chunk.begin(), chunk.end());
  ByteList stream(4 + 8);
  PutLittle(stream, 0, 8, 4);
  PutLittle(stream, 4, offset, 8);
  ByteList index = Chunk(8, kLz4, stream);
  frame.insert(frame.end(), index.begin(), index.end());
  std::size_t size = frame.size();
  for (std::size_t i = 0; i < 8; ++i) frame[16 + i] = static_cast<std::byte>(size >> (8 * (7 - i)));
  return frame;
}

}  // namespace

TEST_CASE("BloscLZ: literals, near, far and long back references") {
  auto decode = [](const ByteList& in, std::size_t size) -> std::optional<ByteList> {
    ByteList out(size);
    if (!DecodeBloscLz(in, out)) return std::nullopt;
    return out;
  };
  CHECK(decode(Bytes({2, 'a', 'b', 'c', 0x20, 2}), 6) == Text("abcabc"));
  CHECK(decode(Bytes({0, 'a', 0x20, 0}), 4) == Text("aaaa"));
  CHECK(decode(Bytes({0, 'a', 0xE0, 255, 1, 0}), 266) == ByteList(266, std::byte{'a'}));  // 1 + 7 + 255 + 1 + 2
  ByteList far, expected;
  for (int k = 0; k < 300; ++k) {
    far.push_back(std::byte{31});
    for (int i = 0; i < 32; ++i) far.push_back(static_cast<std::byte>(k + i)), expected.push_back(static_cast<std::byte>(k + i));
  }
  Append(far, {0x3F, 255, 0, 10});  // 3 bytes from 8191 + 10 + 1 before
  std::size_t from = expected.size() - 8202;
  for (std::size_t i = 0; i < 3; ++i) expected.push_back(expected[from + i]);
  CHECK(decode(far, expected.size()) == expected);

  CHECK_FALSE(decode(Bytes({2, 'a', 'b', 'c', 0x20, 3}), 6));     // before the start
  CHECK_FALSE(decode(Bytes({2, 'a', 'b', 'c', 0x20}), 6));        // no distance
  CHECK_FALSE(decode(Bytes({2, 'a', 'b', 'c', 0x20, 2}), 5));     // more than fits
  CHECK_FALSE(decode(Bytes({2, 'a', 'b', 'c', 0x20, 2}), 7));     // less than asked
  CHECK_FALSE(decode(Bytes({0, 'a', 0xE0, 255, 255, 255}), 900));  // a length without an end
  CHECK_FALSE(decode({}, 1));
}

TEST_CASE("Blosc2 chunk: a stream that did not shrink") { CheckChunk(Chunk(3, kLz4, Bytes({3, 0, 0, 0, 'a', 'b', 'c'})), Text("abc")); }

TEST_CASE("Blosc2 chunk: LZ4, zeros, runs of one byte") {
  CheckChunk(Chunk(4, kLz4, Bytes({5, 0, 0, 0, 0x40, 'a', 'b', 'c', 'd'})), Text("abcd"));
  CheckChunk(Chunk(4, kLz4, Bytes({0, 0, 0, 0})), Bytes({0, 0, 0, 0}));
  CheckChunk(Chunk(4, kLz4, Bytes({256 - 'a', 0xFF, 0xFF, 0xFF, 1})), Text("aaaa"));
}

TEST_CASE("Blosc2 chunk: special values") {
  auto special = [](int kind, std::uint32_t bytes, std::uint8_t type_bytes, const ByteList& value) {
    ByteList chunk = Chunk(bytes, kLz4, {}, type_bytes);
    chunk.resize(32);
    chunk.insert(chunk.end(), value.begin(), value.end());
    chunk[31] = static_cast<std::byte>(kind << 4);
    PutLittle(chunk, 12, chunk.size(), 4);
    return chunk;
  };
  CheckChunk(special(1, 8, 4, {}), ByteList(8));
  CheckChunk(special(4, 8, 4, {}), ByteList(8));
  CheckChunk(special(3, 4, 2, Text("xy")), Text("xyxy"));
  CheckChunk(special(2, 8, 4, {}), Bytes({0, 0, 0xC0, 0x7F, 0, 0, 0xC0, 0x7F}));
  CHECK_FALSE(DecodeChunk(special(2, 8, 2, {})));  // no float has two bytes
  CHECK_FALSE(DecodeChunk(special(3, 5, 2, Text("xy"))));
  CHECK_FALSE(DecodeChunk(special(5, 8, 4, {})));
}

TEST_CASE("Blosc2 chunk: delta refers to the element before") {
  ByteList chunk = Chunk(4, kLz4, Bytes({4, 0, 0, 0, 1, 3, 1, 7}));
  chunk[16] = std::byte{3};
  CheckChunk(chunk, Bytes({1, 2, 3, 4}));
}

TEST_CASE("Blosc2 chunk: what is refused") {
  ByteList sound = Chunk(4, kLz4, Bytes({5, 0, 0, 0, 0x40, 'a', 'b', 'c', 'd'}));
  auto with = [&](std::size_t at, std::uint64_t value, int width) {
    ByteList chunk = sound;
    PutLittle(chunk, at, value, width);
    auto found = DecodeChunk(chunk);
    REQUIRE_FALSE(found);
    return found.error().code;
  };
  CHECK(with(0, 6, 1) == ErrorCode::kUnsupported);                // a format of the future
  CHECK(with(2, 0x20, 1) == ErrorCode::kUnsupported);             // a Blosc 1 chunk
  CHECK(with(2, kWhole | 0xC0, 1) == ErrorCode::kUnsupported);    // a plugin's codec
  CHECK(with(2, kWhole | 0xE0, 1) == ErrorCode::kUnsupported);
  CHECK(with(16, 35, 1) == ErrorCode::kUnsupported);              // a plugin's filter
  CHECK(with(16, 0x0301, 2) == ErrorCode::kUnsupported);          // shuffle before delta
  CHECK(with(31, 8, 1) == ErrorCode::kUnsupported);               // lazy
  CHECK(with(3, 0, 1) == ErrorCode::kCorrupt);                    // no type
  CHECK(with(4, 0xFFFFFFFF, 4) == ErrorCode::kCorrupt);           // sizes
  CHECK(with(8, 0, 4) == ErrorCode::kCorrupt);
  CHECK(with(8, 5, 4) == ErrorCode::kCorrupt);
  CHECK(with(8, 1, 4) == ErrorCode::kCorrupt);                    // four blocks, one start
  CHECK(with(12, 31, 4) == ErrorCode::kCorrupt);
  CHECK(with(12, 0xFFFFFFFF, 4) == ErrorCode::kCorrupt);
  CHECK(with(32, 4, 4) == ErrorCode::kCorrupt);                   // a block in the header, one outside
  CHECK(with(32, 0xFFFFFFFF, 4) == ErrorCode::kCorrupt);
  CHECK(with(36, 0x7FFFFFFF, 4) == ErrorCode::kCorrupt);          // a stream beyond the end
  CHECK(with(36, 0x80000000, 4) == ErrorCode::kCorrupt);
}

TEST_CASE("Blosc2 chunk: blocks that share one long stream are not decoded again and again") {
  // 64 blocks of one byte, all with the same stream of 200 bytes: empty zlib blocks would take time and give nothing.
  ByteList chunk(32 + 64 * 4);
  ByteList head = Chunk(64, kWhole | 0x60, {});
  std::copy(head.begin(), head.begin() + 32, chunk.begin());
  PutLittle(chunk, 8, 1, 4);
  for (std::size_t k = 0; k < 64; ++k) PutLittle(chunk, 32 + 4 * k, 32 + 64 * 4, 4);
  Append(chunk, {200, 0, 0, 0});
  chunk.resize(chunk.size() + 200);
  PutLittle(chunk, 12, chunk.size(), 4);
  CHECK_FALSE(DecodeChunk(chunk));
}

TEST_CASE("Blosc2 frame: one chunk, and a special one") {
  ByteList chunk = Chunk(3, kLz4, Bytes({3, 0, 0, 0, 'a', 'b', 'c'}));
  CheckLiteral(Spec(CodecId::kBlosc2), Frame(chunk, 3), Text("abc"));
  CheckLiteral(Spec(CodecId::kBlosc2), Frame({}, 3, 0x81ull << 56), Bytes({0, 0, 0}));
}

TEST_CASE("Blosc2 frame: hostile headers") {
  ByteList sound = Frame(Chunk(3, kLz4, Bytes({3, 0, 0, 0, 'a', 'b', 'c'})), 3);
  REQUIRE(Decode(Spec(CodecId::kBlosc2), sound, 3));
  for (std::size_t at = 0; at < 63; ++at) {
    for (int value : {0, 1, 0x7F, 0x80, 0xFF}) {
      CAPTURE(at);
      ByteList frame = sound;
      frame[at] = static_cast<std::byte>(value);
      auto found = Decode(Spec(CodecId::kBlosc2), frame, 3);
      bool typed = found || found.error().code == ErrorCode::kCorrupt || found.error().code == ErrorCode::kUnsupported || found.error().code == ErrorCode::kLimit;
      CHECK(typed);
    }
  }
  CHECK_FALSE(Decode(Spec(CodecId::kBlosc2), Frame({}, 3, 0x85ull << 56), 3));                                    // no such special value
  CHECK_FALSE(Decode(Spec(CodecId::kBlosc2), Frame(Chunk(3, kLz4, Bytes({3, 0, 0, 0, 'a', 'b', 'c'})), 3, 40), 3));  // a chunk outside
}
