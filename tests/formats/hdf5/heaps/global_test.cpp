#include "formats/hdf5/heaps/global.h"

#include "formats/hdf5/bytes.h"

using namespace rutter;
using namespace rutter::hdf5;

namespace {

Bytes8& Object(Bytes8& bytes, unsigned index, std::uint64_t size, std::string_view data) {
  bytes.U16(index).U16(1).U32(0).U64(size).Text(data);
  return bytes.PadTo((bytes.size() + 7) / 8 * 8);
}

std::vector<std::byte> Collection(std::uint64_t size = 88) {
  Bytes8 bytes;
  bytes.Text("GCOL").U8(1).Zeros(3).U64(size);
  Object(bytes, 2, 5, "hello");
  Object(bytes, 1, 8, "worlds__");
  return bytes.U16(0).U16(0).U32(0).U64(size - bytes.size()).PadTo(88).get();
}

Status Read(const std::vector<std::byte>& bytes) {
  auto file = FileOf(bytes);
  return StatusOf(GlobalHeap(*file).Object(0, 2));
}

}  // namespace

TEST_CASE("objects of a global heap collection") {
  auto file = FileOf(Collection());
  GlobalHeap heap(*file);
  auto hello = heap.Object(0, 2);
  REQUIRE(hello);
  CHECK(hello->size() == 5);
  CHECK(std::to_integer<char>((*hello)[0]) == 'h');
  CHECK(heap.Object(0, 1)->size() == 8);
  CHECK_FALSE(heap.Object(0, 3));
  CHECK_FALSE(heap.Object(0, 0x10002));
  CHECK_FALSE(heap.Object(8, 2));
  CHECK_FALSE(heap.Object(~0ull, 2));
  CheckTruncations(Collection(), Read);
}

TEST_CASE("a tail too small for an object is free space") {
  Bytes8 bytes;
  bytes.Text("GCOL").U8(1).Zeros(3).U64(48);
  Object(bytes, 2, 5, "hello").Zeros(8);
  CHECK(Read(bytes.get()));
}

TEST_CASE("hostile collections") {
  Bytes8 huge;
  huge.Text("GCOL").U8(1).Zeros(3).U64(64).U16(2).U16(1).U32(0).U64(~0ull).PadTo(64);
  CHECK_FALSE(Read(huge.get()));
  Bytes8 still;  // free space that does not advance
  still.Text("GCOL").U8(1).Zeros(3).U64(64).Zeros(48);
  CHECK_FALSE(Read(still.get()));
  Bytes8 twice;
  twice.Text("GCOL").U8(1).Zeros(3).U64(64);
  Object(twice, 2, 5, "hello");
  Object(twice, 2, 5, "again");
  CHECK_FALSE(Read(twice.get()));
  CHECK_FALSE(Read(Collection(15)));
  CHECK_FALSE(Read(Collection(1ull << 50)));
}
