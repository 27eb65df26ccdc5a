#include "formats/hdf5/messages/minor.h"

#include "formats/hdf5/literal.h"

namespace rutter::hdf5 {
namespace {

const Sizes kSizes{8, 8};

TEST_CASE("object header continuation message") {
  auto bytes = Hex("0010000000000000 8000000000000000");
  auto continuation = DecodeContinuation(ReaderOf(bytes), kSizes);
  REQUIRE(continuation);
  CHECK(continuation->address == 0x1000);
  CHECK(continuation->bytes == 128);
  CheckEveryTruncation(bytes, [](ByteReader reader) { return DecodeContinuation(reader, kSizes); });
  auto empty = Hex("0010000000000000 0000000000000000");
  CHECK(DecodeContinuation(ReaderOf(empty), kSizes).error().code == ErrorCode::kCorrupt);
  auto nowhere = Hex("ffffffffffffffff 8000000000000000");
  CHECK(DecodeContinuation(ReaderOf(nowhere), kSizes).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("comments, times, counts") {
  auto comment = Hex("\"a comment\" 00 000000");
  CHECK(*DecodeObjectComment(ReaderOf(comment)) == "a comment");
  auto endless = Hex("\"a comment\"");
  CHECK(DecodeObjectComment(ReaderOf(endless)).error().code == ErrorCode::kCorrupt);
  auto time = Hex("01 000000 00e1f505");
  CHECK(*DecodeModificationTime(ReaderOf(time)) == 100'000'000);
  CheckEveryTruncation(time, [](ByteReader reader) { return DecodeModificationTime(reader); });
  auto old_time = Hex("\"19980401123005\"");
  CHECK(*DecodeModificationTimeOld(ReaderOf(old_time)) == "19980401123005");
  CheckEveryTruncation(old_time, [](ByteReader reader) { return DecodeModificationTimeOld(reader); });
  auto count = Hex("00 02000000");
  CHECK(*DecodeReferenceCount(ReaderOf(count)) == 2);
  CheckEveryTruncation(count, [](ByteReader reader) { return DecodeReferenceCount(reader); });
}

TEST_CASE("superblock extension messages") {
  auto k = Hex("00 2000 1000 0400");
  auto values = DecodeBTreeKValues(ReaderOf(k));
  REQUIRE(values);
  CHECK(values->chunk_internal == 32);
  CHECK(values->group_leaf == 4);
  CheckEveryTruncation(k, [](ByteReader reader) { return DecodeBTreeKValues(reader); });

  auto table = Hex("00 0004000000000000 02");
  auto shared = DecodeSharedMessageTable(ReaderOf(table), kSizes);
  REQUIRE(shared);
  CHECK(shared->table == 0x400);
  CHECK(shared->num_indexes == 2);
  CheckEveryTruncation(table, [](ByteReader reader) { return DecodeSharedMessageTable(reader, kSizes); });

  auto driver = Hex("00 \"NCSAfami\" 0800 0000000100000000");
  auto info = DecodeDriverInfo(ReaderOf(driver));
  REQUIRE(info);
  CHECK(info->name == "NCSAfami");
  CHECK(info->data.size() == 8);
  CheckEveryTruncation(driver, [](ByteReader reader) { return DecodeDriverInfo(reader); });

  auto block = Hex("00 000000 08000000 \"NCSAmult\" 0102030405060000");
  CHECK(DecodeDriverInfoBlock(ReaderOf(block))->name == "NCSAmult");
  CheckEveryTruncation(block, [](ByteReader reader) { return DecodeDriverInfoBlock(reader); });

  auto space = Hex("01 01 01 0100000000000000 0010000000000000");
  auto file_space = DecodeFileSpaceInfo(ReaderOf(space), kSizes);
  REQUIRE(file_space);
  CHECK(file_space->page_bytes == 4096);
  CHECK(file_space->persists_free_space);
  CheckEveryTruncation(space, [](ByteReader reader) { return DecodeFileSpaceInfo(reader, kSizes); });

  auto image = Hex("00 ffffffffffffffff 0000000000000000");
  CHECK_FALSE(DecodeMetadataCacheImage(ReaderOf(image), kSizes)->has_value());
  CheckEveryTruncation(image, [](ByteReader reader) { return DecodeMetadataCacheImage(reader, kSizes); });
}

}  // namespace
}  // namespace rutter::hdf5
