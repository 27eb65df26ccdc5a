// Blosc2 (HDF5 32026): a contiguous frame, whose chunks hold the data as it is or an array in blocks.
// No library of Debian 12 reads it; the compressors inside are the libraries' own.

#include <algorithm>
#include <cstring>
#include <string>

#include "base/checked.h"
#include "codecs/blosc2_frame.h"
#include "codecs/decoders.h"

namespace rutter {
namespace {

constexpr std::uint64_t kMaxChunks = 1 << 20;
// Padding doubles every dimension at most; shapes whose blocks are mostly padding are no writer's choice.
constexpr std::uint64_t kMaxPadding = 64;
constexpr std::uint64_t kFillBytes = 1 << 16;  // at a time, where a chunk without blocks is one value all through

tl::unexpected<Error> Damaged(const char* what) { return Fail(ErrorCode::kCorrupt, std::string("a Blosc2 frame ") + what); }

/// Calls `take(block number, block bytes)` for each block of a chunk in turn; `scratch` holds one block.
template <class Take>
Status ForEachBlock(const Blosc2StoredChunk& stored, std::uint64_t chunk_bytes, std::uint64_t block_bytes, std::uint64_t type_bytes,
                    std::vector<std::byte>& scratch, Take take) {
  if (stored.special != Blosc2Special::kNone) {
    auto block = static_cast<std::size_t>(std::min(block_bytes == 0 ? kFillBytes : block_bytes, chunk_bytes));
    scratch.resize(block);
    if (!FillBlosc2Special(stored.special, static_cast<std::size_t>(type_bytes), {}, scratch)) return Damaged("has NaN of a type that has none");
    for (std::uint64_t at = 0, k = 0; at < chunk_bytes; at += block, ++k) {
      take(k, std::span<const std::byte>(scratch).first(static_cast<std::size_t>(std::min<std::uint64_t>(block, chunk_bytes - at))));
    }
    return {};
  }
  RUTTER_ASSIGN(Blosc2Chunk chunk, Blosc2Chunk::Open(stored.bytes));
  if (chunk.bytes() != chunk_bytes) return Damaged("has a chunk of another size");
  if (block_bytes != 0 && chunk.block_bytes() != block_bytes) return Damaged("has blocks of another size");
  for (std::uint64_t k = 0; chunk.next_block_bytes() != 0; ++k) {
    scratch.resize(chunk.next_block_bytes());
    RUTTER_TRY(chunk.NextBlock(scratch));
    take(k, std::span<const std::byte>(scratch));
  }
  return {};
}

/// Row-major coordinates of `number` in a grid.
void Unravel(std::uint64_t number, std::span<const std::uint64_t> grid, std::span<std::uint64_t> at) {
  for (std::size_t k = grid.size(); k-- > 0;) {
    at[k] = number % grid[k];
    number /= grid[k];
  }
}

/// Copies blocks to their places in the array, without the padding.
class Scatter {
 public:
  Scatter(const Blosc2Array& array, std::size_t type_bytes, std::span<std::byte> out) : array_(array), type_bytes_(type_bytes), out_(out) {
    std::size_t rank = array.shape.size();
    for (std::size_t k = 0; k < rank; ++k) {
      chunks_.push_back(CeilDiv(array.shape[k], array.chunk[k]));
      blocks_.push_back(CeilDiv(array.chunk[k], array.block[k]));
    }
    start_.resize(rank), count_.resize(rank), chunk_at_.resize(rank), block_at_.resize(rank), row_at_.resize(rank);
  }
  const std::vector<std::uint64_t>& chunks() const { return chunks_; }
  const std::vector<std::uint64_t>& blocks() const { return blocks_; }

  void Block(std::uint64_t chunk, std::uint64_t block, std::span<const std::byte> in) {
    Unravel(chunk, chunks_, chunk_at_);
    Unravel(block, blocks_, block_at_);
    std::size_t rank = chunks_.size();
    for (std::size_t k = 0; k < rank; ++k) {
      std::uint64_t inside = block_at_[k] * array_.block[k];  // of the chunk; blocks_ keeps it below the chunk's end
      start_[k] = chunk_at_[k] * array_.chunk[k] + inside;
      if (start_[k] >= array_.shape[k]) return;
      count_[k] = std::min({array_.block[k], array_.chunk[k] - inside, array_.shape[k] - start_[k]});
    }
    std::fill(row_at_.begin(), row_at_.end(), 0);
    auto row_bytes = static_cast<std::size_t>(count_[rank - 1]) * type_bytes_;
    for (;;) {
      std::uint64_t from = 0, to = 0;
      for (std::size_t k = 0; k < rank; ++k) {
        from = from * array_.block[k] + row_at_[k];
        to = to * array_.shape[k] + start_[k] + row_at_[k];
      }
      std::memcpy(out_.data() + static_cast<std::size_t>(to) * type_bytes_, in.data() + static_cast<std::size_t>(from) * type_bytes_, row_bytes);
      std::size_t k = rank - 1;
      for (; k > 0; --k) {
        if (++row_at_[k - 1] < count_[k - 1]) break;
        row_at_[k - 1] = 0;
      }
      if (k == 0) return;
    }
  }

 private:
  const Blosc2Array& array_;
  std::size_t type_bytes_;
  std::span<std::byte> out_;
  std::vector<std::uint64_t> chunks_, blocks_;  // grids
  std::vector<std::uint64_t> start_, count_, chunk_at_, block_at_, row_at_;
};

Result<std::size_t> DecodeArray(const Blosc2Frame& frame, std::span<const Blosc2StoredChunk> chunks, std::span<std::byte> out) {
  const Blosc2Array& array = *frame.array;
  auto total = CheckedProduct(array.shape);
  if (total) total = CheckedMul(*total, frame.type_bytes);
  if (!total || *total > out.size()) return Damaged("claims more than fits");
  if (*total == 0) return 0;
  Scatter scatter(array, static_cast<std::size_t>(frame.type_bytes), out);
  auto num_chunks = CheckedProduct(scatter.chunks()), num_blocks = CheckedProduct(scatter.blocks()), block_bytes = CheckedProduct(array.block);
  if (block_bytes) block_bytes = CheckedMul(*block_bytes, frame.type_bytes);
  auto chunk_bytes = num_blocks && block_bytes ? CheckedMul(*num_blocks, *block_bytes) : std::nullopt;
  auto padded = num_chunks && chunk_bytes ? CheckedMul(*num_chunks, *chunk_bytes) : std::nullopt;
  if (!padded || *num_chunks != chunks.size() || *chunk_bytes != frame.chunk_bytes) return Damaged("has an array that does not fill its chunks");
  bool sparse = *padded / kMaxPadding > *total || *block_bytes / 4 > *total + (1 << 20);
  if (sparse) return Fail(ErrorCode::kLimit, "a Blosc2 array that is nearly all padding");
  std::vector<std::byte> scratch;
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    RUTTER_TRY(ForEachBlock(chunks[c], *chunk_bytes, *block_bytes, frame.type_bytes, scratch,
                            [&](std::uint64_t block, std::span<const std::byte> bytes) { scatter.Block(c, block, bytes); }));
  }
  return static_cast<std::size_t>(*total);
}

}  // namespace

RUTTER_DECODER(DecodeBlosc2) {
  (void)spec, (void)context;
  RUTTER_ASSIGN(Blosc2Frame frame, DecodeBlosc2Frame(in));
  RUTTER_ASSIGN(auto chunks, DecodeBlosc2Index(frame, in, std::min<std::uint64_t>(kMaxChunks, out.size())));
  if (frame.array) return DecodeArray(frame, chunks, out);
  if (frame.bytes > out.size()) return Damaged("claims more than fits");
  std::vector<std::byte> scratch;
  std::size_t done = 0;
  for (const Blosc2StoredChunk& chunk : chunks) {
    std::uint64_t bytes = std::min<std::uint64_t>(frame.chunk_bytes, frame.bytes - done);
    RUTTER_TRY(ForEachBlock(chunk, bytes, 0, frame.type_bytes, scratch, [&](std::uint64_t, std::span<const std::byte> block) {
      std::memcpy(out.data() + done, block.data(), block.size());
      done += block.size();
    }));
  }
  return done;
}

}  // namespace rutter
