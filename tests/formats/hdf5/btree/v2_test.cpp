#include "formats/hdf5/btree/v2.h"

#include "formats/hdf5/btree/v2_walk.h"
#include "formats/hdf5/bytes.h"

using namespace rutter;
using namespace rutter::hdf5;

namespace {

constexpr std::uint64_t kHeaderBytes = 38, kNodeBytes = 64;

Bytes8& Header(Bytes8& bytes, unsigned depth, std::uint64_t root, unsigned records, std::uint64_t total, unsigned type = 5,
               unsigned record_bytes = 11, std::uint64_t node_bytes = kNodeBytes) {
  bytes.Text("BTHD").U8(0).U8(type).U32(node_bytes).U16(record_bytes).U16(depth).U8(100).U8(40).U64(root).U16(records).U64(total);
  return bytes.Seal();
}

Bytes8& Record(Bytes8& bytes, std::uint64_t key) { return bytes.U64(key).Zeros(3); }

Bytes8& Leaf(Bytes8& bytes, std::initializer_list<std::uint64_t> keys) {
  const std::size_t begin = bytes.size();
  bytes.Text("BTLF").U8(0).U8(5);
  for (std::uint64_t key : keys) Record(bytes, key);
  return bytes.Seal(begin);
}

/// Root with records 10 and 20 over three leaves of at most (64 - 10) / 11 = 4 records: child counts take 1 byte.
std::vector<std::byte> Tree(std::uint64_t child_records = 2) {
  Bytes8 bytes;
  Header(bytes, 1, 64, 2, 7).PadTo(64);
  bytes.Text("BTIN").U8(0).U8(5);
  Record(bytes, 10);
  Record(bytes, 20);
  bytes.U64(160).U8(2).U64(240).U8(child_records).U64(320).U8(1).Seal(64).PadTo(160);
  Leaf(bytes, {1, 2}).PadTo(240);
  Leaf(bytes, {11, 12}).PadTo(320);
  Leaf(bytes, {21});
  return bytes.get();
}

std::uint64_t Key(std::span<const std::byte> record) { return ReaderOf({record.begin(), record.end()}).U64(); }

Result<std::vector<std::uint64_t>> Visit(const std::vector<std::byte>& bytes, std::uint8_t type = 0) {
  auto file = FileOf(bytes);
  std::vector<std::uint64_t> found;
  RUTTER_TRY(VisitBTreeV2(*file, 0, type, [&](std::span<const std::byte> record) -> Status {
    found.push_back(Key(record));
    return {};
  }));
  return found;
}

}  // namespace

TEST_CASE("records of a version 2 B-tree come in order") {
  auto found = Visit(Tree(), 5);
  REQUIRE(found);
  CHECK(*found == std::vector<std::uint64_t>{1, 2, 10, 11, 12, 20, 21});
  CHECK_FALSE(Visit(Tree(), 8));
  CheckTruncations(Tree(), [](const auto& bytes) { return StatusOf(Visit(bytes)); });
}

TEST_CASE("only wanted subtrees are read") {
  auto bytes = Tree();
  bytes[160] = std::byte{0};  // the first leaf is damaged
  auto file = FileOf(bytes);
  auto header = ReadBTreeV2Header(*file, 0);
  REQUIRE(header);
  std::vector<std::uint64_t> found;
  auto visit = [&](std::span<const std::byte> record) -> Status {
    found.push_back(Key(record));
    return {};
  };
  CHECK(WalkBTreeV2(*file, *header, [](auto after, auto) { return !after.empty(); }, visit));
  CHECK(found == std::vector<std::uint64_t>{10, 11, 12, 20, 21});
  CHECK_FALSE(WalkBTreeV2(*file, *header, [](auto, auto) { return true; }, visit));
}

TEST_CASE("any flipped bit of a version 2 B-tree is found") {
  for (std::size_t i = 0; i < kHeaderBytes; ++i) {
    auto damaged = Tree();
    damaged[i] ^= std::byte{1};
    CAPTURE(i);
    CHECK_FALSE(Visit(damaged));
  }
}

TEST_CASE("hostile version 2 B-trees") {
  auto header = [](auto... fields) {
    Bytes8 bytes;
    return Header(bytes, fields...).PadTo(512).get();
  };
  CHECK(Visit(header(0u, ~0ull, 0u, 0ull)));                              // empty
  CHECK_FALSE(Visit(header(0u, 64ull, 5u, 5ull)));                        // more records than a leaf holds
  CHECK_FALSE(Visit(header(0u, 64ull, 1u, 1ull, 5u, 0u)));                // records of no bytes
  CHECK_FALSE(Visit(header(0u, 64ull, 1u, 1ull, 12u)));                   // an unknown type
  CHECK_FALSE(Visit(header(0u, 64ull, 0xFFFFu, 1ull, 5u, 0xFFFFu, 0xFFFFFFFFull)));
  CHECK_FALSE(Visit(header(63u, 64ull, 1u, 1ull)));                       // a depth that overflows
  CHECK_FALSE(Visit(header(65535u, 64ull, 1u, 1ull)));
  CHECK_FALSE(Visit(header(1u, ~0ull - 8, 1u, 1ull)));
  CHECK_FALSE(Visit(Tree(5)));                                            // a child with more records than fit
  CHECK_FALSE(Visit(Tree(255)));
}
