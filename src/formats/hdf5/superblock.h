#pragma once
// Where an HDF5 file begins and what holds for all of it.
// Sources: HDF5 4.0, "Format Signature and Superblock", "File Driver Info", "Superblock Extension".

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/hdf5/file.h"
#include "formats/hdf5/messages/minor.h"

namespace rutter::hdf5 {

inline constexpr std::uint64_t kSuperblockSignatureBytes = 8;

struct Superblock {
  std::uint8_t version = 0;
  Sizes sizes;
  std::uint16_t group_leaf_k = 4, group_internal_k = 16, chunk_internal_k = 32;
  std::uint32_t consistency_flags = 0;
  std::uint64_t position = 0;             ///< Where the signature was found: this is the base address in force.
  std::uint64_t stored_base_address = 0;  ///< What the file says; differs where a user block was added or cut off later.
  std::optional<std::uint64_t> end_of_file;
  std::optional<std::uint64_t> extension, driver_info_block;
  std::uint64_t root_header = 0;
  std::optional<SharedMessageTableMessage> shared_messages;
  std::optional<FileSpaceInfo> file_space;
  std::optional<MetadataCacheImage> cache_image;
  std::vector<std::string> notes;  ///< What a user should know of the file as a whole.

  /// Version 3: a writer had the file open when it was copied, or has now.
  bool open_for_writing() const { return version >= 3 && (consistency_flags & 1) != 0; }
  bool open_for_swmr() const { return version >= 3 && (consistency_flags & 4) != 0; }
};

/// True where `bytes` begin with the format signature.
bool StartsWithSignature(std::span<const std::byte> bytes);

/// The fixed part, from the signature on; checksums (versions 2 and 3) verified.
/// Errors: kCorrupt, kUnsupported (version; offsets or lengths of 16 or 32 bytes).
Result<Superblock> DecodeSuperblock(ByteReader reader);

/// Offset of the signature: 0, 512, 1024, 2048, ... ; nullopt where there is none. Errors: kIo.
Result<std::optional<std::uint64_t>> FindSuperblock(ByteSource& source);

/// Finds and reads the superblock with its extension, and sets the file's layout.
/// Errors: as DecodeSuperblock; kUnsupported where there is no signature, or where a driver spread the file over several.
Result<Superblock> ReadSuperblock(File& file);

}  // namespace rutter::hdf5
