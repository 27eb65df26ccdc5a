// Chunk indexes: every chunk must come once, lie in the box that was asked for, and in the file.

#include <optional>
#include <set>

#include "base/checked.h"
#include "formats/hdf5/chunk_index/btree_v1_index.h"
#include "formats/hdf5/chunk_index/btree_v2_index.h"
#include "formats/hdf5/chunk_index/extensible_array.h"
#include "formats/hdf5/chunk_index/fixed_array.h"
#include "formats/hdf5/chunk_index/simple_indexes.h"
#include "fuzz/structures/structures.h"

namespace rutter::fuzz {

using namespace hdf5;

namespace {

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

ChunkGeometry Geometry(const StructureInput& in) {
  ChunkGeometry geometry;
  geometry.file = in.file;
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
  return geometry;
}

void LocateAll(const StructureInput& in, const ChunkIndex& index, const Shape& grid) {
  Box whole{Shape(grid.size(), 0), grid}, part = whole;
  for (std::size_t k = 0; k < grid.size(); ++k) {
    part.start[k] = grid[k] / 3;
    part.shape[k] = 1 + grid[k] / 4;
  }
  Locate(index, whole, in.file->end());
  Locate(index, part, in.file->end());
}

template <class Index>
void Run(const StructureInput& in) {
  ChunkGeometry geometry = Geometry(in);
  const Shape grid = geometry.grid;
  LocateAll(in, Index(std::move(geometry), in.address), grid);
}

}  // namespace

void RunChunkBTreeV1(const StructureInput& in) { Run<BTreeV1Index>(in); }
void RunFixedArray(const StructureInput& in) { Run<FixedArrayIndex>(in); }
void RunExtensibleArray(const StructureInput& in) { Run<ExtensibleArrayIndex>(in); }
void RunChunkBTreeV2(const StructureInput& in) { Run<BTreeV2Index>(in); }

void RunImplicit(const StructureInput& in) {
  ChunkGeometry geometry = Geometry(in);
  for (auto& length : geometry.max_shape) length = length.value_or(1u << 20);
  const Shape grid = geometry.grid;
  LocateAll(in, ImplicitIndex(std::move(geometry), in.address), grid);
}

void RunSingleChunk(const StructureInput& in) {
  ChunkGeometry geometry = Geometry(in);
  geometry.grid.assign(geometry.rank(), 1);
  const Shape grid = geometry.grid;
  LocateAll(in, SingleChunkIndex(std::move(geometry), in.address, in.bytes.size(), in.chunk), grid);
}

}  // namespace rutter::fuzz
