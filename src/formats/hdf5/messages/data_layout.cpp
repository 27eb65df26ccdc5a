#include <string>

#include "formats/hdf5/messages/storage_messages.h"

namespace rutter::hdf5 {
namespace {

// Flags of a chunked layout, version 4 and up.
constexpr std::uint8_t kUnfilteredEdges = 1, kSingleFiltered = 2, kKnownFlags = 3;
constexpr std::uint8_t kMaxChunkRank = 33;  ///< 32 dimensions and the element size.

void CheckChunkRank(ByteReader& r, unsigned rank) {
  if (r.ok() && (rank < 2 || rank > kMaxChunkRank)) r.Fail(ErrorCode::kCorrupt, "a chunk of " + std::to_string(rank) + " dimensions");
}

/// Chunk dimensions and, last, the element size.
void DecodeChunkDims(ByteReader& r, unsigned rank, unsigned width, DataLayout& layout) {
  if (!r.Fits(rank, width)) return;
  for (unsigned i = 0; i < rank; ++i) {
    std::uint64_t dim = r.Uint(width);
    if (dim == 0) r.Fail(ErrorCode::kCorrupt, "chunk dimension " + std::to_string(i) + " is 0");
    layout.chunk_dims.push_back(dim);
  }
  layout.element_bytes = layout.chunk_dims.back();
  layout.chunk_dims.pop_back();
}

void DecodeCompact(ByteReader& r, unsigned size_width, DataLayout& layout) {
  auto data = r.Take(r.Uint(size_width));
  layout.compact_data.assign(data.begin(), data.end());
}

/// Versions 1 and 2. The 32-bit dimensions of what is not chunked are too narrow to be of use.
void DecodeOld(ByteReader& r, const Sizes& sizes, DataLayout& layout) {
  const std::uint8_t rank = r.U8();
  const std::uint8_t layout_class = r.U8();
  if (r.ok() && (rank == 0 || rank > kMaxChunkRank)) r.Fail(ErrorCode::kCorrupt, std::to_string(rank) + " dimensions");
  if (layout_class > 2) r.Fail(ErrorCode::kCorrupt, "layout class " + std::to_string(layout_class));
  layout.layout_class = static_cast<LayoutClass>(layout_class);
  r.Skip(5);  // reserved
  if (layout.layout_class != LayoutClass::kCompact) layout.address = r.Address(sizes.offsets);
  if (layout.layout_class == LayoutClass::kChunked) {
    CheckChunkRank(r, rank);
    DecodeChunkDims(r, rank, 4, layout);
    return;
  }
  r.Skip(4u * rank);
  if (layout.layout_class == LayoutClass::kCompact) DecodeCompact(r, 4, layout);
}

void DecodeChunkedV3(ByteReader& r, const Sizes& sizes, DataLayout& layout) {
  const std::uint8_t rank = r.U8();
  layout.address = r.Address(sizes.offsets);
  CheckChunkRank(r, rank);
  DecodeChunkDims(r, rank, 4, layout);
}

/// Versions 4 and 5, which differ in nothing here: in version 5 (HDF5 2.0) the sizes of filtered chunks in the index are
/// as wide as the file's lengths, which the indexes see from their own headers.
void DecodeChunkedV4(ByteReader& r, const Sizes& sizes, DataLayout& layout) {
  const std::uint8_t flags = r.U8();
  if (flags & ~kKnownFlags) r.Fail(ErrorCode::kUnsupported, "chunk flags " + std::to_string(flags));
  layout.unfiltered_edge_chunks = (flags & kUnfilteredEdges) != 0;
  const std::uint8_t rank = r.U8();
  const std::uint8_t width = r.U8();
  CheckChunkRank(r, rank);
  if (r.ok() && (width == 0 || width > 8)) r.Fail(ErrorCode::kCorrupt, "chunk dimensions of " + std::to_string(width) + " bytes");
  if (r.ok()) DecodeChunkDims(r, rank, width, layout);
  const std::uint8_t index_type = r.U8();
  layout.index_type = static_cast<ChunkIndexType>(index_type);
  switch (layout.index_type) {
    case ChunkIndexType::kSingle:
      layout.single_filtered = (flags & kSingleFiltered) != 0;
      if (layout.single_filtered) {
        layout.single_filtered_bytes = r.Uint(sizes.lengths);
        layout.single_filter_mask = r.U32();
      }
      break;
    case ChunkIndexType::kImplicit: break;
    case ChunkIndexType::kFixedArray: layout.fixed_page_bits = r.U8(); break;
    case ChunkIndexType::kExtensibleArray:
      layout.ea_max_bits = r.U8();
      layout.ea_index_elements = r.U8();
      layout.ea_min_pointers = r.U8();
      layout.ea_min_elements = r.U8();
      layout.ea_page_bits = r.U8();
      break;
    case ChunkIndexType::kBTreeV2:
      layout.bt2_node_bytes = r.U32();
      layout.bt2_split = r.U8();
      layout.bt2_merge = r.U8();
      break;
    case ChunkIndexType::kBTreeV1:
    default:
      if (r.ok()) r.Fail(ErrorCode::kCorrupt, "chunk index type " + std::to_string(index_type));
  }
  layout.address = r.Address(sizes.offsets);
}

}  // namespace

Result<DataLayout> DecodeDataLayout(ByteReader r, const Sizes& sizes) {
  DataLayout layout;
  layout.version = r.U8();
  if (r.ok() && (layout.version < 1 || layout.version > 5)) {
    r.Fail(ErrorCode::kUnsupported, "version " + std::to_string(layout.version));
  }
  if (layout.version < 3) {
    DecodeOld(r, sizes, layout);
    return r.Finish(std::move(layout));
  }
  const std::uint8_t layout_class = r.U8();
  layout.layout_class = static_cast<LayoutClass>(layout_class);
  switch (layout.layout_class) {
    case LayoutClass::kCompact: DecodeCompact(r, 2, layout); break;
    case LayoutClass::kContiguous:
      layout.address = r.Address(sizes.offsets);
      layout.contiguous_bytes = r.Uint(sizes.lengths);
      break;
    case LayoutClass::kChunked:
      if (layout.version == 3) {
        DecodeChunkedV3(r, sizes, layout);
      } else {
        DecodeChunkedV4(r, sizes, layout);
      }
      break;
    case LayoutClass::kVirtual:
      if (layout.version == 3) {
        r.Fail(ErrorCode::kCorrupt, "a virtual layout of version 3");
        break;
      }
      layout.address = r.Address(sizes.offsets);
      layout.virtual_heap_index = r.U32();
      break;
    default: r.Fail(ErrorCode::kCorrupt, "layout class " + std::to_string(layout_class));
  }
  return r.Finish(std::move(layout));
}

}  // namespace rutter::hdf5
