#include "formats/hdf5/superblock.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "formats/hdf5/checksum.h"
#include "formats/hdf5/object_header.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSignature("\x89HDF\r\n\x1a\n", 8);
constexpr std::string_view kName = "superblock", kSpec = "HDF5 4.0, Format Signature and Superblock";
constexpr std::string_view kExtension = "superblock extension", kExtensionSpec = "HDF5 4.0, Superblock Extension";
constexpr std::uint64_t kFirstUserBlock = 512;
constexpr std::uint64_t kMaxSuperblockBytes = 256;

bool PlainWidth(std::uint8_t width) { return width == 2 || width == 4 || width == 8; }

/// Widths of 16 and 32 bytes are valid in the library's interface, and no machine has such files.
void CheckWidths(ByteReader& reader, const Sizes& sizes) {
  for (std::uint8_t width : {sizes.offsets, sizes.lengths}) {
    if (PlainWidth(width) || !reader.ok()) continue;
    bool wide = width == 16 || width == 32;
    reader.Fail(wide ? ErrorCode::kUnsupported : ErrorCode::kCorrupt, "addresses or lengths of " + std::to_string(width) + " bytes");
  }
}

void DecodeOld(ByteReader& reader, Superblock& block) {
  for (const char* what : {"free space", "root group symbol table entry"}) {
    std::uint8_t version = reader.U8();
    if (reader.ok() && version != 0) reader.Fail(ErrorCode::kUnsupported, std::string(what) + " version " + std::to_string(version));
  }
  reader.Skip(1);
  std::uint8_t shared_version = reader.U8();
  if (reader.ok() && shared_version != 0) reader.Fail(ErrorCode::kUnsupported, "shared header message version " + std::to_string(shared_version));
  block.sizes.offsets = reader.U8();
  block.sizes.lengths = reader.U8();
  reader.Skip(1);
  CheckWidths(reader, block.sizes);
  block.group_leaf_k = reader.U16();
  block.group_internal_k = reader.U16();
  block.consistency_flags = reader.U32();
  if (block.version == 1) {
    block.chunk_internal_k = reader.U16();
    reader.Skip(2);
  }
  std::uint8_t width = block.sizes.offsets;
  block.stored_base_address = reader.Uint(width);
  reader.Skip(width);  // free space, never used
  block.end_of_file = reader.Address(width);
  block.driver_info_block = reader.Address(width);
  // The root group's symbol table entry: link name offset, object header address, cached data.
  reader.Skip(block.sizes.lengths);  // as in every symbol table entry; see SymbolTableEntry
  auto root = reader.Address(width);
  reader.Skip(4 + 4 + 16);
  if (reader.ok() && !root) reader.Fail(ErrorCode::kCorrupt, "no root group");
  block.root_header = root.value_or(0);
}

void DecodeNew(ByteReader& reader, Superblock& block) {
  block.sizes.offsets = reader.U8();
  block.sizes.lengths = reader.U8();
  CheckWidths(reader, block.sizes);
  block.consistency_flags = reader.U8();
  std::uint8_t width = block.sizes.offsets;
  block.stored_base_address = reader.Uint(width);
  block.extension = reader.Address(width);
  block.end_of_file = reader.Address(width);
  auto root = reader.Address(width);
  if (reader.ok() && !root) reader.Fail(ErrorCode::kCorrupt, "no root group");
  block.root_header = root.value_or(0);
  reader.Skip(4);  // checksum
}

/// Files of the multi and family drivers are one part of a set; the parts alone make no file.
Status CheckDriver(const File& file, const DriverInfo& driver, std::uint64_t address) {
  std::string_view name = driver.name;
  bool multi = name.substr(0, 7) == "NCSAmul", family = name == "NCSAfami";
  std::string printable;
  for (char c : name) printable += c >= ' ' && c < 127 ? c : '?';
  Error error = file.MakeErrorAt(ErrorCode::kUnsupported, "the file was written by the driver \"" + printable + "\"", address, "driver information",
                                 "HDF5 4.0, File Driver Info");
  if (multi) {
    error.message += ", which spreads one file over several (multi)";
    error.hint = "make one file of the set: h5repack reads it through the multi driver and writes a plain file";
  } else if (family) {
    error.message += ", which cuts one file into members of equal size (family)";
    error.hint = "join the members first: h5repart NAME%d.h5 whole.h5";
  }
  return Fail(std::move(error));
}

Status ReadExtension(File& file, Superblock& block) {
  ObjectHeader header;
  RUTTER_TRY(ReadObjectHeader(file, *block.extension, header));
  for (const HeaderMessage& message : header.messages) {
    ByteReader reader = message.Reader(file, kExtension, kExtensionSpec);
    switch (message.type) {
      case MessageType::kBTreeKValues: {
        RUTTER_ASSIGN(auto values, DecodeBTreeKValues(reader));
        block.chunk_internal_k = values.chunk_internal;
        block.group_internal_k = values.group_internal;
        block.group_leaf_k = values.group_leaf;
        break;
      }
      case MessageType::kDriverInfo: {
        RUTTER_ASSIGN(auto driver, DecodeDriverInfo(reader));
        RUTTER_TRY(CheckDriver(file, driver, message.address));
        break;
      }
      case MessageType::kSharedMessageTable: {
        RUTTER_ASSIGN(block.shared_messages, DecodeSharedMessageTable(reader, block.sizes));
        break;
      }
      case MessageType::kFileSpaceInfo: {
        RUTTER_ASSIGN(block.file_space, DecodeFileSpaceInfo(reader, block.sizes));
        break;
      }
      case MessageType::kMetadataCacheImage: {
        RUTTER_ASSIGN(block.cache_image, DecodeMetadataCacheImage(reader, block.sizes));
        break;
      }
      default: break;
    }
  }
  return {};
}

void AddNotes(const File& file, Superblock& block) {
  if (block.open_for_swmr()) {
    block.notes.push_back("being written (SWMR): what is consistent is read");
  } else if (block.open_for_writing()) {
    block.notes.push_back("marked as open for writing: a writer has it open, or did not close it; what is consistent is read");
  }
  if (!block.end_of_file) return;
  std::uint64_t stored_end = *block.end_of_file;
  std::uint64_t content = stored_end > block.stored_base_address ? stored_end - block.stored_base_address : 0;
  if (content > file.end()) {
    block.notes.push_back("cut short: the superblock promises " + std::to_string(content) + " bytes, " + std::to_string(file.end()) +
                          " are there; what lies behind them is reported where it is missed");
  }
}

}  // namespace

bool StartsWithSignature(std::span<const std::byte> bytes) {
  return bytes.size() >= kSignature.size() && std::memcmp(bytes.data(), kSignature.data(), kSignature.size()) == 0;
}

Result<Superblock> DecodeSuperblock(ByteReader reader) {
  ByteReader whole = reader;
  Superblock block;
  reader.Signature(kSignature);
  block.version = reader.U8();
  if (reader.ok() && block.version > 3) reader.Fail(ErrorCode::kUnsupported, "superblock version " + std::to_string(block.version));
  if (block.version < 2) {
    DecodeOld(reader, block);
  } else {
    DecodeNew(reader, block);
  }
  if (reader.ok() && block.version >= 2) {
    std::uint64_t start = whole.file_offset();
    RUTTER_TRY(VerifyChecksum(whole.Take(reader.position()), start, reader.context()));
  }
  return reader.Finish(std::move(block));
}

Result<std::optional<std::uint64_t>> FindSuperblock(ByteSource& source) {
  std::array<std::byte, kSuperblockSignatureBytes> head{};
  std::uint64_t at = 0;
  while (at <= source.size() && source.size() - at >= head.size()) {
    RUTTER_TRY(source.ReadAt(at, head));
    if (StartsWithSignature(head)) return at;
    if (at > source.size() / 2) break;
    at = at == 0 ? kFirstUserBlock : at * 2;
  }
  return std::nullopt;
}

Result<Superblock> ReadSuperblock(File& file) {
  RUTTER_ASSIGN(auto position, FindSuperblock(*file.source()));
  if (!position) {
    Error error = MakeError(ErrorCode::kUnsupported, "no HDF5 signature at byte 0, 512, 1024, 2048, ...");
    error.where.source = file.name();
    return Fail(std::move(error));
  }
  // As libhdf5 does: where the signature lies elsewhere than the file says, the whole content was moved with it.
  file.SetLayout({}, *position);
  RUTTER_ASSIGN(auto reader, file.OpenUpTo(0, kMaxSuperblockBytes, kName, kSpec));
  RUTTER_ASSIGN(auto block, DecodeSuperblock(reader));
  block.position = *position;
  file.SetLayout(block.sizes, *position);
  if (block.driver_info_block) {
    RUTTER_ASSIGN(auto info, file.OpenUpTo(*block.driver_info_block, 16 + 65'536, "driver information block", "HDF5 4.0, File Driver Info"));
    RUTTER_ASSIGN(auto driver, DecodeDriverInfoBlock(info));
    RUTTER_TRY(CheckDriver(file, driver, *block.driver_info_block));
  }
  if (block.extension) RUTTER_TRY(ReadExtension(file, block));
  AddNotes(file, block);
  return block;
}

}  // namespace rutter::hdf5
