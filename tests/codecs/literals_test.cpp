// Each codec on bytes written by hand from its description.

#include "codecs/literal.h"

#include <string>

using namespace rutter;
using namespace rutter::test;

TEST_CASE("deflate: a stored block") {
  CheckLiteral(Spec(CodecId::kDeflate), Bytes({0x78, 0x01, 0x01, 3, 0, 0xFC, 0xFF, 'a', 'b', 'c', 0x02, 0x4D, 0x01, 0x27}), Text("abc"));
}

TEST_CASE("gzip: a stored block") {
  CheckLiteral(Spec(CodecId::kGzip), Bytes({0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 1, 3, 0, 0xFC, 0xFF, 'a', 'b', 'c', 0xC2, 0x41, 0x24, 0x35, 3, 0, 0, 0}), Text("abc"));
}

TEST_CASE("shuffle: elements of two bytes") { CheckLiteral(Spec(CodecId::kShuffle, {2}), Bytes({1, 3, 5, 2, 4, 6}), Bytes({1, 2, 3, 4, 5, 6}), 2); }

TEST_CASE("fletcher32: one word") {
  CheckLiteral(Spec(CodecId::kFletcher32), Bytes({1, 2, 2, 1, 2, 1}), Bytes({1, 2}));
  auto broken = Decode(Spec(CodecId::kFletcher32), Bytes({1, 3, 2, 1, 2, 1}), 2);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().message == "the Fletcher32 checksum of a chunk does not match its data");
}

TEST_CASE("LZF: literals and a back reference") {
  CheckLiteral(Spec(CodecId::kLzf), Bytes({2, 'a', 'b', 'c', 0x20, 2}), Text("abcabc"));
  CHECK_FALSE(Decode(Spec(CodecId::kLzf), Bytes({2, 'a', 'b', 'c', 0x20, 3}), 6));  // before the start
}

TEST_CASE("LZ4 with numcodecs' size") {
  CheckLiteral(Spec(CodecId::kLz4), Bytes({3, 0, 0, 0, 0x30, 'a', 'b', 'c'}), Text("abc"));
  CHECK_FALSE(Decode(Spec(CodecId::kLz4), Bytes({0xFF, 0xFF, 0xFF, 0xFF, 0x30, 'a', 'b', 'c'}), 3));
}

TEST_CASE("LZ4 with HDF5's framing: a block that did not shrink, one that did") {
  CheckLiteral(Spec(CodecId::kLz4Hdf5), Bytes({0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 3, 0x20, 'd', 'e'}), Text("abcde"));
  // More in all than fits, blocks of no bytes, a block of 4 GiB.
  for (auto [place, value] : {std::pair(0, 0xFF), std::pair(11, 0), std::pair(12, 0xFF)}) {
    ByteList in = Bytes({0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 3, 'a', 'b', 'c'});
    in[static_cast<std::size_t>(place)] = static_cast<std::byte>(value);
    CHECK_FALSE(Decode(Spec(CodecId::kLz4Hdf5), in, 3));
  }
}

TEST_CASE("Bitshuffle: bit 0 of eight bytes") {
  CheckLiteral(Spec(CodecId::kBitshuffle, {0, 2, 1, 8, 0}), Bytes({1, 1, 1, 1, 1, 1, 1, 1}), Bytes({255, 0, 0, 0, 0, 0, 0, 0}));
  auto refused = Decode(Spec(CodecId::kBitshuffle, {0, 2, 1, 8, 7}), Bytes({1, 1, 1, 1, 1, 1, 1, 1}), 8);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::kUnsupported);
}

TEST_CASE("bzip2") {
  CheckLiteral(Spec(CodecId::kBzip2), Bytes({0x42, 0x5a, 0x68, 0x31, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x64, 0x8c, 0xbb, 0x73, 0, 0, 0, 1, 0, 0x38, 0, 0x20, 0, 0x21,
                                             0x98, 0x19, 0x84, 0x61, 0x77, 0x24, 0x53, 0x85, 0x09, 0x06, 0x48, 0xcb, 0xb7, 0x30}),
               Text("abc"));
}

TEST_CASE("Zstandard: a raw block") { CheckLiteral(Spec(CodecId::kZstd), Bytes({0x28, 0xB5, 0x2F, 0xFD, 0x20, 3, 0x19, 0, 0, 'a', 'b', 'c'}), Text("abc")); }

TEST_CASE("Blosc: a chunk that is a copy") {
  CheckLiteral(Spec(CodecId::kBlosc), Bytes({2, 1, 2, 1, 3, 0, 0, 0, 3, 0, 0, 0, 19, 0, 0, 0, 'a', 'b', 'c'}), Text("abc"));
}

TEST_CASE("n-bit: four bits at offset two, in either order") {
  CheckLiteral(Spec(CodecId::kNbit, {8, 0, 2, 1, 2, 0, 4, 2}), Bytes({0x5A}), Bytes({20, 0, 40, 0}), 2);
  CheckLiteral(Spec(CodecId::kNbit, {8, 0, 2, 1, 2, 1, 4, 2}), Bytes({0x5A}), Bytes({0, 20, 0, 40}), 2);
}

TEST_CASE("n-bit: a type without spare bits has no parameters and is stored as it is") {
  CheckLiteral(Spec(CodecId::kNbit, {3, 1, 3}), Text("abc"), Text("abc"));
}

TEST_CASE("n-bit: hostile parameters") {
  using Values = std::vector<std::uint32_t>;
  for (const Values& values : {Values{}, Values{3, 0, 2}, Values{8, 0, 0xFFFFFFFF, 1, 2, 0, 4, 2}, Values{8, 0, 2, 1, 2, 0, 17, 0}, Values{8, 0, 2, 1, 2, 0, 4, 13},
                               Values{8, 0, 2, 9, 2, 0, 4, 2}, Values{8, 0, 2, 2, 2, 1, 0, 0}, Values{8, 0, 1, 3, 4, 0xFFFFFFFF, 0, 1, 4}}) {
    auto found = Decode(Spec(CodecId::kNbit, values), Bytes({0x5A}), 4, 2);
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::kCorrupt);
  }
  std::vector<std::uint32_t> nested = {8, 0, 1};
  for (int k = 0; k < 1000; ++k) nested.insert(nested.end(), {2, 1});
  CHECK_FALSE(Decode(Spec(CodecId::kNbit, nested), Bytes({0x5A}), 1));
}

namespace {

ByteList ScaleOffset(int bits, int minimum, std::initializer_list<int> data) {
  ByteList in = Bytes({bits, 0, 0, 0, 8, minimum, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  for (int n : data) in.push_back(static_cast<std::byte>(n));
  return in;
}

}  // namespace

TEST_CASE("scale-offset: four bits above a minimum") {
  CheckLiteral(Spec(CodecId::kScaleOffset, {2, 0, 2, 0, 2, 0, 0, 0}), ScaleOffset(4, 10, {0x5A}), Bytes({15, 0, 20, 0}), 2);
  CheckLiteral(Spec(CodecId::kScaleOffset, {2, 0, 2, 0, 2, 0, 1, 0}), ScaleOffset(4, 10, {0x5A}), Bytes({0, 15, 0, 20}), 2);
}

TEST_CASE("scale-offset: all bits ones is the fill value") {
  CheckLiteral(Spec(CodecId::kScaleOffset, {2, 0, 2, 0, 2, 0, 0, 1, 99}), ScaleOffset(4, 10, {0x5F}), Bytes({15, 0, 99, 0}), 2);
}

TEST_CASE("scale-offset: numbers that could not be shortened are little-endian in a big-endian type too") {
  CheckLiteral(Spec(CodecId::kScaleOffset, {2, 0, 2, 0, 2, 0, 0, 0}), ScaleOffset(16, 0, {1, 2, 3, 4}), Bytes({1, 2, 3, 4}), 2);
  CheckLiteral(Spec(CodecId::kScaleOffset, {2, 0, 2, 0, 2, 0, 1, 0}), ScaleOffset(16, 0, {1, 2, 3, 4}), Bytes({2, 1, 4, 3}), 2);
}

TEST_CASE("filters that round only: what was stored") {
  for (CodecId id : {CodecId::kBitGroom, CodecId::kGranularBitRound, CodecId::kBitRound}) CheckLiteral(Spec(id, {3, 4}), Text("abcd"), Text("abcd"), 4);
}

TEST_CASE("delta: integers wrap, floats add up in their own precision") {
  CodecSpec spec = Spec(CodecId::kDelta);
  spec.config = R"({"id":"delta","dtype":"<i2","astype":"|i1"})";
  CheckLiteral(spec, Bytes({1, 1, 0xFE}), Bytes({1, 0, 2, 0, 0, 0}), 2);
  spec.config = R"({"dtype":">u2"})";
  CheckLiteral(spec, Bytes({0xFF, 0xFF, 0, 2}), Bytes({0xFF, 0xFF, 0, 1}), 2);
  spec.config = R"({"dtype":"<f4"})";
  CheckLiteral(spec, Bytes({0, 0, 0x80, 0x3F, 0, 0, 0x80, 0x3F}), Bytes({0, 0, 0x80, 0x3F, 0, 0, 0, 0x40}), 4);
}

TEST_CASE("fixedscaleoffset: stored / scale + offset") {
  CodecSpec spec = Spec(CodecId::kFixedScaleOffset);
  spec.config = R"({"id":"fixedscaleoffset","scale":10,"offset":1000.0,"dtype":"<f8","astype":"|u1"})";
  double numbers[] = {1000, 1 / 10.0 + 1000, 255 / 10.0 + 1000};
  ByteList expected(sizeof numbers);
  std::memcpy(expected.data(), numbers, sizeof numbers);
  CheckLiteral(spec, Bytes({0, 1, 255}), expected, 8);
  spec.config = R"({"scale":0.5,"offset":-1,"dtype":">i2","astype":"|i1"})";
  CheckLiteral(spec, Bytes({3, 0xFF}), Bytes({0, 5, 0xFF, 0xFD}), 2);
}

TEST_CASE("codecs of numbers: configurations that are damaged or ask too much") {
  for (CodecId id : {CodecId::kDelta, CodecId::kFixedScaleOffset}) {
    for (std::string config : {"", "[]", "{}", R"({"dtype":7})", R"({"dtype":"<i3"})", R"({"dtype":"<c8"})", R"({"dtype":"|V"})", R"({"dtype":"<i4","astype":"object"})",
                               R"({"dtype":"<i44"})"}) {
      CodecSpec spec = Spec(id);
      spec.config = config;
      auto found = Decode(spec, Bytes({1, 2, 3, 4}), 4, 4);
      REQUIRE_FALSE(found);
      bool typed = found.error().code == ErrorCode::kCorrupt || found.error().code == ErrorCode::kUnsupported;
      CHECK(typed);
    }
  }
  CodecSpec spec = Spec(CodecId::kFixedScaleOffset);
  spec.config = R"({"dtype":"<i4","scale":0})";  // a division by zero is a number, if no useful one
  CHECK(Decode(spec, Bytes({1, 2, 3, 4}), 4, 4));
}

TEST_CASE("every name leads to its row") {
  for (const Codec& codec : AllCodecs()) {
    CHECK(FindCodec(codec.id) == &codec);
    if (codec.hdf5_filter != 0) CHECK(FindCodecByHdf5Filter(codec.hdf5_filter) == &codec);
    if (codec.zarr_v2 != nullptr) CHECK(FindCodecByZarrV2(codec.zarr_v2) == &codec);
  }
  CHECK(FindCodec(CodecId::kUnknown) == nullptr);
  CHECK(FindCodecByHdf5Filter(0) == nullptr);
  CHECK(std::string(Hdf5FilterTitle(32017)) == "SZ");
  CHECK(std::string(Hdf5FilterTitle(32026)) == "Blosc2");
  CHECK(std::string(Hdf5FilterTitle(32029)) == "TERSE/PROLIX");
  CHECK(std::string(Hdf5FilterTitle(40000)) == "unknown");
}
