#include "formats/hdf5/chunk_index/extensible_array.h"

#include <algorithm>
#include <bit>
#include <string>

#include "formats/hdf5/chunk_index/array_blocks.h"
#include "formats/hdf5/chunk_index/linear_locate.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, Appendix C, The Extensible Array Index";
constexpr BlockName kHeader{"extensible array header", kSpec};
constexpr BlockName kIndexBlock{"extensible array index block", kSpec};
constexpr BlockName kSuperBlock{"extensible array super block", kSpec};
constexpr BlockName kDataBlock{"extensible array data block", kSpec};
constexpr BlockName kPage{"extensible array page", kSpec};
constexpr std::uint64_t kRunBytes = 256 << 10;  ///< Pages are read together up to this.
constexpr std::uint64_t kEverything = ~0ull;

unsigned Log2(std::uint64_t n) { return static_cast<unsigned>(std::bit_width(n)) - 1; }

/// Super block `number` of the array, as the specification derives it: 2^(number / 2) data blocks of
/// 2^((number + 1) / 2) x the smallest number of entries.
struct SuperBlockShape {
  std::uint64_t blocks = 0, block_entries = 0;
  std::uint64_t first_entry = 0;  ///< Behind those of the index block.
  std::uint64_t first_block = 0;  ///< Among all data blocks.

  SuperBlockShape(unsigned number, std::uint64_t min_entries)
      : blocks(1ull << (number / 2)),
        block_entries(min_entries << ((number + 1) / 2)),
        first_entry(((1ull << number) - 1) * min_entries),
        // 1 + 1 + 2 + 2 + 4 + 4 + ...
        first_block(number % 2 == 0 ? 2 * (blocks - 1) : 2 * (blocks - 1) + blocks) {}
};

class ExtensibleArrayRuns : public EntryRuns {
 public:
  ExtensibleArrayRuns(File& file, std::uint64_t header_address, const ExtensibleArrayHeader& header, unsigned entry_bytes)
      : blocks_(file),
        header_address_(header_address),
        header_(header),
        entry_bytes_(entry_bytes),
        address_bytes_(file.sizes().offsets),
        prefix_bytes_(6u + address_bytes_),
        offset_bytes_((header.max_bits + 7u) / 8u),
        page_entries_(1ull << header.page_bits),
        direct_supers_(2 * Log2(header.min_block_pointers)),
        num_supers_(1 + header.max_bits - Log2(header.min_block_entries)),
        direct_blocks_(2 * (header.min_block_pointers - 1u)) {}

  Result<EntryRun> Find(std::uint64_t number, std::uint64_t last) override {
    if (!header_.index_block) return EntryRun{0, kEverything, nullptr};
    if (!prepared_) {
      RUTTER_TRY(ReadIndexBlock());
      prepared_ = true;
    }
    if (number < header_.index_entries) return EntryRun{0, header_.index_entries, entries_.data()};
    const std::uint64_t inside = number - header_.index_entries;
    const unsigned super = Log2(inside / header_.min_block_entries + 1);
    if (super >= num_supers_) {
      return blocks_.Corrupt("chunk " + std::to_string(number) + " of an array that has fewer", header_address_, kHeader);
    }
    const SuperBlockShape shape(super, header_.min_block_entries);
    const std::uint64_t block = (inside - shape.first_entry) / shape.block_entries;
    const std::uint64_t block_first = header_.index_entries + shape.first_entry + block * shape.block_entries;
    if (super < direct_supers_) {
      auto address = AddressAt(block_addresses_, shape.first_block + block);
      if (!address) return EntryRun{block_first, block_first + shape.block_entries, nullptr};
      return WholeBlock(*address, block_first, shape.block_entries);
    }

    auto super_address = AddressAt(super_addresses_, super - direct_supers_);
    if (!super_address) {
      const std::uint64_t first = header_.index_entries + shape.first_entry;
      return EntryRun{first, first + shape.blocks * shape.block_entries, nullptr};
    }
    if (super_ != super) {
      RUTTER_TRY(ReadSuperBlock(*super_address, shape));
      super_ = super;
    }
    auto address = AddressAt(super_blocks_, block);
    if (!address) return EntryRun{block_first, block_first + shape.block_entries, nullptr};
    if (shape.block_entries <= page_entries_) return WholeBlock(*address, block_first, shape.block_entries);

    const std::uint64_t num_pages = shape.block_entries / page_entries_;
    const std::uint64_t page = (number - block_first) / page_entries_;
    const std::uint64_t first = block_first + page * page_entries_;
    if (!PageExists(super_bitmap_, block * num_pages + page)) return EntryRun{first, first + page_entries_, nullptr};
    if (block_address_ != *address || page < run_first_ || page >= run_end_) {
      const std::uint64_t last_page = last < block_first + shape.block_entries ? (last - block_first) / page_entries_ : num_pages - 1;
      RUTTER_TRY(ReadPages(*address, block, num_pages, page, last_page));
    }
    return EntryRun{first, first + page_entries_, run_.data() + (page - run_first_) * PageBytes()};
  }

 private:
  std::uint64_t PageBytes() const { return page_entries_ * entry_bytes_ + 4; }

  std::optional<std::uint64_t> AddressAt(std::span<const std::byte> addresses, std::uint64_t i) const {
    ByteReader r(addresses.subspan(i * address_bytes_, address_bytes_), 0, {});
    return r.Address(address_bytes_);
  }

  Status ReadIndexBlock() {
    const std::uint64_t entries_bytes = std::uint64_t{header_.index_entries} * entry_bytes_;
    const std::uint64_t blocks_bytes = std::uint64_t{direct_blocks_} * address_bytes_;
    const std::uint64_t supers_bytes = std::uint64_t{num_supers_ > direct_supers_ ? num_supers_ - direct_supers_ : 0} * address_bytes_;
    RUTTER_ASSIGN(ByteReader r, blocks_.ReadBlock(*header_.index_block, prefix_bytes_ + entries_bytes + blocks_bytes + supers_bytes + 4,
                                                  "EAIB", header_.client_id, header_address_, index_buffer_, kIndexBlock));
    entries_ = r.Take(entries_bytes);
    block_addresses_ = r.Take(blocks_bytes);
    super_addresses_ = r.Take(supers_bytes);
    return r.Check();
  }

  Status ReadSuperBlock(std::uint64_t address, const SuperBlockShape& shape) {
    const std::uint64_t pages = shape.block_entries > page_entries_ ? shape.block_entries / page_entries_ : 0;
    const auto bitmap_bytes = CheckedMul(shape.blocks, CeilDiv(pages, 8));
    const auto addresses_bytes = CheckedMul(shape.blocks, address_bytes_);
    const auto body_bytes = bitmap_bytes && addresses_bytes ? CheckedAdd(*bitmap_bytes, *addresses_bytes) : std::nullopt;
    if (!body_bytes || *body_bytes > ~0ull >> 1) return blocks_.Corrupt("a super block of more than 2^63 bytes", address, kSuperBlock);
    RUTTER_ASSIGN(ByteReader r, blocks_.ReadBlock(address, prefix_bytes_ + offset_bytes_ + *body_bytes + 4, "EASB",
                                                  header_.client_id, header_address_, super_buffer_, kSuperBlock));
    if (r.Uint(offset_bytes_) != shape.first_entry) r.Fail(ErrorCode::kCorrupt, "the block stands at another offset of the array");
    super_bitmap_ = r.Take(*bitmap_bytes);
    super_blocks_ = r.Take(*addresses_bytes);
    return r.Check();
  }

  /// A data block without pages.
  Result<EntryRun> WholeBlock(std::uint64_t address, std::uint64_t first, std::uint64_t num_entries) {
    if (num_entries > page_entries_) return blocks_.Corrupt("a data block of the index block with pages", address, kDataBlock);
    const std::uint64_t bytes = num_entries * entry_bytes_;
    RUTTER_ASSIGN(ByteReader r, blocks_.ReadBlock(address, prefix_bytes_ + offset_bytes_ + bytes + 4, "EADB", header_.client_id,
                                                  header_address_, block_buffer_, kDataBlock));
    // The block's own offset is not compared: the library writes another one for blocks that hang on the index block
    // (it adds the number of the blocks before them twice).
    r.Skip(offset_bytes_);
    auto entries = r.Take(bytes);
    RUTTER_TRY(r.Check());
    return EntryRun{first, first + num_entries, entries.data()};
  }

  /// Reads page `page` of a data block and the existing ones behind it, up to `last_page`, as one piece; with the head of the
  /// block, where that lies right before them and was not read yet.
  Status ReadPages(std::uint64_t address, std::uint64_t block, std::uint64_t num_pages, std::uint64_t page, std::uint64_t last_page) {
    const std::uint64_t head_bytes = prefix_bytes_ + offset_bytes_ + 4;
    const bool new_block = block_address_ != address, with_head = new_block && page == 0;
    if (new_block && !with_head) {
      RUTTER_TRY(blocks_.ReadBlock(address, head_bytes, "EADB", header_.client_id, header_address_, block_buffer_, kDataBlock));
    }
    std::uint64_t end = page + 1;
    while (end <= last_page && end < num_pages && (end + 1 - page) * PageBytes() <= kRunBytes &&
           PageExists(super_bitmap_, block * num_pages + end)) {
      ++end;
    }
    const std::uint64_t bytes = (end - page) * PageBytes();
    if (with_head) {
      RUTTER_ASSIGN(auto piece, blocks_.Read(address, head_bytes + bytes, run_buffer_, kDataBlock));
      RUTTER_TRY(blocks_.CheckBlock(piece.first(head_bytes), address, "EADB", header_.client_id, header_address_, kDataBlock));
      run_ = piece.subspan(head_bytes);
    } else {
      auto offset = CheckedMul(page, PageBytes());
      auto begin = offset ? CheckedAdd(*offset, address + head_bytes) : std::nullopt;
      RUTTER_ASSIGN(run_, blocks_.Read(begin.value_or(~0ull), bytes, run_buffer_, kPage));
    }
    block_address_ = address;
    // The pages lie in the file, so this does not overflow.
    const std::uint64_t begin = address + head_bytes + page * PageBytes();
    for (std::uint64_t i = 0; i < end - page; ++i) {
      RUTTER_TRY(blocks_.Verify(run_.subspan(i * PageBytes(), PageBytes()), begin + i * PageBytes(), kPage));
    }
    run_first_ = page;
    run_end_ = end;
    return {};
  }

  ArrayBlocks blocks_;
  const std::uint64_t header_address_;
  const ExtensibleArrayHeader& header_;
  const unsigned entry_bytes_, address_bytes_, prefix_bytes_, offset_bytes_;
  const std::uint64_t page_entries_;
  const unsigned direct_supers_, num_supers_, direct_blocks_;  ///< "direct": reached from the index block.
  bool prepared_ = false;
  std::vector<std::byte> index_buffer_, super_buffer_, block_buffer_, run_buffer_;
  std::span<const std::byte> entries_, block_addresses_, super_addresses_;  ///< Of the index block.
  unsigned super_ = ~0u;                                                    ///< The super block that is at hand.
  std::span<const std::byte> super_bitmap_, super_blocks_, run_;
  std::uint64_t block_address_ = ~0ull, run_first_ = 0, run_end_ = 0;       ///< The pages that are at hand.
};

}  // namespace

Result<ExtensibleArrayHeader> DecodeExtensibleArrayHeader(ByteReader r, const Sizes& sizes) {
  ExtensibleArrayHeader h;
  r.Signature("EAHD");
  r.Version(0);
  h.client_id = r.U8();
  h.entry_bytes = r.U8();
  h.max_bits = r.U8();
  h.index_entries = r.U8();
  h.min_block_entries = r.U8();
  h.min_block_pointers = r.U8();
  h.page_bits = r.U8();
  r.Skip(6u * sizes.lengths);  // statistics
  h.index_block = r.Address(sizes.offsets);
  r.Skip(4);  // checksum, verified over the whole header by the caller
  if (h.client_id > 1) r.Fail(ErrorCode::kCorrupt, "client " + std::to_string(h.client_id));
  if (!std::has_single_bit(h.min_block_entries) || !std::has_single_bit(h.min_block_pointers)) {
    r.Fail(ErrorCode::kCorrupt, "block sizes that are no powers of two");
  } else if (h.max_bits > 56 || h.page_bits > 40 || Log2(h.min_block_entries) > h.max_bits) {
    // 2^56 entries do not fit any file; the bound keeps all arithmetic on their numbers exact.
    r.Fail(ErrorCode::kCorrupt, std::to_string(h.max_bits) + " bits of entries and " + std::to_string(h.page_bits) + " of page entries");
  }
  return r.Finish(h);
}

Status ExtensibleArrayIndex::Locate(const Box& box, const ChunkSink& sink) const {
  if (box.Empty()) return {};
  File& file = *geometry_.file;
  ArrayBlocks blocks(file);
  const std::uint64_t bytes = 16u + 6u * file.sizes().lengths + file.sizes().offsets;
  RUTTER_ASSIGN(ByteReader r, file.Open(header_, bytes, kHeader.structure, kHeader.spec));
  ByteReader whole = r;
  RUTTER_ASSIGN(ExtensibleArrayHeader header, DecodeExtensibleArrayHeader(r, file.sizes()));
  RUTTER_TRY(blocks.Verify(whole.Take(bytes), header_, kHeader));
  auto format = ChunkEntryFormat::Of(header.entry_bytes, file.sizes().offsets, header.client_id == 1);
  if (!format) return blocks.Corrupt("entries of " + std::to_string(header.entry_bytes) + " bytes", header_, kHeader);

  std::size_t unlimited = geometry_.rank();
  for (std::size_t k = 0; k < geometry_.rank(); ++k) {
    if (geometry_.max_shape[k]) continue;
    if (unlimited != geometry_.rank()) return blocks.Corrupt("a dataset with two unlimited axes", header_, kHeader);
    unlimited = k;
  }
  if (unlimited == geometry_.rank()) return blocks.Corrupt("a dataset without an unlimited axis", header_, kHeader);
  auto numbering = ChunkNumbering::Make(geometry_, unlimited);
  if (!numbering) return blocks.Corrupt(numbering.error().message, header_, kHeader);
  ChunkEmitter emitter(geometry_, sink, kDataBlock.structure, kSpec);
  ExtensibleArrayRuns runs(file, header_, header, format->Bytes());
  return numbering->Locate(box, *format, runs, emitter);
}

}  // namespace rutter::hdf5
