#pragma once
// Small messages of the superblock extension and of object headers.
// Sources: HDF5 4.0, "The Object Header Continuation Message", "The Object Comment Message", "The Object Modification Time
// Message" (and old), "The B-tree 'K' Values Message", "The Driver Info Message", "The Object Reference Count Message",
// "The Shared Message Table Message", "The File Space Info Message"; the metadata cache image is HDF5 1.10's.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

struct Continuation {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};
/// Errors: kCorrupt (undefined address, length 0).
Result<Continuation> DecodeContinuation(ByteReader reader, const Sizes& sizes);

Result<std::string_view> DecodeObjectComment(ByteReader reader);

/// Seconds since 1970.
Result<std::uint32_t> DecodeModificationTime(ByteReader reader);
/// "YYYYMMDDhhmmss", UTC.
Result<std::string_view> DecodeModificationTimeOld(ByteReader reader);

struct BTreeKValues {
  std::uint16_t chunk_internal = 0, group_internal = 0, group_leaf = 0;
};
Result<BTreeKValues> DecodeBTreeKValues(ByteReader reader);

Result<std::uint32_t> DecodeReferenceCount(ByteReader reader);

struct SharedMessageTableMessage {
  std::uint64_t table = 0;
  std::uint8_t num_indexes = 0;
};
/// Errors: kCorrupt (undefined address).
Result<SharedMessageTableMessage> DecodeSharedMessageTable(ByteReader reader, const Sizes& sizes);

/// The driver that wrote the file: "NCSAmult", "NCSAfami", or a user's own eight letters.
struct DriverInfo {
  std::string name;
  std::span<const std::byte> data;
};
/// The message form (superblock extension).
Result<DriverInfo> DecodeDriverInfo(ByteReader reader);
/// The block form (superblock versions 0 and 1). Source: HDF5 4.0, "File Driver Info".
Result<DriverInfo> DecodeDriverInfoBlock(ByteReader reader);

struct FileSpaceInfo {
  std::uint8_t version = 0;
  std::uint8_t strategy = 0;
  bool persists_free_space = false;
  std::uint64_t threshold = 0;
  std::uint64_t page_bytes = 0;  ///< Version 1.
};
Result<FileSpaceInfo> DecodeFileSpaceInfo(ByteReader reader, const Sizes& sizes);

/// Where the block lies whose structures take the place of the file's own.
struct MetadataCacheImage {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
};
/// nullopt where there is no image (any more).
Result<std::optional<MetadataCacheImage>> DecodeMetadataCacheImage(ByteReader reader, const Sizes& sizes);

}  // namespace rutter::hdf5
