#include "formats/hdf5/messages/group_messages.h"

#include "formats/hdf5/groups/group.h"
#include "formats/hdf5/literal.h"

namespace rutter::hdf5 {
namespace {

const Sizes kSizes{8, 8};

TEST_CASE("link info message") {
  auto bytes = Hex("00 03 0900000000000000 0001000000000000 0002000000000000 0003000000000000");
  auto info = DecodeLinkInfo(ReaderOf(bytes), kSizes);
  REQUIRE(info);
  CHECK(info->tracks_creation_order);
  CHECK(info->max_creation_index == 9);
  CHECK(info->heap == 0x100);
  CHECK(info->name_index == 0x200);
  CHECK(info->creation_index == 0x300);
  CheckEveryTruncation(bytes, [](ByteReader reader) { return DecodeLinkInfo(reader, kSizes); });
  auto compact = Hex("00 00 ffffffff ffffffff");
  auto narrow = DecodeLinkInfo(ReaderOf(compact), {4, 4});
  REQUIRE(narrow);
  CHECK_FALSE(narrow->heap.has_value());
}

TEST_CASE("group info message") {
  auto bytes = Hex("00 03 0800 0600 0400 0800");
  auto info = DecodeGroupInfo(ReaderOf(bytes));
  REQUIRE(info);
  CHECK(info->max_compact == 8);
  CHECK(info->estimated_name_bytes == 8);
  CheckEveryTruncation(bytes, [](ByteReader reader) { return DecodeGroupInfo(reader); });
}

TEST_CASE("symbol table message") {
  auto bytes = Hex("8800000000000000 a802000000000000");
  auto table = DecodeSymbolTable(ReaderOf(bytes), kSizes);
  REQUIRE(table);
  CHECK(table->btree == 0x88);
  CHECK(table->heap == 0x2A8);
  CheckEveryTruncation(bytes, [](ByteReader reader) { return DecodeSymbolTable(reader, kSizes); });
  auto undefined = Hex("ffffffffffffffff a802000000000000");
  CHECK(DecodeSymbolTable(ReaderOf(undefined), kSizes).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("symbol table node") {
  auto bytes = Hex(
      "\"SNOD\" 01 00 0200"
      "0800000000000000 2003000000000000 01000000 00000000 88000000000000000000000000000000"
      "1000000000000000 ffffffffffffffff 02000000 00000000 18000000000000000000000000000000");
  auto entries = DecodeSymbolTableNode(ReaderOf(bytes), kSizes);
  REQUIRE(entries);
  REQUIRE(entries->size() == 2);
  CHECK(entries->at(0).name_offset == 8);
  CHECK(entries->at(0).header == 0x320);
  CHECK_FALSE(entries->at(1).header.has_value());
  CHECK(entries->at(1).cache_type == 2);
  CHECK(entries->at(1).soft_link_offset == 0x18);
  CheckEveryTruncation(bytes, [](ByteReader reader) { return DecodeSymbolTableNode(reader, kSizes); });
  auto hostile = Hex("\"SNOD\" 01 00 ffff 0800000000000000");
  CHECK(DecodeSymbolTableNode(ReaderOf(hostile), kSizes).error().code == ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace rutter::hdf5
