#pragma once
// One HDF5 file as its parser sees it: addresses, sizes, budgets. The only place of this format that does I/O.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/trace.h"
#include "io/byte_source.h"
#include "io/source_opener.h"

namespace rutter::hdf5 {

/// Widths of addresses and lengths in this file, from the superblock: 2, 4 or 8 bytes.
struct Sizes {
  std::uint8_t offsets = 8;
  std::uint8_t lengths = 8;
};

/// Bytes of one HDF5 file by *address* (relative to the base address; the user block lies before it). Thread-safe.
/// Spans that Fetch returns stay valid while the File lives; what it keeps counts against Limits::metadata_bytes.
class File {
 public:
  /// `metadata` (null: `source`) is where structures are read; both have the same name and size.
  File(std::shared_ptr<ByteSource> source, std::shared_ptr<SourceOpener> opener, const Limits& limits, std::shared_ptr<ByteSource> metadata = nullptr);

  /// Set once by the superblock, before anything else is read.
  void SetLayout(Sizes sizes, std::uint64_t base_address);
  const Sizes& sizes() const { return sizes_; }
  std::uint64_t base_address() const { return base_address_; }
  const Limits& limits() const { return limits_; }
  /// The file's own bytes: where data lie.
  const std::shared_ptr<ByteSource>& source() const { return source_; }
  /// Where structures are read.
  ByteSource& metadata() const { return *metadata_; }
  const std::shared_ptr<SourceOpener>& opener() const { return opener_; }
  const std::string& name() const { return source_->name(); }
  /// Bytes behind the base address in the physical file: every address must be below.
  std::uint64_t end() const { return source_->size() > base_address_ ? source_->size() - base_address_ : 0; }
  /// Absolute offset in the source; nullopt on overflow.
  std::uint64_t Absolute(std::uint64_t address) const { return base_address_ + address; }

  /// Metadata bytes [address, address + n), kept. `structure` and `spec` are string literals for errors.
  /// Errors: kTruncated (past the physical end, naming the first missing byte), kLimit, kIo.
  Result<std::span<const std::byte>> Fetch(std::uint64_t address, std::uint64_t n, std::string_view structure,
                                           std::string_view spec);
  /// The same as a sticky reader whose offsets are absolute.
  Result<ByteReader> Open(std::uint64_t address, std::uint64_t n, std::string_view structure, std::string_view spec);
  /// As many bytes as there are, at most n (for structures whose size is inside them).
  Result<ByteReader> OpenUpTo(std::uint64_t address, std::uint64_t n, std::string_view structure, std::string_view spec);

  /// Bytes that are not kept: big index nodes read level by level. Buffers are the caller's.
  struct Read {
    std::uint64_t address = 0;
    std::span<std::byte> out;
  };
  Status ReadMany(std::span<const Read> reads, std::string_view structure, std::string_view spec);
  /// Starts fetching these ranges in the background where the source can; never fails.
  void Prefetch(std::span<const std::pair<std::uint64_t, std::uint64_t>> address_and_length);

  /// True where the source is so far away that its bytes are better asked for many at once.
  bool is_far() const { return is_far_; }
  bool is_probing() const { return probing_; }
  /// From here until EndProbe, reads that would have to wait for a source far away fail at once (kIo), and what they lack is
  /// noted; nothing counts against the limits of objects and attributes. For one thread, while no other reads the file.
  void BeginProbe();
  /// Ends the probe and fetches what it lacked, all at once; what Prefetch was asked for meanwhile comes behind.
  /// Errors: kIo, kSourceChanged, kLimit.
  Status EndProbe();
  /// How often the probe met something that is not here.
  std::size_t misses() const { return missing_.size(); }

  /// An error of this file at an address.
  Error MakeErrorAt(ErrorCode code, std::string message, std::uint64_t address, std::string_view structure,
                    std::string_view spec) const;

  /// Objects are also counted here; null ends that.
  void CountInto(std::shared_ptr<Trace> trace) { trace_ = std::move(trace); }
  /// Counts attributes and objects against the limits.
  Status CountObject();
  Status CountAttribute();

 private:
  /// A kept block, for readers that do not wait for each other.
  struct Block {
    std::uint64_t number = 0;
    std::unique_ptr<std::byte[]> bytes;
  };
  static constexpr std::size_t kRecentBlocks = 256;

  Result<const std::byte*> KeepBlock(std::uint64_t block_number);
  /// While probing: notes the bytes where they are not here, and tells so.
  bool IsMissing(std::uint64_t offset, std::uint64_t length);
  std::uint64_t BlockBytes() const { return std::uint64_t{1} << block_bits_; }
  std::uint64_t WithinBlock(std::uint64_t offset) const { return offset & (BlockBytes() - 1); }
  /// The block's bytes where it was met lately, else null. Takes no lock.
  const std::byte* RecentBlock(std::uint64_t block_number) const {
    const Block* block = recent_[block_number % kRecentBlocks].load(std::memory_order_acquire);
    return block != nullptr && block->number == block_number ? block->bytes.get() : nullptr;
  }

  std::shared_ptr<ByteSource> source_, metadata_;
  std::shared_ptr<SourceOpener> opener_;
  std::shared_ptr<Trace> trace_;
  Limits limits_;
  int block_bits_;  ///< Kept blocks have 2^block_bits_ bytes, as the source likes it.
  Sizes sizes_;
  std::uint64_t base_address_ = 0;
  std::span<const std::byte> memory_;  ///< The whole source, where it lies in memory.
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::unique_ptr<const Block>> blocks_;
  std::array<std::atomic<const Block*>, kRecentBlocks> recent_{};  ///< Into `blocks_`, by number.
  std::vector<std::unique_ptr<std::byte[]>> stitched_;
  std::unordered_map<std::uint64_t, std::pair<std::uint64_t, const std::byte*>> stitched_at_;
  std::uint64_t kept_bytes_ = 0;
  bool is_far_ = false, probing_ = false;
  std::vector<ReadRequest> missing_, wanted_;  ///< Offsets and lengths; of the probe.
  std::atomic<std::uint64_t> objects_{0}, attributes_{0};
};

}  // namespace rutter::hdf5
