#include "fuzz/hdf5_seal.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "formats/hdf5/checksum.h"

namespace rutter::fuzz {
namespace {

constexpr std::string_view kSuperblock("\x89HDF\r\n\x1a\n", 8);
constexpr std::array<std::string_view, 16> kSealed = {"OHDR", "OCHK", "BTHD", "BTIN", "BTLF", "FRHP", "FHIB", "FAHD",
                                                      "FADB", "EAHD", "EAIB", "EASB", "EADB", "SMTB", "SMLI", "FHDB"};
constexpr std::array<std::string_view, 4> kUnsealed = {"TREE", "SNOD", "HEAP", "GCOL"};
constexpr std::size_t kMaxTried = 4'200;            // longest block whose length is found by trying every one
constexpr std::size_t kMaxDirectBlock = 64u << 10;  // fractal heap direct blocks: powers of two

std::uint32_t Load32(std::span<const std::byte> file, std::size_t at) {
  std::uint32_t value;
  std::memcpy(&value, file.data() + at, 4);
  return value;
}

bool StartsWith(std::span<const std::byte> file, std::size_t at, std::string_view text) {
  return file.size() - at >= text.size() && std::memcmp(file.data() + at, text.data(), text.size()) == 0;
}

// A block with its checksum in the last four bytes: the shortest length from `shortest` on that fits.
std::optional<SealedBlock> TryLengths(std::span<const std::byte> file, std::size_t at, std::size_t shortest) {
  std::size_t longest = std::min(file.size() - at, kMaxTried);
  for (std::size_t length = shortest; length <= longest; ++length) {
    if (hdf5::Lookup3(file.subspan(at, length - 4)) == Load32(file, at + length - 4)) {
      return SealedBlock{at, length, at + length - 4};
    }
  }
  return std::nullopt;
}

// Version 2 object headers tell their length, and may be longer than what trying covers.
std::optional<SealedBlock> ObjectHeader(std::span<const std::byte> file, std::size_t at) {
  if (file.size() - at < 16) return std::nullopt;
  auto flags = std::to_integer<unsigned>(file[at + 5]);
  std::size_t head = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  std::size_t width = std::size_t{1} << (flags & 3);
  if (file.size() - at < head + width) return std::nullopt;
  std::uint64_t chunk = 0;
  std::memcpy(&chunk, file.data() + at + head, width);
  if (chunk > file.size() || head + width + chunk + 4 > file.size() - at) return std::nullopt;
  std::size_t length = head + width + static_cast<std::size_t>(chunk) + 4;
  if (hdf5::Lookup3(file.subspan(at, length - 4)) != Load32(file, at + length - 4)) return std::nullopt;
  return SealedBlock{at, length, at + length - 4};
}

// The checksum of a direct block stands behind its header and counts as 0 in the sum over the whole block.
std::optional<SealedBlock> DirectBlock(std::span<const std::byte> file, std::size_t at) {
  for (std::size_t length = 64; length <= std::min(file.size() - at, kMaxDirectBlock); length *= 2) {
    std::vector<std::byte> block(file.begin() + static_cast<std::ptrdiff_t>(at),
                                 file.begin() + static_cast<std::ptrdiff_t>(at + length));
    for (std::size_t address_bytes : {8, 4, 2}) {
      for (std::size_t offset_bytes = 1; offset_bytes <= 8; ++offset_bytes) {
        std::size_t checksum = 5 + address_bytes + offset_bytes;
        std::uint32_t stored = Load32(block, checksum);
        std::memset(block.data() + checksum, 0, 4);
        bool fits = hdf5::Lookup3(block) == stored;
        std::memcpy(block.data() + checksum, &stored, 4);
        if (fits) return SealedBlock{at, length, at + checksum};
      }
    }
  }
  return std::nullopt;
}

// Metadata cache images tell their length (in 8 bytes, as the files of today have it).
std::optional<SealedBlock> CacheImage(std::span<const std::byte> file, std::size_t at) {
  constexpr std::size_t kHead = 14;
  if (file.size() - at < kHead) return std::nullopt;
  std::uint64_t length = 0;
  std::memcpy(&length, file.data() + at + 6, sizeof length);
  if (length < kHead + 4 || length > file.size() - at) return std::nullopt;
  const std::size_t checksum = at + static_cast<std::size_t>(length) - 4;
  if (hdf5::Lookup3(file.subspan(at, checksum - at)) != Load32(file, checksum)) return std::nullopt;
  return SealedBlock{at, static_cast<std::size_t>(length), checksum};
}

std::optional<SealedBlock> BlockAt(std::span<const std::byte> file, std::size_t at) {
  if (StartsWith(file, at, kSuperblock)) return TryLengths(file.first(std::min(file.size(), at + 64)), at, 20);
  if (StartsWith(file, at, "OHDR")) return ObjectHeader(file, at);
  if (StartsWith(file, at, "FHDB")) return DirectBlock(file, at);
  for (std::string_view signature : kSealed) {
    if (StartsWith(file, at, signature)) return TryLengths(file, at, 10);
  }
  return std::nullopt;
}

// Version, a zero, a few messages, few references, a sensible length, padding: see HDF5 4.0, IV.A.1.a.
bool LooksLikeObjectHeader1(std::span<const std::byte> file, std::size_t at) {
  if (file.size() - at < 24 || file[at] != std::byte{1} || file[at + 1] != std::byte{0}) return false;
  std::uint32_t messages = Load32(file, at) >> 16;
  return messages >= 1 && messages <= 300 && Load32(file, at + 4) - 1 < 1'000 && Load32(file, at + 8) >= 8 &&
         Load32(file, at + 8) < 70'000 && Load32(file, at + 12) == 0;
}

}  // namespace

std::vector<SealedBlock> FindSealedBlocks(std::span<const std::byte> file) {
  std::vector<SealedBlock> blocks, images;
  for (std::size_t at = 0; at + 12 <= file.size(); ++at) {
    char first = static_cast<char>(file[at]);
    if (first == 'M' && StartsWith(file, at, "MDCI")) {
      if (auto image = CacheImage(file, at)) images.push_back(*image);
      continue;
    }
    if (first != 'O' && first != 'B' && first != 'F' && first != 'E' && first != 'S' && first != '\x89') continue;
    if (auto block = BlockAt(file, at)) {
      blocks.push_back(*block);
      at = block->start + block->length - 1;
    }
  }
  // Behind the blocks inside them, whose checksums they cover.
  blocks.insert(blocks.end(), images.begin(), images.end());
  return blocks;
}

void Seal(std::span<std::byte> file, std::span<const SealedBlock> blocks) {
  for (const SealedBlock& block : blocks) {
    if (block.start > file.size() || block.length > file.size() - block.start) continue;
    std::uint32_t sum;
    if (block.checksum_at + 4 == block.start + block.length) {
      sum = hdf5::Lookup3(file.subspan(block.start, block.length - 4));
    } else {
      std::memset(file.data() + block.checksum_at, 0, 4);
      sum = hdf5::Lookup3(file.subspan(block.start, block.length));
    }
    std::memcpy(file.data() + block.checksum_at, &sum, 4);
  }
}

std::vector<std::size_t> FindStructures(std::span<const std::byte> file) {
  std::vector<std::size_t> found;
  for (std::size_t at = 0; at + 8 <= file.size(); ++at) {
    char first = static_cast<char>(file[at]);
    bool capital = first >= 'A' && first <= 'Z';
    bool structure = (first == '\x89' && StartsWith(file, at, kSuperblock)) || (at % 8 == 0 && LooksLikeObjectHeader1(file, at));
    for (std::size_t i = 0; capital && !structure && i < kSealed.size(); ++i) structure = StartsWith(file, at, kSealed[i]);
    for (std::size_t i = 0; capital && !structure && i < kUnsealed.size(); ++i) structure = StartsWith(file, at, kUnsealed[i]);
    if (structure) found.push_back(at);
  }
  return found;
}

}  // namespace rutter::fuzz
