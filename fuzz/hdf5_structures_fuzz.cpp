// Single structures of HDF5 files: what a whole file reaches only through many sound ones.
//
// The first 16 bytes say what the rest is: structure, widths of addresses and lengths, rank, chunk length, flags,
// two unused, then the structure's address in the rest as 8 bytes little-endian. Seeds: seeds/hdf5_structures/make.py.

#include <cstdlib>
#include <cstring>
#include <set>

#include "formats/hdf5/btree/v1.h"
#include "formats/hdf5/btree/v2.h"
#include "formats/hdf5/chunk_index/btree_v1_index.h"
#include "formats/hdf5/chunk_index/btree_v2_index.h"
#include "formats/hdf5/chunk_index/extensible_array.h"
#include "formats/hdf5/chunk_index/fixed_array.h"
#include "formats/hdf5/chunk_index/simple_indexes.h"
#include "formats/hdf5/heaps/fractal.h"
#include "formats/hdf5/heaps/global.h"
#include "formats/hdf5/heaps/local.h"
#include "formats/hdf5/messages/storage_messages.h"
#include "formats/hdf5/storage.h"
#include "formats/hdf5/virtual_mapping.h"
#include "fuzz/hdf5_mutator.h"

namespace {

using namespace rutter;
using namespace rutter::hdf5;

constexpr std::size_t kControlBytes = 16;

struct Input {
  std::uint8_t structure, widths, rank, chunk, flags;
  std::uint64_t address;
  std::span<const std::byte> file;
};

void Require(bool sound) {
  if (!sound) std::abort();
}

/// Every chunk must come once, lie in its box and in the file.
void Locate(const ChunkIndex& index, const Box& box, std::uint64_t file_bytes) {
  std::set<Shape> seen;
  (void)index.Locate(box, [&](std::span<const std::uint64_t> place, const ChunkRef& chunk) -> Status {
    for (std::size_t k = 0; k < place.size(); ++k) {
      Require(place[k] >= box.start[k] && place[k] - box.start[k] < box.shape[k]);
    }
    Require(chunk.offset <= file_bytes && chunk.length <= file_bytes - chunk.offset);
    Require(seen.emplace(place.begin(), place.end()).second);
    if (seen.size() > 5'000) return Fail(ErrorCode::kLimit, "enough");
    return {};
  });
}

void LocateChunks(const Input& in, const std::shared_ptr<File>& file) {
  ChunkGeometry geometry;
  geometry.file = file;
  const std::size_t rank = 1 + in.rank % 4;
  for (std::size_t k = 0; k < rank; ++k) {
    // Small grids as in the seeds, or huge ones.
    const std::uint64_t length = in.flags & 0x80 ? 1ull << (in.flags & 31) << 8 : 40 + 8 * k;
    geometry.shape.push_back(length);
    const bool unlimited = (in.flags >> k & 1) != 0;
    geometry.max_shape.push_back(unlimited ? std::nullopt : std::optional<std::uint64_t>(length));
    geometry.chunk.push_back(1 + in.chunk % 16);
    geometry.grid.push_back(CeilDiv(length, geometry.chunk.back()));
  }
  geometry.chunk_bytes = 64;
  geometry.filtered = (in.flags & 0x10) != 0;
  geometry.unfiltered_edges = (in.flags & 0x20) != 0;
  std::unique_ptr<ChunkIndex> index;
  switch (in.structure % 16) {
    case 3: index = std::make_unique<BTreeV1Index>(geometry, in.address); break;
    case 4: index = std::make_unique<FixedArrayIndex>(geometry, in.address); break;
    case 5: index = std::make_unique<ExtensibleArrayIndex>(geometry, in.address); break;
    case 6: index = std::make_unique<BTreeV2Index>(geometry, in.address); break;
    default:
      for (auto& length : geometry.max_shape) length = length.value_or(1u << 20);
      index = std::make_unique<ImplicitIndex>(geometry, in.address);
      break;
  }
  Box whole{Shape(rank, 0), geometry.grid}, part = whole;
  for (std::size_t k = 0; k < rank; ++k) {
    part.start[k] = geometry.grid[k] / 3;
    part.shape[k] = 1 + geometry.grid[k] / 4;
  }
  Locate(*index, whole, file->end());
  Locate(*index, part, file->end());
}

void ReadFractalHeap(const Input& in, File& file) {
  auto heap = FractalHeap::Open(file, in.address);
  if (!heap) return;
  const std::size_t bytes = (*heap)->id_length();
  // Ids from the end of the input, and managed ones made here.
  for (std::size_t at = in.file.size() > 512 ? in.file.size() - 512 : 0; at + bytes <= in.file.size(); at += bytes) {
    (void)(*heap)->Object(in.file.subspan(at, bytes));
  }
  std::vector<std::byte> id(bytes);
  for (unsigned offset = 0; bytes >= 6 && offset < 4096; offset += 61) {
    id[1] = static_cast<std::byte>(offset);
    id[2] = static_cast<std::byte>(offset >> 8);
    id[5] = std::byte{8};
    (void)(*heap)->Object(id);
  }
}

void DecodeMessage(const Input& in, const Sizes& sizes) {
  const Limits limits = Limits::Strict();
  ByteReader r(in.file, 0, {"input", "message", "HDF5 4.0"});
  switch (in.structure % 16) {
    case 9: (void)DecodeDataLayout(r, sizes); break;
    case 10: (void)DecodeFilterPipeline(r, limits); break;
    case 11:
      (void)DecodeFillValue(r);
      (void)DecodeFillValueOld(r);
      break;
    case 12: (void)DecodeExternalFiles(r, sizes); break;
    default: (void)DecodeSelection(r, sizes, in.rank % 5, limits); break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kControlBytes) return 0;
  Input in{data[0], data[1], data[2], data[3], data[4], 0, std::as_bytes(std::span(data + kControlBytes, size - kControlBytes))};
  std::memcpy(&in.address, data + 8, 8);
  constexpr std::uint8_t kWidths[] = {8, 4, 2, 8};
  const Sizes sizes{kWidths[in.widths % 4], kWidths[in.widths / 4 % 4]};
  auto file = std::make_shared<File>(MakeBorrowedSource("input", in.file), MakeRefusingOpener(), Limits::Strict());
  file->SetLayout(sizes, 0);
  switch (in.structure % 16) {
    case 0: ReadFractalHeap(in, *file); break;
    case 1: (void)VisitGroupBTree(*file, in.address, [](std::uint64_t) -> Status { return {}; }); break;
    case 2: (void)VisitBTreeV2(*file, in.address, 0, [](std::span<const std::byte>) -> Status { return {}; }); break;
    case 3:
    case 4:
    case 5:
    case 6:
    case 15: LocateChunks(in, file); break;
    case 7: {
      GlobalHeap heap(*file);
      for (std::uint32_t i = 0; i < 8; ++i) (void)heap.Object(in.address, i);
      break;
    }
    case 8: {
      auto heap = LocalHeap::Open(*file, in.address);
      for (std::uint64_t i = 0; heap && i < 200; ++i) (void)heap->Name(i);
      break;
    }
    case 14: (void)DecodeVirtualMappings(in.file, 0, *file, 1 + in.rank % 4); break;
    default: DecodeMessage(in, sizes); break;
  }
  return 0;
}
