#include "formats/hdf5/heaps/fractal.h"

#include "formats/hdf5/bytes.h"
#include "formats/hdf5/heaps/fractal_header.h"

using namespace rutter;
using namespace rutter::hdf5;

namespace {

constexpr std::uint64_t kBlock = 192;

struct HeapFields {
  std::uint64_t id_bytes = 8, width = 4, start = 512, max_direct = 1024, bits = 16, root = kBlock, rows = 0, flags = 2;
};

Bytes8& Header(Bytes8& bytes, const HeapFields& f) {
  bytes.Text("FRHP").U8(0).U16(f.id_bytes).U16(0).U8(f.flags).U32(512).U64(0).U64(~0ull).U64(0).U64(~0ull);
  bytes.U64(2048).U64(512).U64(0).U64(1);           // managed space, allocated, iterator, objects
  bytes.U64(0).U64(0).U64(0).U64(0);                // huge and tiny objects
  bytes.U16(f.width).U64(f.start).U64(f.max_direct).U16(f.bits).U16(1).U64(f.root).U16(f.rows);
  return bytes.Seal();
}

/// A direct block of `size` bytes at heap offset `offset`: 17 bytes of header + 2 of offset ... object "payload" at 32.
Bytes8 DirectBlock(std::uint64_t offset, std::size_t size, std::string_view payload) {
  Bytes8 block;
  block.Text("FHDB").U8(0).U64(0).U16(offset).U32(0).PadTo(32).Text(payload).PadTo(size);
  Bytes8 sealed;
  sealed.Text("FHDB").U8(0).U64(0).U16(offset).U32(Lookup3(block.get())).PadTo(32).Text(payload).PadTo(size);
  return sealed;
}

Bytes8& Append(Bytes8& bytes, const Bytes8& more) {
  for (std::byte b : more.get()) bytes.U8(std::to_integer<std::uint64_t>(b));
  return bytes;
}

std::vector<std::byte> OneBlock(const HeapFields& fields = {}) {
  Bytes8 bytes;
  Header(bytes, fields).PadTo(kBlock);
  return Append(bytes, DirectBlock(0, 512, "payload")).get();
}

/// Two rows of four direct blocks under a root indirect block; of them the second of row 1 (1024 bytes... of 512 each).
std::vector<std::byte> TwoRows() {
  Bytes8 bytes;
  Header(bytes, {.root = 192, .rows = 2}).PadTo(192);
  bytes.Text("FHIB").U8(0).U64(0).U16(0);
  for (int i = 0; i < 8; ++i) bytes.U64(i == 5 ? 300 : ~0ull);
  bytes.Seal(192).PadTo(300);
  return Append(bytes, DirectBlock(5 * 512, 512, "deep")).get();
}

std::vector<std::byte> ManagedId(std::uint64_t offset, std::uint64_t length) { return Bytes8().U8(0).U16(offset).U16(length).PadTo(8).get(); }

Result<std::string> Object(const std::vector<std::byte>& bytes, const std::vector<std::byte>& id) {
  auto file = FileOf(bytes);
  RUTTER_ASSIGN(auto heap, FractalHeap::Open(*file, 0));
  RUTTER_ASSIGN(auto object, heap->Object(id));
  return std::string(reinterpret_cast<const char*>(object.data()), object.size());
}

}  // namespace

TEST_CASE("managed objects in a root direct block") {
  CHECK(*Object(OneBlock(), ManagedId(32, 7)) == "payload");
  CheckTruncations(OneBlock(), [](const auto& bytes) { return StatusOf(Object(bytes, ManagedId(32, 7))); });
  CHECK_FALSE(Object(OneBlock(), ManagedId(8, 7)));      // in the block's header
  CHECK_FALSE(Object(OneBlock(), ManagedId(510, 3)));    // over its end
  CHECK_FALSE(Object(OneBlock(), ManagedId(512, 1)));
  CHECK_FALSE(Object(OneBlock(), ManagedId(32, 0xFFFF)));
  CHECK_FALSE(Object(OneBlock(), Bytes8().U8(0).U16(32).U16(7).get()));  // an id of another length
  CHECK_FALSE(Object(OneBlock(), Bytes8().U8(0x30).PadTo(8).get()));     // type 3
  CHECK_FALSE(Object(OneBlock(), Bytes8().U8(0x40).PadTo(8).get()));     // version 1
}

TEST_CASE("a damaged direct block is found by its checksum") {
  auto bytes = OneBlock();
  bytes[kBlock + 400] ^= std::byte{1};
  auto object = Object(bytes, ManagedId(32, 7));
  REQUIRE_FALSE(object);
  CHECK(object.error().message.find("checksum") != std::string::npos);
}

TEST_CASE("objects below an indirect block") {
  CHECK(*Object(TwoRows(), ManagedId(5 * 512 + 32, 4)) == "deep");
  CHECK_FALSE(Object(TwoRows(), ManagedId(4 * 512 + 32, 4)));   // never allocated
  CHECK_FALSE(Object(TwoRows(), ManagedId(8 * 512 + 32, 4)));   // behind the last row
  CheckTruncations(TwoRows(), [](const auto& bytes) { return StatusOf(Object(bytes, ManagedId(5 * 512 + 32, 4))); });
}

TEST_CASE("tiny objects lie in their ids") {
  CHECK(*Object(OneBlock(), Bytes8().U8(0x22).Text("abc").PadTo(8).get()) == "abc");
  CHECK_FALSE(Object(OneBlock(), Bytes8().U8(0x2F).PadTo(8).get()));
  // Ids of more than 17 bytes have 12 bits of length.
  CHECK(*Object(OneBlock({.id_bytes = 40}), Bytes8().U8(0x20).U8(19).Text("twenty bytes of text").PadTo(40).get()) == "twenty bytes of text");
}

TEST_CASE("huge objects that their ids place") {
  auto bytes = OneBlock({.id_bytes = 24});
  auto id = [](std::uint64_t address, std::uint64_t length) { return Bytes8().U8(0x10).U64(address).U64(length).PadTo(24).get(); };
  CHECK(*Object(bytes, id(kBlock + 32, 7)) == "payload");
  CHECK_FALSE(Object(bytes, id(kBlock + 32, 1ull << 40)));
  CHECK_FALSE(Object(bytes, id(~0ull, 7)));
  CHECK_FALSE(Object(bytes, id(~0ull - 3, 7)));
  CHECK_FALSE(Object(OneBlock(), Bytes8().U8(0x10).U64(1).PadTo(8).get()));  // by a tree that is not there
}

TEST_CASE("the doubling table of the specification") {
  DoublingTable table{4, 512, 2048, 32};
  CHECK(table.MaxDirectRows() == 4);
  CHECK(table.RowOf(0) == 0);
  CHECK(table.RowOf(2047) == 0);
  CHECK(table.RowOf(2048) == 1);
  CHECK(table.RowOf(4095) == 1);
  CHECK(table.RowOf(4096) == 2);
  CHECK(table.BlockBytes(0) == 512);
  CHECK(table.BlockBytes(1) == 512);
  CHECK(table.BlockBytes(3) == 2048);
  CHECK(table.RowOffset(3) == 8192);
  CHECK(table.RowsOfIndirectBlock(4) == 2);
}

TEST_CASE("hostile heap headers") {
  for (HeapFields fields : {HeapFields{.width = 0}, HeapFields{.width = 3}, HeapFields{.start = 0}, HeapFields{.start = 1ull << 63},
                            HeapFields{.max_direct = 256}, HeapFields{.max_direct = 1ull << 60}, HeapFields{.bits = 0},
                            HeapFields{.bits = 65}, HeapFields{.bits = 8}, HeapFields{.rows = 60000}, HeapFields{.id_bytes = 0},
                            HeapFields{.width = 0x8000, .bits = 16}}) {
    CHECK_FALSE(Object(OneBlock(fields), ManagedId(32, 7)));
  }
  CHECK_FALSE(Object(OneBlock({.root = ~0ull}), ManagedId(32, 7)));
}
