#include "formats/hdf5/messages/link.h"

#include "formats/hdf5/literal.h"

namespace rutter::hdf5 {
namespace {

const Sizes kSizes{8, 8};

Result<LinkMessage> Decode(ByteReader reader) { return DecodeLink(reader, kSizes); }

LinkMessage Whole(const std::vector<std::byte>& bytes) {
  auto link = Decode(ReaderOf(bytes));
  REQUIRE(link);
  CheckEveryTruncation(bytes, Decode);
  return *link;
}

TEST_CASE("link: hard, with everything that is optional") {
  auto bytes = Hex("01 1c 00 0700000000000000 01 03 \"abc\" 0008000000000000");
  LinkMessage link = Whole(bytes);
  CHECK(link.kind == LinkKind::kHard);
  CHECK(link.name == "abc");
  CHECK(link.creation_order == 7);
  CHECK(link.address == 0x800);
  auto wide = Hex("01 03 0300000000000000 \"abc\" 0008000000000000");
  CHECK(Whole(wide).name == "abc");
}

TEST_CASE("link: soft, external, user-defined") {
  auto soft_bytes = Hex("01 08 01 01 \"s\" 0400 \"/a/b\"");
  LinkMessage soft = Whole(soft_bytes);
  CHECK(soft.kind == LinkKind::kSoft);
  CHECK(soft.target == "/a/b");
  auto external_bytes = Hex("01 08 40 01 \"e\" 0900 00 \"f.h5\" 00 \"/x\" 00");
  LinkMessage external = Whole(external_bytes);
  CHECK(external.kind == LinkKind::kExternal);
  CHECK(external.target_file == "f.h5");
  CHECK(external.target == "/x");
  auto user_bytes = Hex("01 08 bb 01 \"u\" 0200 0102");
  LinkMessage user = Whole(user_bytes);
  CHECK(user.kind == LinkKind::kUser);
  CHECK(user.link_class == 0xBB);
  CHECK(user.target.size() == 2);
}

TEST_CASE("link: hostile") {
  auto code = [](std::string_view hex) {
    auto bytes = Hex(hex);
    return Decode(ReaderOf(bytes)).error().code;
  };
  CHECK(code("01 00 00 0008000000000000") == ErrorCode::kCorrupt);                                 // no name
  CHECK(code("01 00 01 \"a\" ffffffffffffffff") == ErrorCode::kCorrupt);                           // to nowhere
  CHECK(code("01 03 ffffffffffffff7f \"abc\" 0008000000000000") == ErrorCode::kCorrupt);           // a name of 2^63 bytes
  CHECK(code("01 20 01 \"a\" 0008000000000000") == ErrorCode::kCorrupt);                           // reserved flag
  CHECK(code("01 08 02 01 \"a\" 0008000000000000") == ErrorCode::kUnsupported);                    // reserved class
  CHECK(code("02 00 01 \"a\" 0008000000000000") == ErrorCode::kUnsupported);
  CHECK(code("01 08 40 01 \"e\" 0300 10 00 00") == ErrorCode::kUnsupported);                       // external link version 1
  CHECK(code("01 08 40 01 \"e\" 0400 00 \"abc\"") == ErrorCode::kCorrupt);                         // names without ends
  CHECK(code("01 08 01 01 \"s\" 0000") == ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace rutter::hdf5
