#include "formats/hdf5/chunk_index/fixed_array.h"

#include <algorithm>
#include <string>

#include "formats/hdf5/checksum.h"
#include "formats/hdf5/chunk_index/array_blocks.h"
#include "formats/hdf5/chunk_index/linear_locate.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, Appendix C, The Fixed Array Index";
constexpr BlockName kHeader{"fixed array header", kSpec};
constexpr BlockName kDataBlock{"fixed array data block", kSpec};
constexpr BlockName kPage{"fixed array page", kSpec};
constexpr std::uint64_t kRunBytes = 256 << 10;  ///< Pages are read together up to this.

class FixedArrayRuns : public EntryRuns {
 public:
  FixedArrayRuns(File& file, std::uint64_t header_address, const FixedArrayHeader& header, unsigned entry_bytes)
      : file_(file), blocks_(file), header_address_(header_address), header_(header), entry_bytes_(entry_bytes) {}

  Result<EntryRun> Find(std::uint64_t number, std::uint64_t last) override {
    if (number >= header_.num_entries) {
      return blocks_.Corrupt("chunk " + std::to_string(number) + " of " + std::to_string(header_.num_entries), header_address_,
                             kHeader);
    }
    if (!header_.data_block) return EntryRun{0, header_.num_entries, nullptr};
    if (!prepared_) {
      RUTTER_TRY(Prepare());
      prepared_ = true;
    }
    if (!paged_) return EntryRun{0, header_.num_entries, block_.data()};

    const std::uint64_t page = number >> header_.page_bits;
    const std::uint64_t first = page << header_.page_bits;
    const std::uint64_t end = first + PageEntries(page);
    if (!PageExists(bitmap_, page)) return EntryRun{first, end, nullptr};
    if (page < run_first_ || page >= run_end_) {
      RUTTER_TRY(ReadPages(page, std::min(last, header_.num_entries - 1) >> header_.page_bits));
    }
    return EntryRun{first, end, run_.data() + (page - run_first_) * page_bytes_};
  }

 private:
  std::uint64_t PageEntries(std::uint64_t page) const {
    return std::min<std::uint64_t>(1ull << header_.page_bits, header_.num_entries - (page << header_.page_bits));
  }

  /// Reads the data block or, of a paged one, what stands before its pages.
  Status Prepare() {
    const std::uint64_t address = *header_.data_block, prefix_bytes = 6u + file_.sizes().offsets;
    paged_ = header_.page_bits < 64 && header_.num_entries > (1ull << header_.page_bits);
    std::uint64_t body_bytes = 0;
    if (paged_) {
      num_pages_ = CeilDiv(header_.num_entries, 1ull << header_.page_bits);
      body_bytes = CeilDiv(num_pages_, 8);
    } else {
      auto product = CheckedMul(header_.num_entries, entry_bytes_);
      body_bytes = product.value_or(~0ull >> 1);
    }
    RUTTER_ASSIGN(ByteReader r, blocks_.ReadBlock(address, prefix_bytes + body_bytes + 4, "FADB", header_.client_id,
                                                  header_address_, block_buffer_, kDataBlock));
    block_ = r.Take(body_bytes);
    if (!paged_) return {};
    bitmap_.assign(block_.begin(), block_.end());
    auto product = CheckedMul(1ull << header_.page_bits, entry_bytes_);
    auto pages = CheckedMul(num_pages_, product.value_or(~0ull));
    if (!pages || *pages > ~0ull >> 2) return blocks_.Corrupt("pages of more than 2^62 bytes", address, kDataBlock);
    page_bytes_ = *product + 4;
    pages_address_ = address + prefix_bytes + body_bytes + 4;
    return {};
  }

  /// Reads page `page` and the existing ones behind it, up to `last_page`, as one piece.
  Status ReadPages(std::uint64_t page, std::uint64_t last_page) {
    std::uint64_t end = page + 1;
    while (end <= last_page && end < num_pages_ && (end + 1 - page) * page_bytes_ <= kRunBytes && PageExists(bitmap_, end)) ++end;
    const std::uint64_t address = pages_address_ + page * page_bytes_;
    const std::uint64_t bytes = (end - 1 - page) * page_bytes_ + PageEntries(end - 1) * entry_bytes_ + 4;
    RUTTER_ASSIGN(run_, blocks_.Read(address, bytes, run_buffer_, kPage));
    for (std::uint64_t i = page; i < end; ++i) {
      auto one = run_.subspan((i - page) * page_bytes_, PageEntries(i) * entry_bytes_ + 4);
      RUTTER_TRY(blocks_.Verify(one, pages_address_ + i * page_bytes_, kPage));
    }
    run_first_ = page;
    run_end_ = end;
    return {};
  }

  File& file_;
  ArrayBlocks blocks_;
  const std::uint64_t header_address_;
  const FixedArrayHeader& header_;
  const unsigned entry_bytes_;
  bool prepared_ = false, paged_ = false;
  std::vector<std::byte> block_buffer_, run_buffer_, bitmap_;
  std::span<const std::byte> block_, run_;
  std::uint64_t num_pages_ = 0, page_bytes_ = 0, pages_address_ = 0, run_first_ = 0, run_end_ = 0;
};

}  // namespace

Result<FixedArrayHeader> DecodeFixedArrayHeader(ByteReader r, const Sizes& sizes) {
  FixedArrayHeader h;
  r.Signature("FAHD");
  r.Version(0);
  h.client_id = r.U8();
  h.entry_bytes = r.U8();
  h.page_bits = r.U8();
  h.num_entries = r.Uint(sizes.lengths);
  h.data_block = r.Address(sizes.offsets);
  r.Skip(4);  // checksum, verified over the whole header by the caller
  if (h.client_id > 1) r.Fail(ErrorCode::kCorrupt, "client " + std::to_string(h.client_id));
  if (h.page_bits >= 63) r.Fail(ErrorCode::kCorrupt, "page bits " + std::to_string(h.page_bits));
  return r.Finish(h);
}

Status FixedArrayIndex::Locate(const Box& box, const ChunkSink& sink) const {
  if (box.Empty()) return {};
  File& file = *geometry_.file;
  ArrayBlocks blocks(file);
  const std::uint64_t bytes = 11u + file.sizes().lengths + file.sizes().offsets + 1u;
  RUTTER_ASSIGN(ByteReader r, file.Open(header_, bytes, kHeader.structure, kHeader.spec));
  ByteReader whole = r;
  RUTTER_ASSIGN(FixedArrayHeader header, DecodeFixedArrayHeader(r, file.sizes()));
  RUTTER_TRY(blocks.Verify(whole.Take(bytes), header_, kHeader));
  auto format = ChunkEntryFormat::Of(header.entry_bytes, file.sizes().offsets, header.client_id == 1);
  if (!format) return blocks.Corrupt("entries of " + std::to_string(header.entry_bytes) + " bytes", header_, kHeader);
  auto numbering = ChunkNumbering::Make(geometry_, 0);
  if (!numbering) return blocks.Corrupt(numbering.error().message, header_, kHeader);
  ChunkEmitter emitter(geometry_, sink, kDataBlock.structure, kSpec);
  FixedArrayRuns runs(file, header_, header, format->Bytes());
  return numbering->Locate(box, *format, runs, emitter);
}

}  // namespace rutter::hdf5
