#pragma once
// Single structures of HDF5 files, each behind the same control bytes: what a whole file reaches only through many sound ones.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "base/byte_reader.h"
#include "formats/hdf5/file.h"

namespace rutter::fuzz {

/// The first 16 bytes of an input say what the rest is: structure, widths of addresses and lengths, rank, chunk length,
/// flags, three unused, then the structure's address in the rest as 8 bytes little-endian.
inline constexpr std::size_t kControlBytes = 16;

struct StructureInput {
  std::uint8_t rank = 0, chunk = 0, flags = 0;
  std::uint64_t address = 0;
  hdf5::Sizes sizes;
  std::span<const std::byte> bytes;   ///< What follows the control bytes.
  std::shared_ptr<hdf5::File> file;   ///< The same as a file without a superblock.

  ByteReader Reader() const { return ByteReader(bytes, 0, {"input", "structure", "HDF5 4.0"}); }
};

/// Ends the program: something was decoded that must not come out of any bytes.
inline void Require(bool sound) {
  if (!sound) std::abort();
}

void RunFractalHeap(const StructureInput& in);
void RunGlobalHeap(const StructureInput& in);
void RunLocalHeap(const StructureInput& in);

void RunGroupBTree(const StructureInput& in);
void RunBTreeV2(const StructureInput& in);
void RunSymbolTableNode(const StructureInput& in);

void RunChunkBTreeV1(const StructureInput& in);
void RunFixedArray(const StructureInput& in);
void RunExtensibleArray(const StructureInput& in);
void RunChunkBTreeV2(const StructureInput& in);
void RunImplicit(const StructureInput& in);
void RunSingleChunk(const StructureInput& in);

void RunSuperblock(const StructureInput& in);
void RunCacheImage(const StructureInput& in);
void RunObjectHeader(const StructureInput& in);
void RunLinks(const StructureInput& in);
void RunAttributes(const StructureInput& in);
void RunDataset(const StructureInput& in);

void RunDatatype(const StructureInput& in);
void RunDataspace(const StructureInput& in);
void RunAttributeMessage(const StructureInput& in);
void RunLinkMessage(const StructureInput& in);
void RunSmallMessages(const StructureInput& in);
void RunSharedMessage(const StructureInput& in);
void RunLayout(const StructureInput& in);
void RunFilterPipeline(const StructureInput& in);
void RunFillValue(const StructureInput& in);
void RunExternalFiles(const StructureInput& in);
void RunSelection(const StructureInput& in);
void RunVirtualMappings(const StructureInput& in);

}  // namespace rutter::fuzz
