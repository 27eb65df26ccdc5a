#include "formats/hdf5/chunk_index/btree_v2_index.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "formats/hdf5/btree/v2_walk.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, Appendix C, The Version 2 B-trees Index";
constexpr std::string_view kStructure = "chunk B-tree record";
constexpr std::uint8_t kPlainChunks = 10, kFilteredChunks = 11;
constexpr std::size_t kMaxRank = 32;

std::uint64_t LoadUint(const std::byte* at, std::size_t width) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, width);
  return value;
}

}  // namespace

Status BTreeV2Index::Locate(const Box& box, const ChunkSink& sink) const {
  if (box.Empty()) return {};
  File& file = *geometry_.file;
  const std::size_t rank = geometry_.rank(), address_bytes = file.sizes().offsets;
  RUTTER_ASSIGN(BTreeV2Header header, ReadBTreeV2Header(file, header_));
  auto corrupt = [&](std::string message) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, std::move(message), header_, kStructure, kSpec));
  };
  if (header.type != kPlainChunks && header.type != kFilteredChunks) return corrupt("tree type " + std::to_string(header.type));
  const bool filtered = header.type == kFilteredChunks;
  // Address, then of filtered chunks size and mask, then the chunk's place in the grid.
  const std::size_t fixed_bytes = address_bytes + 8 * rank + (filtered ? 4 : 0);
  const std::size_t size_bytes = header.record_bytes - std::min<std::size_t>(header.record_bytes, fixed_bytes);
  if (header.record_bytes < fixed_bytes || (filtered ? size_bytes < 1 || size_bytes > 8 : size_bytes != 0)) {
    return corrupt("records of " + std::to_string(header.record_bytes) + " bytes for " + std::to_string(rank) + " dimensions");
  }
  const std::size_t place_at = header.record_bytes - 8 * rank;

  auto place = [&](std::span<const std::byte> record, std::array<std::uint64_t, kMaxRank>& out) {
    for (std::size_t k = 0; k < rank; ++k) out[k] = LoadUint(record.data() + place_at + 8 * k, 8);
  };
  auto compare = [&](const std::array<std::uint64_t, kMaxRank>& a, const std::array<std::uint64_t, kMaxRank>& b) {
    for (std::size_t k = 0; k < rank; ++k) {
      if (a[k] != b[k]) return a[k] < b[k] ? -1 : 1;
    }
    return 0;
  };

  const bool whole = box.shape == geometry_.grid;
  BTreeV2Wanted wanted = [&](std::span<const std::byte> after, std::span<const std::byte> before) {
    if (whole) return true;
    std::array<std::uint64_t, kMaxRank> first{}, end{};
    std::span<std::uint64_t> at(first.data(), rank);
    if (after.empty()) {
      std::copy(box.start.begin(), box.start.end(), at.begin());
    } else {
      place(after, first);
      if (++at.back() == 0 || !NextInBox(box, at)) return false;
    }
    if (before.empty()) return true;
    place(before, end);
    return compare(first, end) < 0;
  };

  ChunkEmitter emitter(geometry_, sink, kStructure, kSpec);
  std::array<std::uint64_t, kMaxRank> index{}, last{};
  bool any = false;
  auto visit = [&](std::span<const std::byte> record) -> Status {
    place(record, index);
    // The records of a sound tree grow from left to right; this also keeps any chunk from coming twice.
    if (any && compare(last, index) >= 0) return corrupt("records that do not grow");
    any = true;
    last = index;
    for (std::size_t k = 0; k < rank; ++k) {
      if (index[k] < box.start[k] || index[k] - box.start[k] >= box.shape[k]) return {};
    }
    const std::uint64_t address = LoadUint(record.data(), address_bytes);
    std::uint64_t bytes = geometry_.chunk_bytes;
    std::uint32_t mask = 0;
    if (filtered) {
      bytes = LoadUint(record.data() + address_bytes, size_bytes);
      mask = static_cast<std::uint32_t>(LoadUint(record.data() + address_bytes + size_bytes, 4));
    }
    return emitter.Emit({index.data(), rank}, address, bytes, mask);
  };
  return WalkBTreeV2(file, header, wanted, visit);
}

}  // namespace rutter::hdf5
