#include "formats/hdf5/chunk_index/array_blocks.h"

#include <string>

#include "base/checked.h"
#include "formats/hdf5/checksum.h"

namespace rutter::hdf5 {
namespace {

constexpr std::uint64_t kKeptBytes = 4096;  ///< Small blocks lie beside metadata that is kept anyway.

}  // namespace

tl::unexpected<Error> ArrayBlocks::Corrupt(std::string message, std::uint64_t address, const BlockName& name) const {
  return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, std::move(message), address, name.structure, name.spec));
}

Result<std::span<const std::byte>> ArrayBlocks::Read(std::uint64_t address, std::uint64_t bytes, std::vector<std::byte>& buffer,
                                                     const BlockName& name) {
  if (!RangeInside(address, bytes, file_.end())) {
    return Fail(file_.MakeErrorAt(ErrorCode::kTruncated,
                                  "needs " + std::to_string(bytes) + " bytes, the file has " + std::to_string(file_.end()),
                                  address, name.structure, name.spec));
  }
  read_bytes_ += bytes;
  if (read_bytes_ > file_.end()) return Corrupt("the blocks of the array are together larger than the file", address, name);
  if (bytes <= kKeptBytes || file_.metadata().View(0, 0)) return file_.Fetch(address, bytes, name.structure, name.spec);
  buffer.resize(bytes);
  File::Read read{address, buffer};
  RUTTER_TRY(file_.ReadMany({&read, 1}, name.structure, name.spec));
  return std::span<const std::byte>(buffer);
}

Result<ByteReader> ArrayBlocks::ReadBlock(std::uint64_t address, std::uint64_t bytes, std::string_view signature,
                                          std::uint8_t client, std::uint64_t header, std::vector<std::byte>& buffer,
                                          const BlockName& name) {
  RUTTER_ASSIGN(auto block, Read(address, bytes, buffer, name));
  return CheckBlock(block, address, signature, client, header, name);
}

Result<ByteReader> ArrayBlocks::CheckBlock(std::span<const std::byte> block, std::uint64_t address, std::string_view signature,
                                           std::uint8_t client, std::uint64_t header, const BlockName& name) const {
  ByteReader r(block, file_.Absolute(address), {file_.name(), name.structure, name.spec});
  r.Signature(signature);
  r.Version(0);
  if (r.U8() != client) r.Fail(ErrorCode::kCorrupt, "the block is of another client than its header");
  if (r.Uint(file_.sizes().offsets) != header) r.Fail(ErrorCode::kCorrupt, "the block belongs to another array");
  RUTTER_TRY(r.Check());
  RUTTER_TRY(Verify(block, address, name));
  return r;
}

Status ArrayBlocks::Verify(std::span<const std::byte> block, std::uint64_t address, const BlockName& name) const {
  return VerifyChecksum(block, file_.Absolute(address), {file_.name(), name.structure, name.spec});
}

bool PageExists(std::span<const std::byte> bitmap, std::uint64_t i) {
  return (std::to_integer<unsigned>(bitmap[i / 8]) >> (7 - i % 8) & 1) != 0;
}

}  // namespace rutter::hdf5
