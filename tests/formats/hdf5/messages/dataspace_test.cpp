#include "formats/hdf5/messages/dataspace.h"

#include "formats/hdf5/literal.h"

namespace rutter::hdf5 {
namespace {

const Sizes kSizes{8, 8};

auto Decode(const std::vector<std::byte>& bytes, const Limits& limits = {}) { return DecodeDataspace(ReaderOf(bytes), kSizes, limits); }

TEST_CASE("dataspace: version 1 with maxima") {
  auto bytes = Hex("01 02 01 00 00000000  0300000000000000 0400000000000000  ffffffffffffffff 0800000000000000");
  auto space = Decode(bytes);
  REQUIRE(space);
  CHECK(space->shape == Shape{3, 4});
  REQUIRE(space->max_shape.size() == 2);
  CHECK_FALSE(space->max_shape[0].has_value());
  CHECK(space->max_shape[1] == 8);
  CHECK_FALSE(space->is_null);
  CheckEveryTruncation(bytes, [](ByteReader r) { return DecodeDataspace(r, kSizes, {}); });
}

TEST_CASE("dataspace: maxima that equal the shape say nothing") {
  auto space = Decode(Hex("02 01 01 01  0300000000000000  0300000000000000"));
  REQUIRE(space);
  CHECK(space->shape == Shape{3});
  CHECK(space->max_shape.empty());
}

TEST_CASE("dataspace: scalar, null, two-byte lengths") {
  auto scalar = Decode(Hex("02 00 00 00"));
  REQUIRE(scalar);
  CHECK(scalar->shape.empty());
  CHECK_FALSE(scalar->is_null);
  auto null = Decode(Hex("02 00 00 02"));
  REQUIRE(null);
  CHECK(null->is_null);
  auto bytes = Hex("02 01 01 01 0500 ffff");
  auto narrow = DecodeDataspace(ReaderOf(bytes), {2, 2}, {});
  REQUIRE(narrow);
  CHECK(narrow->shape == Shape{5});
  CHECK_FALSE(narrow->max_shape.at(0).has_value());
}

TEST_CASE("dataspace: hostile") {
  CHECK(Decode(Hex("02 21 00 01")).error().code == ErrorCode::kCorrupt);                   // rank 33
  CHECK(Decode(Hex("02 20 00 01 0100000000000000")).error().code == ErrorCode::kCorrupt);  // 32 axes in 8 bytes
  CHECK(Decode(Hex("02 01 00 00 0100000000000000")).error().code == ErrorCode::kCorrupt);  // a scalar of rank 1
  CHECK(Decode(Hex("02 00 00 03")).error().code == ErrorCode::kCorrupt);
  CHECK(Decode(Hex("03 00 00 00")).error().code == ErrorCode::kUnsupported);
  Limits limits;
  limits.rank = 1;
  CHECK(Decode(Hex("02 02 00 01 0100000000000000 0100000000000000"), limits).error().code == ErrorCode::kLimit);
}

}  // namespace
}  // namespace rutter::hdf5
