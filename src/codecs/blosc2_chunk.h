#pragma once
// One Blosc2 chunk: a header, and blocks that went through a pipeline of filters and one compressor.
// Source: C-Blosc2, "Blosc2 Chunk Format".

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace rutter {

/// What a chunk holds where it stores no blocks.
enum class Blosc2Special : std::uint8_t { kNone = 0, kZeros = 1, kNan = 2, kValue = 3, kUninitialised = 4 };

/// Fills `out` with a special value; `value` is repeated for kValue. False where `type_bytes` cannot hold a NaN.
bool FillBlosc2Special(Blosc2Special special, std::size_t type_bytes, std::span<const std::byte> value, std::span<std::byte> out);

/// Decodes a chunk block by block, from the first on. Reads the bytes that it was opened with; they are not owned.
/// Not thread-safe.
class Blosc2Chunk {
 public:
  /// `bytes` may go on behind the chunk. Errors: kCorrupt, kUnsupported (Blosc 1 chunks, codecs and filters that are plugins).
  static Result<Blosc2Chunk> Open(std::span<const std::byte> bytes);

  std::size_t bytes() const { return bytes_; }               ///< Decoded.
  std::size_t stored_bytes() const { return chunk_.size(); }
  std::size_t block_bytes() const { return block_bytes_; }   ///< Of all blocks but the last, which may be shorter.
  std::size_t next_block_bytes() const;                      ///< 0 when all blocks are done.

  /// Decodes the next block into `out` of exactly next_block_bytes(). Errors: kCorrupt, kUnsupported.
  Status NextBlock(std::span<std::byte> out);

 private:
  Status ReadPipeline();
  Status Streams(std::size_t& at, std::span<std::byte> out);
  Status Stream(std::size_t& at, std::span<std::byte> out);
  bool Decompress(std::span<const std::byte> in, std::span<std::byte> out);
  Status Filter(std::uint8_t filter, std::span<const std::byte> in, std::span<std::byte> out);
  void UndoDelta(std::span<std::byte> block);

  std::span<const std::byte> chunk_;
  std::span<const std::byte> dictionary_;
  std::size_t bytes_ = 0, block_bytes_ = 0, type_bytes_ = 1, num_blocks_ = 0;
  std::uint8_t compressor_ = 0;
  bool copied_ = false, split_ = false, delta_ = false;
  Blosc2Special special_ = Blosc2Special::kNone;
  std::array<std::uint8_t, 6> filters_{};    // those that move bytes, in the order of undoing
  std::size_t num_filters_ = 0;
  std::size_t next_ = 0;                     // block
  std::size_t budget_ = 0;                   // compressed bytes that blocks may still take: streams do not overlap
  std::vector<std::byte> first_block_;       // what delta refers to
  std::vector<std::byte> a_, b_;             // between filters
};

}  // namespace rutter
