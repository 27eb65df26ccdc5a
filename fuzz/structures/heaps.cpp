// Heaps: objects by address or id.

#include <vector>

#include "formats/hdf5/heaps/fractal.h"
#include "formats/hdf5/heaps/global.h"
#include "formats/hdf5/heaps/local.h"
#include "fuzz/structures/structures.h"

namespace rutter::fuzz {

using namespace hdf5;

void RunFractalHeap(const StructureInput& in) {
  auto heap = FractalHeap::Open(*in.file, in.address);
  if (!heap) return;
  const std::size_t bytes = (*heap)->id_length();
  if (bytes == 0) return;
  // Ids from the end of the input, and managed ones made here.
  for (std::size_t at = in.bytes.size() > 512 ? in.bytes.size() - 512 : 0; at + bytes <= in.bytes.size(); at += bytes) {
    (void)(*heap)->Object(in.bytes.subspan(at, bytes));
  }
  std::vector<std::byte> id(bytes);
  for (unsigned offset = 0; bytes >= 6 && offset < 4096; offset += 61) {
    id[1] = static_cast<std::byte>(offset);
    id[2] = static_cast<std::byte>(offset >> 8);
    id[5] = std::byte{8};
    (void)(*heap)->Object(id);
  }
}

void RunGlobalHeap(const StructureInput& in) {
  GlobalHeap heap(*in.file);
  for (std::uint32_t i = 0; i < 8; ++i) (void)heap.Object(in.address, i);
}

void RunLocalHeap(const StructureInput& in) {
  auto heap = LocalHeap::Open(*in.file, in.address);
  for (std::uint64_t i = 0; heap && i < 200; ++i) (void)heap->Name(i);
}

}  // namespace rutter::fuzz
