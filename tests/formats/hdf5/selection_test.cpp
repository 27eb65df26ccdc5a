// Serialized selections, as libhdf5 encodes them.
#include "formats/hdf5/bytes.h"
#include "formats/hdf5/storage.h"

using namespace rutter;
using namespace rutter::hdf5;

namespace {

using Kind = ElementSelection::Kind;

Result<ElementSelection> Decode(const std::vector<std::byte>& bytes, std::size_t rank = 0) {
  ByteReader reader = ReaderOf(bytes);
  return DecodeSelection(reader, {8, 8}, rank, Limits());
}

Status DecodeStatus(const std::vector<std::byte>& bytes) { return StatusOf(Decode(bytes)); }

}  // namespace

TEST_CASE("all and nothing") {
  CHECK(Decode(Bytes8().U32(3).U32(1).Zeros(8).get())->kind == Kind::kAll);
  CHECK(Decode(Bytes8().U32(0).U32(1).Zeros(8).get())->kind == Kind::kNone);
  CheckTruncations(Bytes8().U32(3).U32(1).Zeros(8).get(), DecodeStatus);
}

TEST_CASE("points") {
  auto first = Bytes8().U32(1).U32(1).U32(0).U32(24).U32(2).U32(2).U32(1).U32(2).U32(3).U32(4).get();
  auto second = Bytes8().U32(1).U32(2).U8(2).U32(2).U16(2).U16(1).U16(2).U16(3).U16(4).get();
  for (const auto& bytes : {first, second}) {
    auto selection = Decode(bytes, 2);
    REQUIRE(selection);
    CHECK(selection->kind == Kind::kPoints);
    CHECK(selection->points == std::vector<Shape>{{1, 2}, {3, 4}});
    CHECK_FALSE(Decode(bytes, 3));
    CheckTruncations(bytes, DecodeStatus);
  }
  CHECK_FALSE(Decode(Bytes8().U32(1).U32(1).U32(0).U32(24).U32(2).U32(0xFFFFFFFF).Zeros(64).get()));
  CHECK_FALSE(Decode(Bytes8().U32(1).U32(1).U32(0).U32(24).U32(0).U32(2).Zeros(64).get()));
  CHECK_FALSE(Decode(Bytes8().U32(1).U32(1).U32(0).U32(24).U32(33).U32(2).Zeros(512).get()));
}

TEST_CASE("blocks") {
  auto first = Bytes8().U32(2).U32(1).U32(0).U32(24).U32(2).U32(1).U32(1).U32(2).U32(3).U32(4).get();
  auto second = Bytes8().U32(2).U32(3).U8(0).U8(2).U32(2).U16(1).U16(1).U16(2).U16(3).U16(4).get();
  for (const auto& bytes : {first, second}) {
    auto selection = Decode(bytes, 2);
    REQUIRE(selection);
    CHECK(selection->kind == Kind::kBoxes);
    REQUIRE(selection->boxes.size() == 1);
    CHECK(selection->boxes[0].start == Shape{1, 2});
    CHECK(selection->boxes[0].shape == Shape{3, 3});
    CheckTruncations(bytes, DecodeStatus);
  }
  CHECK_FALSE(Decode(Bytes8().U32(2).U32(3).U8(0).U8(2).U32(1).U16(1).U16(5).U16(4).get()));  // ends before it starts
  CHECK_FALSE(Decode(Bytes8().U32(2).U32(3).U8(0).U8(8).U32(1).U64(~0ull).Zeros(64).get()));
  CHECK_FALSE(Decode(Bytes8().U32(2).U32(3).U8(0).U8(3).U32(1).Zeros(64).get()));
}

TEST_CASE("regular hyperslabs") {
  auto second = Bytes8().U32(2).U32(2).U8(1).U32(36).U32(1).U64(1).U64(4).U64(~0ull).U64(3).get();
  auto third = Bytes8().U32(2).U32(3).U8(1).U8(2).U32(1).U16(1).U16(4).U16(0xFFFF).U16(3).get();
  for (const auto& bytes : {second, third}) {
    auto selection = Decode(bytes, 1);
    REQUIRE(selection);
    CHECK(selection->kind == Kind::kRegular);
    CHECK(selection->axes[0] == HyperslabAxis{1, 4, HyperslabAxis::kUnlimited, 3});
    CheckTruncations(bytes, DecodeStatus);
  }
  // One block without an end.
  auto endless = Decode(Bytes8().U32(2).U32(3).U8(1).U8(4).U32(1).U32(7).U32(1).U32(1).U32(0xFFFFFFFF).get());
  REQUIRE(endless);
  CHECK(endless->axes[0] == HyperslabAxis{7, 1, HyperslabAxis::kUnlimited, 1});
  CHECK_FALSE(Decode(Bytes8().U32(2).U32(3).U8(1).U8(2).U32(1).U16(1).U16(2).U16(5).U16(3).get()));  // blocks that overlap
  CHECK_FALSE(Decode(Bytes8().U32(9).U32(1).Zeros(64).get()));
  CHECK_FALSE(Decode(Bytes8().U32(2).U32(9).Zeros(64).get()));
}
