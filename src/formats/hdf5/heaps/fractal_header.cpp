#include "formats/hdf5/heaps/fractal_header.h"

#include <algorithm>
#include <bit>
#include <string>

#include "formats/hdf5/checksum.h"
#include "formats/hdf5/messages/storage_messages.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.G Fractal Heap";
constexpr std::string_view kStructure = "fractal heap header";
constexpr std::string_view kFilters = "fractal heap filter information";
constexpr std::uint8_t kChecksummedFlag = 2;

unsigned Log2(std::uint64_t n) { return static_cast<unsigned>(std::bit_width(n)) - 1; }
unsigned BytesFor(std::uint64_t limit) { return Log2(limit) / 8 + 1; }

void CheckTable(ByteReader& r, const DoublingTable& table) {
  if (!std::has_single_bit(table.width) || !std::has_single_bit(table.start_block_bytes) ||
      !std::has_single_bit(table.max_direct_block_bytes)) {
    r.Fail(ErrorCode::kCorrupt, "table width or block sizes that are no powers of two");
  } else if (table.max_heap_bits == 0 || table.max_heap_bits > 64 || table.start_block_bytes > table.max_direct_block_bytes ||
             table.max_direct_block_bytes > (1ull << 32) || Log2(table.max_direct_block_bytes) > table.max_heap_bits ||
             table.FirstRowBits() > table.max_heap_bits) {
    r.Fail(ErrorCode::kCorrupt, "block sizes that do not fit a heap of " + std::to_string(table.max_heap_bits) + " bits");
  }
}

}  // namespace

unsigned DoublingTable::FirstRowBits() const { return Log2(start_block_bytes) + Log2(width); }
unsigned DoublingTable::MaxDirectRows() const { return Log2(max_direct_block_bytes) - Log2(start_block_bytes) + 2; }
unsigned DoublingTable::MaxRows() const { return max_heap_bits - FirstRowBits() + 1; }

std::uint64_t DoublingTable::BlockBytes(unsigned row) const {
  return row == 0 ? start_block_bytes : start_block_bytes << (row - 1);
}

std::uint64_t DoublingTable::RowOffset(unsigned row) const {
  return row == 0 ? 0 : (1ull << FirstRowBits()) << (row - 1);
}

unsigned DoublingTable::RowOf(std::uint64_t offset) const {
  unsigned bits = static_cast<unsigned>(std::bit_width(offset));
  return bits <= FirstRowBits() ? 0 : bits - FirstRowBits();
}

unsigned DoublingTable::RowsOfIndirectBlock(unsigned row) const {
  unsigned bits = Log2(BlockBytes(row));
  return bits < FirstRowBits() ? 0 : bits - FirstRowBits() + 1;
}

unsigned FractalHeapHeader::LengthBytes() const {
  return std::min(BytesFor(table.max_direct_block_bytes), BytesFor(std::max<std::uint32_t>(max_managed_bytes, 1)));
}

Result<FractalHeapHeader> ReadFractalHeapHeader(File& file, std::uint64_t address) {
  const Sizes& sizes = file.sizes();
  const unsigned o = sizes.offsets, l = sizes.lengths;
  const std::uint64_t plain_bytes = 26 + 3u * o + 12u * l;
  RUTTER_ASSIGN(ByteReader head, file.Open(address, plain_bytes, kStructure, kSpec));
  head.Signature("FRHP");
  head.Version(0);
  head.Skip(2);
  std::uint16_t filter_bytes = head.U16();
  RUTTER_TRY(head.Check());
  const std::uint64_t bytes = plain_bytes + (filter_bytes == 0 ? 0 : l + 4u + filter_bytes);
  RUTTER_ASSIGN(ByteReader r, file.Open(address, bytes, kStructure, kSpec));
  ByteReader whole = r;

  FractalHeapHeader h;
  r.Skip(5);
  h.id_bytes = r.U16();
  h.filter_bytes = r.U16();
  h.checksummed_direct_blocks = (r.U8() & kChecksummedFlag) != 0;
  h.max_managed_bytes = r.U32();
  r.Skip(l);  // next id of a huge object
  h.huge_tree = r.Address(o);
  r.Skip(l + o);  // free space and its manager
  r.Skip(3u * l);  // managed, allocated, iterator offset
  r.Skip(5u * l);  // managed objects; bytes and number of huge and of tiny ones
  h.table.width = r.U16();
  h.table.start_block_bytes = r.Uint(l);
  h.table.max_direct_block_bytes = r.Uint(l);
  h.table.max_heap_bits = r.U16();
  r.Skip(2);  // rows with which a root indirect block starts
  h.root = r.Address(o);
  h.root_rows = r.U16();
  ByteReader filters = r;
  if (h.filter_bytes != 0) {
    h.root_filtered_bytes = r.Uint(l);
    h.root_filter_mask = r.U32();
    filters = r.Sub(h.filter_bytes, kFilters, kSpec);
  }
  r.Skip(4);  // checksum
  RUTTER_TRY(r.Check());
  RUTTER_TRY(VerifyChecksum(whole.Take(bytes), file.Absolute(address), {file.name(), kStructure, kSpec}));
  if (h.filter_bytes != 0) {
    RUTTER_ASSIGN(h.filters, DecodeFilterPipeline(filters, file.limits()));
  }

  if (h.id_bytes == 0) r.Fail(ErrorCode::kCorrupt, "heap ids of 0 bytes");
  CheckTable(r, h.table);
  if (r.ok() && h.root_rows > h.table.MaxRows()) {
    r.Fail(ErrorCode::kCorrupt, std::to_string(h.root_rows) + " rows in a heap that has at most " + std::to_string(h.table.MaxRows()));
  }
  return r.Finish(std::move(h));
}

}  // namespace rutter::hdf5
