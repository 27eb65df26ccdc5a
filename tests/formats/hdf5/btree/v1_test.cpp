#include "formats/hdf5/btree/v1.h"

#include "formats/hdf5/bytes.h"

using namespace rutter;
using namespace rutter::hdf5;

namespace {

Bytes8& Node(Bytes8& bytes, unsigned level, std::initializer_list<std::uint64_t> children, unsigned type = 0) {
  bytes.Text("TREE").U8(type).U8(level).U16(children.size()).U64(~0ull).U64(~0ull).U64(0);
  for (std::uint64_t child : children) bytes.U64(child).U64(8);
  return bytes;
}

/// Two leaves at 64 and 128 under a root at 0.
std::vector<std::byte> Tree() {
  Bytes8 bytes;
  Node(bytes, 1, {64, 128}).PadTo(64);
  Node(bytes, 0, {1000, 1001}).PadTo(128);
  Node(bytes, 0, {1002});
  return bytes.get();
}

Result<std::vector<std::uint64_t>> Visit(const std::vector<std::byte>& bytes) {
  auto file = FileOf(bytes);
  std::vector<std::uint64_t> found;
  RUTTER_TRY(VisitGroupBTree(*file, 0, [&](std::uint64_t address) -> Status {
    found.push_back(address);
    return {};
  }));
  return found;
}

}  // namespace

TEST_CASE("a group's tree is visited from left to right") {
  auto found = Visit(Tree());
  REQUIRE(found);
  CHECK(*found == std::vector<std::uint64_t>{1000, 1001, 1002});
  CheckTruncations(Tree(), [](const auto& bytes) { return StatusOf(Visit(bytes)); });
}

TEST_CASE("trees that lead nowhere are refused") {
  CHECK(Visit(Node(*std::make_unique<Bytes8>(), 0, {}).get()));
  CHECK_FALSE(Visit(Node(*std::make_unique<Bytes8>(), 1, {0}).get()));             // itself
  CHECK_FALSE(Visit(Node(*std::make_unique<Bytes8>(), 2, {0, 0}).get()));
  CHECK_FALSE(Visit(Node(*std::make_unique<Bytes8>(), 0, {5}, 1).get()));           // a chunk tree
  CHECK_FALSE(Visit(Node(*std::make_unique<Bytes8>(), 200, {5}).get()));            // deeper than the limit
  CHECK_FALSE(Visit(Node(*std::make_unique<Bytes8>(), 0, {5, 5}).get()));           // a child twice
  CHECK_FALSE(Visit(Node(*std::make_unique<Bytes8>(), 0, {~0ull}).get()));
  CHECK_FALSE(Visit(Bytes8().Text("TREE").U8(0).U8(0).U16(0xFFFF).U64(~0ull).U64(~0ull).Zeros(64).get()));
}
