#include "formats/hdf5/heaps/local.h"

#include "formats/hdf5/bytes.h"

using namespace rutter;
using namespace rutter::hdf5;

namespace {

std::vector<std::byte> Heap(std::uint64_t data_bytes = 16, std::uint64_t data_address = 32) {
  return Bytes8().Text("HEAP").U8(0).Zeros(3).U64(data_bytes).U64(~0ull).U64(data_address).Text(std::string("\0first\0second\0xx", 16)).get();
}

Status OpenAndName(const std::vector<std::byte>& bytes) {
  auto file = FileOf(bytes);
  RUTTER_ASSIGN(LocalHeap heap, LocalHeap::Open(*file, 0));
  return StatusOf(heap.Name(7));
}

}  // namespace

TEST_CASE("names of a local heap") {
  auto file = FileOf(Heap());
  auto heap = LocalHeap::Open(*file, 0);
  REQUIRE(heap);
  CHECK(*heap->Name(0) == "");
  CHECK(*heap->Name(1) == "first");
  CHECK(*heap->Name(7) == "second");
  CHECK_FALSE(heap->Name(14));  // no NUL behind it
  CHECK_FALSE(heap->Name(16));
  CHECK_FALSE(heap->Name(~0ull));
  CheckTruncations(Heap(), OpenAndName);
}

TEST_CASE("a local heap whose data lie elsewhere is refused") {
  for (std::uint64_t bytes : {17ull, 1ull << 40, ~0ull}) CHECK_FALSE(LocalHeap::Open(*FileOf(Heap(bytes)), 0));
  for (std::uint64_t address : {33ull, 1ull << 40, ~0ull, ~0ull - 1}) CHECK_FALSE(LocalHeap::Open(*FileOf(Heap(16, address)), 0));
}
