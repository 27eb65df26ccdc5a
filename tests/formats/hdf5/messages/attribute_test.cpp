#include "formats/hdf5/messages/attribute.h"

#include "formats/hdf5/literal.h"

namespace rutter::hdf5 {
namespace {

const Sizes kSizes{8, 8};

TEST_CASE("attribute message: version 1 pads its parts") {
  auto bytes = Hex("01 00 0300 0c00 0400  \"ab\" 00 0000000000  100800000200000000001000 00000000  02000000 00000000  0700");
  auto attribute = DecodeAttribute(ReaderOf(bytes));
  REQUIRE(attribute);
  CHECK(attribute->name == "ab");
  CHECK(attribute->datatype.size() == 12);
  CHECK(attribute->datatype_offset == 16);
  CHECK(attribute->dataspace_offset == 32);
  CHECK(attribute->data_offset == 40);
  CHECK(attribute->data.size() == 2);
  for (std::size_t n = 0; n < 40; ++n) CHECK_FALSE(DecodeAttribute(ReaderOf(std::span(bytes).first(n))));
}

TEST_CASE("attribute message: versions 2 and 3") {
  auto second = Hex("02 01 0300 0200 0100  \"ab\" 00  0302 02 07");
  auto attribute = DecodeAttribute(ReaderOf(second));
  REQUIRE(attribute);
  CHECK(attribute->shared_datatype);
  CHECK_FALSE(attribute->shared_dataspace);
  CHECK(attribute->data.size() == 1);
  auto third = Hex("03 02 0300 0200 0100 01 \"ab\" 00  0302 02");
  attribute = DecodeAttribute(ReaderOf(third));
  REQUIRE(attribute);
  CHECK(attribute->utf8_name);
  CHECK(attribute->shared_dataspace);
  CheckEveryTruncation(third, [](ByteReader reader) { return DecodeAttribute(reader); });
}

TEST_CASE("attribute message: hostile") {
  auto code = [](std::string_view hex) {
    auto bytes = Hex(hex);
    return DecodeAttribute(ReaderOf(bytes)).error().code;
  };
  CHECK(code("03 00 0500 0200 0100 01 \"ab\" 00 \"c\" 00 0302 02") == ErrorCode::kCorrupt);  // a NUL inside the name
  CHECK(code("03 00 ffff ffff ffff 01 \"ab\" 00") == ErrorCode::kCorrupt);
  CHECK(code("03 04 0300 0200 0100 01 \"ab\" 00 0302 02") == ErrorCode::kCorrupt);
  CHECK(code("04 00 0300 0200 0100 01 \"ab\" 00 0302 02") == ErrorCode::kUnsupported);
  CHECK(code("03 00 0000 0200 0100 01 0302 02") == ErrorCode::kCorrupt);
}

TEST_CASE("attribute info message") {
  auto bytes = Hex("00 03 0500 0001000000000000 0002000000000000 ffffffffffffffff");
  auto info = DecodeAttributeInfo(ReaderOf(bytes), kSizes);
  REQUIRE(info);
  CHECK(info->max_creation_index == 5);
  CHECK(info->heap == 0x100);
  CHECK(info->name_index == 0x200);
  CHECK_FALSE(info->creation_index.has_value());
  CheckEveryTruncation(bytes, [](ByteReader reader) { return DecodeAttributeInfo(reader, kSizes); });
  auto reserved = Hex("00 04 0001000000000000 0002000000000000");
  CHECK(DecodeAttributeInfo(ReaderOf(reserved), kSizes).error().code == ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace rutter::hdf5
