#include "formats/hdf5/file.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "base/checked.h"

namespace rutter::hdf5 {
namespace {

// What belongs to an object lies mostly behind its header.
constexpr std::uint64_t kProbeBytes = 8 * 1024;
constexpr std::uint64_t kWaitedBytes = 1 << 20;  ///< Larger ranges that were asked for ahead are not waited for.

}  // namespace

File::File(std::shared_ptr<ByteSource> source, std::shared_ptr<SourceOpener> opener, const Limits& limits, std::shared_ptr<ByteSource> metadata)
    : source_(std::move(source)),
      metadata_(metadata != nullptr ? std::move(metadata) : source_),
      opener_(std::move(opener)),
      limits_(limits),
      block_bits_(std::bit_width(metadata_->metadata_grain()) - 1) {
  if (auto view = metadata_->View(0, metadata_->size())) memory_ = *view;
  is_far_ = memory_.data() == nullptr && !metadata_->Holds(0, metadata_->size());
}

void File::SetLayout(Sizes sizes, std::uint64_t base_address) {
  sizes_ = sizes;
  base_address_ = base_address;
}

Error File::MakeErrorAt(ErrorCode code, std::string message, std::uint64_t address, std::string_view structure,
                        std::string_view spec) const {
  Error error = MakeError(code, std::move(message));
  error.where.source = name();
  error.where.offset = CheckedAdd(base_address_, address).value_or(address);
  error.where.structure = std::string(structure);
  error.where.spec = std::string(spec);
  return error;
}

void File::BeginProbe() {
  probing_ = true;
  missing_.clear();
  wanted_.clear();
}

bool File::IsMissing(std::uint64_t offset, std::uint64_t length) {
  if (!probing_ || metadata_->Holds(offset, length)) return false;
  missing_.push_back({offset, {}, length});
  return true;
}

Status File::EndProbe() {
  probing_ = false;
  std::vector<ReadRequest> wider = missing_;
  for (ReadRequest& range : wider) range.prefetch_bytes = std::max(range.length(), kProbeBytes);
  wider.insert(wider.end(), wanted_.begin(), wanted_.end());
  metadata_->Prefetch(wider);
  std::vector<std::byte> bytes;
  for (const ReadRequest& range : missing_) {
    bytes.resize(std::max<std::size_t>(bytes.size(), range.length()));
    RUTTER_TRY(metadata_->ReadMetadata(range.offset, std::span(bytes).first(range.length())));
  }
  // These come with the same round trip; the next probe shall find them here.
  for (const ReadRequest& range : wanted_) {
    const std::uint64_t length = std::min(range.length(), source_->size() - range.offset);
    if (length > kWaitedBytes) continue;
    bytes.resize(std::max<std::size_t>(bytes.size(), length));
    (void)metadata_->ReadMetadata(range.offset, std::span(bytes).first(length));
  }
  return {};
}

Status File::CountObject() {
  if (trace_ != nullptr) Trace::Add(trace_->objects, 1);
  if (++objects_ <= limits_.objects) return {};
  return rutter::Fail(MakeErrorAt(ErrorCode::kLimit, "more than " + std::to_string(limits_.objects) + " objects (Limits::objects)", 0, {}, {}));
}

Status File::CountAttribute() {
  if (probing_) return {};
  if (++attributes_ <= limits_.attributes) return {};
  return rutter::Fail(
      MakeErrorAt(ErrorCode::kLimit, "more than " + std::to_string(limits_.attributes) + " attributes (Limits::attributes)", 0, {}, {}));
}

Result<const std::byte*> File::KeepBlock(std::uint64_t block_number) {
  auto found = blocks_.find(block_number);
  if (found != blocks_.end()) {
    recent_[block_number % kRecentBlocks].store(found->second.get(), std::memory_order_release);
    return found->second->bytes.get();
  }
  std::uint64_t start = block_number << block_bits_;
  std::uint64_t bytes = std::min(BlockBytes(), source_->size() - start);
  if (kept_bytes_ + bytes > limits_.metadata_bytes) {
    return rutter::Fail(MakeError(ErrorCode::kLimit, "more than " + std::to_string(limits_.metadata_bytes) +
                                                         " bytes of metadata (Limits::metadata_bytes)"));
  }
  if (IsMissing(start, bytes)) return rutter::Fail(MakeError(ErrorCode::kIo, "not fetched yet"));
  auto block = std::make_unique<Block>(Block{block_number, std::make_unique_for_overwrite<std::byte[]>(bytes)});
  RUTTER_TRY(metadata_->ReadMetadata(start, {block->bytes.get(), static_cast<std::size_t>(bytes)}));
  kept_bytes_ += bytes;
  recent_[block_number % kRecentBlocks].store(block.get(), std::memory_order_release);
  return blocks_.emplace(block_number, std::move(block)).first->second->bytes.get();
}

Result<std::span<const std::byte>> File::Fetch(std::uint64_t address, std::uint64_t n, std::string_view structure,
                                               std::string_view spec) {
  if (!RangeInside(address, n, end())) {
    std::uint64_t wanted = CheckedAdd(address, n).value_or(~0ull);
    Error error = MakeErrorAt(ErrorCode::kTruncated, "needs bytes " + std::to_string(address) + " to " + std::to_string(wanted) +
                                                         ", the file has " + std::to_string(end()),
                              address, structure, spec);
    return rutter::Fail(std::move(error));
  }
  std::uint64_t offset = base_address_ + address;
  if (memory_.data() != nullptr) return memory_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(n));
  if (n == 0) return std::span<const std::byte>{};
  auto located = [&](Error error) {
    error.where.structure = std::string(structure);
    error.where.spec = std::string(spec);
    if (error.where.source.empty()) error.where.source = name();
    return rutter::Fail(std::move(error));
  };
  std::uint64_t first = offset >> block_bits_, last = (offset + n - 1) >> block_bits_;
  if (first == last) {
    if (const std::byte* recent = RecentBlock(first)) return std::span<const std::byte>{recent + WithinBlock(offset), static_cast<std::size_t>(n)};
  }
  std::lock_guard lock(mutex_);
  if (first == last) {
    auto block = KeepBlock(first);
    if (!block) return located(std::move(block).error());
    return std::span<const std::byte>{*block + WithinBlock(offset), static_cast<std::size_t>(n)};
  }
  // A structure over several blocks is kept as one piece; the longest piece at an offset serves the shorter ones.
  auto found = stitched_at_.find(offset);
  if (found != stitched_at_.end() && found->second.first >= n) return std::span<const std::byte>{found->second.second, static_cast<std::size_t>(n)};
  if (n > limits_.metadata_bytes || kept_bytes_ + n > limits_.metadata_bytes) {
    return rutter::Fail(MakeErrorAt(ErrorCode::kLimit, "more than " + std::to_string(limits_.metadata_bytes) +
                                                           " bytes of metadata (Limits::metadata_bytes)",
                                    address, structure, spec));
  }
  if (n > 4 * BlockBytes() && IsMissing(offset, n)) return rutter::Fail(MakeErrorAt(ErrorCode::kIo, "not fetched yet", address, structure, spec));
  auto piece = std::make_unique_for_overwrite<std::byte[]>(n);
  if (n <= 4 * BlockBytes()) {
    std::uint64_t done = 0;
    while (done < n) {
      auto block = KeepBlock((offset + done) >> block_bits_);
      if (!block) return located(std::move(block).error());
      std::uint64_t within = WithinBlock(offset + done);
      std::uint64_t take = std::min(n - done, BlockBytes() - within);
      std::memcpy(piece.get() + done, *block + within, take);
      done += take;
    }
  } else if (auto status = metadata_->ReadAt(offset, {piece.get(), static_cast<std::size_t>(n)}); !status) {
    return located(std::move(status).error());
  }
  kept_bytes_ += n;
  std::span<const std::byte> bytes{piece.get(), static_cast<std::size_t>(n)};
  stitched_at_[offset] = {n, piece.get()};
  stitched_.push_back(std::move(piece));
  return bytes;
}

Result<ByteReader> File::Open(std::uint64_t address, std::uint64_t n, std::string_view structure, std::string_view spec) {
  RUTTER_ASSIGN(auto bytes, Fetch(address, n, structure, spec));
  return ByteReader(bytes, base_address_ + address, {name(), structure, spec});
}

Result<ByteReader> File::OpenUpTo(std::uint64_t address, std::uint64_t n, std::string_view structure, std::string_view spec) {
  if (address >= end()) {
    return rutter::Fail(MakeErrorAt(ErrorCode::kTruncated, "the address lies behind the end of the file, " + std::to_string(end()),
                                    address, structure, spec));
  }
  return Open(address, std::min(n, end() - address), structure, spec);
}

Status File::ReadMany(std::span<const Read> reads, std::string_view structure, std::string_view spec) {
  std::vector<ReadRequest> requests;
  requests.reserve(reads.size());
  bool far_away = false;
  for (const Read& read : reads) {
    if (!RangeInside(read.address, read.out.size(), end())) {
      return rutter::Fail(MakeErrorAt(ErrorCode::kTruncated, "needs " + std::to_string(read.out.size()) + " bytes, the file has " +
                                                                 std::to_string(end()),
                                      read.address, structure, spec));
    }
    requests.push_back({base_address_ + read.address, read.out});
    far_away = IsMissing(requests.back().offset, read.out.size()) || far_away;
  }
  if (far_away) return rutter::Fail(MakeErrorAt(ErrorCode::kIo, "not fetched yet", reads[0].address, structure, spec));
  if (auto status = metadata_->ReadMany(requests); !status) {
    Error error = std::move(status).error();
    error.where.structure = std::string(structure);
    error.where.spec = std::string(spec);
    return rutter::Fail(std::move(error));
  }
  return {};
}

void File::Prefetch(std::span<const std::pair<std::uint64_t, std::uint64_t>> address_and_length) {
  if (memory_.data() != nullptr) return;
  std::vector<ReadRequest> requests;
  requests.reserve(address_and_length.size());
  for (auto [address, length] : address_and_length) {
    if (!RangeInside(address, length, end())) continue;
    const std::uint64_t offset = base_address_ + address;
    if (!is_far_) {
      requests.push_back({offset, {}, length});
      continue;
    }
    // Whole blocks, as they are kept.
    const std::uint64_t first = offset - WithinBlock(offset), last = offset + length + BlockBytes() - 1;
    requests.push_back({first, {}, last - WithinBlock(last) - first});
  }
  if (probing_) {
    wanted_.insert(wanted_.end(), requests.begin(), requests.end());
  } else {
    metadata_->Prefetch(requests);
  }
}

}  // namespace rutter::hdf5
