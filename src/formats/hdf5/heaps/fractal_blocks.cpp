#include "formats/hdf5/heaps/fractal_blocks.h"

#include <algorithm>
#include <string>

#include "base/checked.h"
#include "formats/hdf5/checksum.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.G Fractal Heap";
constexpr std::string_view kDirect = "fractal heap direct block";
constexpr std::string_view kIndirect = "fractal heap indirect block";
constexpr std::uint64_t kDecodedCacheBytes = 8 << 20;

}  // namespace

std::uint64_t FractalBlocks::DirectHeaderBytes() const {
  return 5u + file_.sizes().offsets + header_.OffsetBytes() + (header_.checksummed_direct_blocks ? 4u : 0u);
}

Result<ByteReader> FractalBlocks::OpenIndirectBlock(std::uint64_t address, std::uint64_t heap_offset, std::uint64_t rows) {
  const unsigned o = file_.sizes().offsets, l = file_.sizes().lengths;
  const std::uint64_t direct_rows = std::min<std::uint64_t>(rows, header_.table.MaxDirectRows());
  const std::uint64_t direct_entry_bytes = o + (header_.filters.empty() ? 0 : l + 4u);
  const std::uint64_t bytes = 5 + o + header_.OffsetBytes() + direct_rows * header_.table.width * direct_entry_bytes +
                              (rows - direct_rows) * header_.table.width * o + 4;
  RUTTER_ASSIGN(ByteReader r, file_.Open(address, bytes, kIndirect, kSpec));
  ByteReader whole = r;
  r.Signature("FHIB");
  r.Version(0);
  std::uint64_t heap_address = r.Uint(o);
  std::uint64_t block_offset = r.Uint(header_.OffsetBytes());
  if (r.ok() && heap_address != heap_address_) r.Fail(ErrorCode::kCorrupt, "the block belongs to another heap");
  if (r.ok() && block_offset != heap_offset) r.Fail(ErrorCode::kCorrupt, "the block stands at another offset of the heap");
  RUTTER_TRY(r.Check());
  if (auto known = failed_.find(address); known != failed_.end()) return Fail(known->second);
  if (!checked_indirect_.contains(address)) {
    // Blocks are disjoint; their sum bounds the work that a hostile heap can ask for.
    checked_bytes_ += bytes;
    if (checked_bytes_ > file_.end()) {
      return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "the blocks of the heap overlap", address, kIndirect, kSpec));
    }
    if (Status sum = VerifyChecksum(whole.Take(bytes), file_.Absolute(address), {file_.name(), kIndirect, kSpec}); !sum) {
      return Fail(failed_.emplace(address, std::move(sum).error()).first->second);
    }
    checked_indirect_.insert(address);
  }
  return r;
}

Result<FractalBlocks::DirectBlock> FractalBlocks::FindDirectBlock(std::uint64_t offset) {
  const DoublingTable& table = header_.table;
  auto corrupt = [&](std::string message, std::uint64_t address) {
    return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, std::move(message), address, kIndirect, kSpec));
  };
  if (!header_.root) return corrupt("an object in a heap without blocks", heap_address_);
  if (header_.root_rows == 0) {
    DirectBlock root{*header_.root, 0, table.start_block_bytes, header_.root_filtered_bytes, header_.root_filter_mask};
    if (offset >= root.bytes) return corrupt("an object behind the heap's only block", heap_address_);
    return root;
  }
  const unsigned o = file_.sizes().offsets, l = file_.sizes().lengths;
  const std::uint64_t direct_entry_bytes = o + (header_.filters.empty() ? 0 : l + 4u);
  std::uint64_t address = *header_.root, block_offset = 0, rows = header_.root_rows;
  // Each turn enters a block of fewer rows, so there are at most 64.
  while (true) {
    const std::uint64_t inside = offset - block_offset;
    const unsigned row = table.RowOf(inside);
    if (row >= rows) return corrupt("an object behind the last row of the block", address);
    const std::uint64_t column = (inside - table.RowOffset(row)) / table.BlockBytes(row);
    const std::uint64_t child_offset = block_offset + table.RowOffset(row) + column * table.BlockBytes(row);
    RUTTER_ASSIGN(ByteReader r, OpenIndirectBlock(address, block_offset, rows));
    const unsigned direct_rows = table.MaxDirectRows();
    if (row < direct_rows) {
      r.Skip((row * std::uint64_t{table.width} + column) * direct_entry_bytes);
      DirectBlock block;
      std::optional<std::uint64_t> child = r.Address(o);
      block.heap_offset = child_offset;
      block.bytes = table.BlockBytes(row);
      if (!header_.filters.empty()) {
        block.filtered_bytes = r.Uint(l);
        block.filter_mask = r.U32();
      }
      RUTTER_TRY(r.Check());
      if (!child) return corrupt("an object in a block that was never allocated", address);
      block.address = *child;
      return block;
    }
    r.Skip(direct_rows * std::uint64_t{table.width} * direct_entry_bytes + ((row - direct_rows) * std::uint64_t{table.width} + column) * o);
    std::optional<std::uint64_t> child = r.Address(o);
    RUTTER_TRY(r.Check());
    if (!child) return corrupt("an object in a block that was never allocated", address);
    const std::uint64_t child_rows = table.RowsOfIndirectBlock(row);
    if (child_rows == 0 || child_rows >= rows) return corrupt("an indirect block without rows of its own", address);
    address = *child;
    block_offset = child_offset;
    rows = child_rows;
  }
}

Status FractalBlocks::CheckDirectBlock(std::span<const std::byte> bytes, const DirectBlock& block) const {
  ByteReader r(bytes, file_.Absolute(block.address), {file_.name(), kDirect, kSpec});
  r.Signature("FHDB");
  r.Version(0);
  std::uint64_t heap_address = r.Uint(file_.sizes().offsets);
  std::uint64_t block_offset = r.Uint(header_.OffsetBytes());
  if (r.ok() && heap_address != heap_address_) r.Fail(ErrorCode::kCorrupt, "the block belongs to another heap");
  if (r.ok() && block_offset != block.heap_offset) r.Fail(ErrorCode::kCorrupt, "the block stands at another offset of the heap");
  if (header_.checksummed_direct_blocks) {
    const std::size_t at = r.position();
    std::uint32_t stored = r.U32();
    if (r.ok()) {
      // The sum is over the whole block with this field zero.
      std::vector<std::byte> copy(bytes.begin(), bytes.end());
      std::fill_n(copy.begin() + static_cast<std::ptrdiff_t>(at), 4, std::byte{0});
      if (Lookup3(copy) != stored) r.Fail(ErrorCode::kCorrupt, "the checksum does not match");
    }
  }
  return r.Check();
}

Result<std::span<const std::byte>> FractalBlocks::DirectBlockBytes(const DirectBlock& block) {
  if (auto known = failed_.find(block.address); known != failed_.end()) return Fail(known->second);
  if (auto known = plain_.find(block.address); known != plain_.end() && known->second.size() == block.bytes) return known->second;
  if (auto known = decoded_.find(block.address); known != decoded_.end() && known->second.size() == block.bytes) {
    return std::span<const std::byte>(known->second);
  }
  auto loaded = LoadDirectBlock(block);
  if (!loaded) failed_.emplace(block.address, loaded.error());
  return loaded;
}

Result<std::span<const std::byte>> FractalBlocks::LoadDirectBlock(const DirectBlock& block) {
  const bool filtered = !header_.filters.empty();
  RUTTER_ASSIGN(auto stored, file_.Fetch(block.address, filtered ? block.filtered_bytes : block.bytes, kDirect, kSpec));
  if (!filtered) {
    checked_bytes_ += block.bytes;
    if (checked_bytes_ > file_.end()) {
      return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "the blocks of the heap overlap", block.address, kDirect, kSpec));
    }
    RUTTER_TRY(CheckDirectBlock(stored, block));
    plain_[block.address] = stored;
    return stored;
  }
  if (block.bytes > file_.limits().value_bytes) {
    return Fail(file_.MakeErrorAt(ErrorCode::kLimit, "a block of " + std::to_string(block.bytes) + " bytes (Limits::value_bytes)",
                                  block.address, kDirect, kSpec));
  }
  std::vector<std::byte> out(block.bytes);
  if (Status status = DecodePipeline(header_.filters, block.filter_mask, stored, out, 1, scratch_); !status) {
    Error error = std::move(status).error();
    return Fail(file_.MakeErrorAt(error.code, error.message, block.address, kDirect, kSpec));
  }
  RUTTER_TRY(CheckDirectBlock(out, block));
  if (decoded_bytes_ + out.size() > kDecodedCacheBytes) {
    decoded_.clear();
    decoded_bytes_ = 0;
  }
  decoded_bytes_ += out.size();
  auto& kept = decoded_[block.address];
  kept = std::move(out);
  return std::span<const std::byte>(kept);
}

Result<std::span<const std::byte>> FractalBlocks::ManagedObject(std::uint64_t offset, std::uint64_t length) {
  RUTTER_ASSIGN(DirectBlock block, FindDirectBlock(offset));
  RUTTER_ASSIGN(auto bytes, DirectBlockBytes(block));
  const std::uint64_t inside = offset - block.heap_offset;
  if (inside < DirectHeaderBytes() || !RangeInside(inside, length, bytes.size())) {
    return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt,
                                  "an object of " + std::to_string(length) + " bytes at " + std::to_string(inside) +
                                      " lies outside the block's " + std::to_string(bytes.size()) + " bytes",
                                  block.address, kDirect, kSpec));
  }
  return bytes.subspan(inside, length);
}

}  // namespace rutter::hdf5
