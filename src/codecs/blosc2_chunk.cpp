#include "codecs/blosc2_chunk.h"

#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "codecs/big_endian.h"
#include "codecs/blosclz.h"
#include "codecs/decoders.h"

namespace rutter {
namespace {

constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kMaxBlockBytes = 536'866'816;
constexpr std::uint8_t kNewestVersion = 5;
enum Compressor : std::uint8_t { kBloscLz = 0, kLz4 = 1, kZlib = 3, kZstd = 4, kPlugin = 6 };
enum FilterId : std::uint8_t { kNoFilter = 0, kByteShuffle = 1, kBitShuffle = 2, kDelta = 3, kTruncate = 4 };

tl::unexpected<Error> Damaged(const char* what) { return Fail(ErrorCode::kCorrupt, std::string("a Blosc2 chunk ") + what); }

/// XOR with what stands one element before (the first block), or at the same place of the first block.
template <class Word>
void XorElements(std::byte* block, const std::byte* reference, std::size_t bytes, bool first) {
  std::size_t count = bytes / sizeof(Word);
  Word before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Word word, other = before;
    std::memcpy(&word, block + i * sizeof(Word), sizeof(Word));
    if (!first) std::memcpy(&other, reference + i * sizeof(Word), sizeof(Word));
    word = static_cast<Word>(word ^ other);
    std::memcpy(block + i * sizeof(Word), &word, sizeof(Word));
    before = word;
  }
}

}  // namespace

bool FillBlosc2Special(Blosc2Special special, std::size_t type_bytes, std::span<const std::byte> value, std::span<std::byte> out) {
  constexpr std::array<std::byte, 4> kNan4 = {std::byte{0}, std::byte{0}, std::byte{0xC0}, std::byte{0x7F}};
  constexpr std::array<std::byte, 8> kNan8 = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xF8}, std::byte{0x7F}};
  if (special == Blosc2Special::kNan) {
    if (type_bytes != 4 && type_bytes != 8) return false;
    value = type_bytes == 4 ? std::span<const std::byte>(kNan4) : std::span<const std::byte>(kNan8);
  } else if (special != Blosc2Special::kValue) {
    std::fill(out.begin(), out.end(), std::byte{0});  // what was never initialised reads as zeros
    return true;
  }
  if (value.empty() || out.size() % value.size() != 0) return false;
  for (std::size_t at = 0; at < out.size(); at += value.size()) std::memcpy(out.data() + at, value.data(), value.size());
  return true;
}

Result<Blosc2Chunk> Blosc2Chunk::Open(std::span<const std::byte> bytes) {
  if (bytes.size() < 16) return Damaged("is shorter than its header");
  Blosc2Chunk chunk;
  auto byte = [&](std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); };
  std::uint8_t version = byte(0), flags = byte(2);
  if (version > kNewestVersion) return Fail(ErrorCode::kUnsupported, "a Blosc2 chunk of format version " + std::to_string(version));
  if ((flags & 5) != 5) return Fail(ErrorCode::kUnsupported, "a Blosc 1 chunk in a Blosc2 frame");
  chunk.type_bytes_ = byte(3);
  chunk.bytes_ = static_cast<std::size_t>(LoadLittle(bytes.data() + 4, 4));
  chunk.block_bytes_ = static_cast<std::size_t>(LoadLittle(bytes.data() + 8, 4));
  auto stored = static_cast<std::size_t>(LoadLittle(bytes.data() + 12, 4));
  if (stored < kHeaderBytes || stored > bytes.size()) return Damaged("is cut short");
  chunk.chunk_ = bytes.first(stored);
  chunk.budget_ = stored;
  bool sound = chunk.type_bytes_ != 0 && chunk.bytes_ <= 0x7FFFFFFF && chunk.block_bytes_ != 0 && chunk.block_bytes_ <= kMaxBlockBytes &&
               (chunk.bytes_ == 0 || chunk.block_bytes_ <= chunk.bytes_);
  if (!sound) return Damaged("has sizes out of range");
  chunk.num_blocks_ = chunk.bytes_ / chunk.block_bytes_ + (chunk.bytes_ % chunk.block_bytes_ != 0);
  chunk.copied_ = (flags & 2) != 0;
  chunk.split_ = (flags & 16) == 0;
  chunk.compressor_ = flags >> 5;
  RUTTER_TRY(chunk.ReadPipeline());
  return chunk;
}

Status Blosc2Chunk::ReadPipeline() {
  auto byte = [&](std::size_t at) { return std::to_integer<std::uint8_t>(chunk_[at]); };
  std::uint8_t flags = byte(31), special = flags >> 4 & 7;
  if (special > 4) return Damaged("has an unknown special value");
  special_ = static_cast<Blosc2Special>(special);
  if (special_ != Blosc2Special::kNone) {
    if (bytes_ % type_bytes_ != 0 || block_bytes_ % type_bytes_ != 0) return Damaged("repeats a value that does not fill it");
    if (special_ == Blosc2Special::kValue && chunk_.size() - kHeaderBytes < type_bytes_) return Damaged("is cut short");
    return {};
  }
  if ((flags & 0x88) != 0) return Fail(ErrorCode::kUnsupported, "a lazy or instrumented Blosc2 chunk");
  if (byte(30) != 0) return Fail(ErrorCode::kUnsupported, "a Blosc2 chunk with blocks of variable length");
  if (copied_) {
    if (chunk_.size() - kHeaderBytes < bytes_) return Damaged("is cut short");
    return {};
  }
  if (compressor_ == kPlugin) return Fail(ErrorCode::kUnsupported, "a Blosc2 chunk with plugin codec " + std::to_string(byte(22)));
  if (compressor_ > kZstd || compressor_ == 2) return Fail(ErrorCode::kUnsupported, "a Blosc2 chunk with codec " + std::to_string(compressor_));
  for (std::size_t slot = filters_.size(); slot-- > 0;) {
    std::uint8_t filter = byte(16 + slot);
    if (filter > kTruncate) return Fail(ErrorCode::kUnsupported, "a Blosc2 chunk with plugin filter " + std::to_string(filter));
    if (filter == kNoFilter) continue;
    if (delta_) return Fail(ErrorCode::kUnsupported, "a Blosc2 chunk with another filter before delta");
    if (filter == kDelta) delta_ = true;
    if (filter == kByteShuffle || filter == kBitShuffle) filters_[num_filters_++] = filter;
  }
  std::size_t behind = kHeaderBytes;
  if (num_blocks_ > (chunk_.size() - behind) / 4) return Damaged("is cut short");
  behind += 4 * num_blocks_;
  if ((flags & 1) == 0) return {};
  if (compressor_ != kZstd && compressor_ != kLz4) return Fail(ErrorCode::kUnsupported, "a Blosc2 chunk with a dictionary for codec " + std::to_string(compressor_));
  if (chunk_.size() - behind < 4) return Damaged("is cut short");
  std::uint64_t size = LoadLittle(chunk_.data() + behind, 4);
  behind += 4;
  if (size == 0 || size > chunk_.size() - behind) return Damaged("has a damaged dictionary");
  dictionary_ = chunk_.subspan(behind, static_cast<std::size_t>(size));
  return {};
}

std::size_t Blosc2Chunk::next_block_bytes() const {
  return next_ >= num_blocks_ ? 0 : std::min(block_bytes_, bytes_ - next_ * block_bytes_);
}

Status Blosc2Chunk::NextBlock(std::span<std::byte> out) {
  if (out.empty() || out.size() != next_block_bytes()) return Fail(ErrorCode::kInternal, "a Blosc2 block's room is not its size");
  std::size_t block = next_++;
  if (special_ != Blosc2Special::kNone) {
    auto value = chunk_.subspan(kHeaderBytes, special_ == Blosc2Special::kValue ? type_bytes_ : 0);
    return FillBlosc2Special(special_, type_bytes_, value, out) ? Status() : Status(Damaged("repeats a value that does not fill it"));
  }
  if (copied_) {
    std::memcpy(out.data(), chunk_.data() + kHeaderBytes + block * block_bytes_, out.size());
    return {};
  }
  auto at = static_cast<std::size_t>(LoadLittle(chunk_.data() + kHeaderBytes + 4 * block, 4));
  if (at < kHeaderBytes || at >= chunk_.size()) return Damaged("has a block outside of it");
  std::span<std::byte> now = out;
  if (num_filters_ != 0) {
    a_.resize(block_bytes_);
    if (num_filters_ > 1) b_.resize(block_bytes_);
    now = std::span(a_).first(out.size());
  }
  RUTTER_TRY(Streams(at, now));
  for (std::size_t k = 0; k < num_filters_; ++k) {
    auto& other = now.data() == a_.data() ? b_ : a_;
    auto to = k + 1 == num_filters_ ? out : std::span(other).first(out.size());
    RUTTER_TRY(Filter(filters_[k], now, to));
    now = to;
  }
  if (delta_) UndoDelta(out);
  return {};
}

Status Blosc2Chunk::Streams(std::size_t& at, std::span<std::byte> out) {
  std::size_t streams = split_ && out.size() == block_bytes_ ? type_bytes_ : 1;  // a shorter last block is never split
  if (out.size() % streams != 0) return Damaged("splits a block into streams of unequal length");
  std::size_t each = out.size() / streams;
  for (std::size_t k = 0; k < streams; ++k) RUTTER_TRY(Stream(at, out.subspan(k * each, each)));
  return {};
}

Status Blosc2Chunk::Stream(std::size_t& at, std::span<std::byte> out) {
  if (chunk_.size() - at < 4) return Damaged("is cut short");
  auto size = static_cast<std::int32_t>(LoadLittle(chunk_.data() + at, 4));
  at += 4;
  if (size == 0) {
    std::fill(out.begin(), out.end(), std::byte{0});
    return {};
  }
  if (size < 0) {  // a run of one byte
    if (at == chunk_.size()) return Damaged("is cut short");
    auto token = std::to_integer<std::uint8_t>(chunk_[at++]);
    if ((token & 1) == 0 || size < -255) return Damaged("has an unknown kind of stream");
    std::fill(out.begin(), out.end(), static_cast<std::byte>(-size));
    return {};
  }
  auto length = static_cast<std::size_t>(size);
  if (length > chunk_.size() - at || length > budget_) return Damaged("is cut short");
  budget_ -= length;
  auto in = chunk_.subspan(at, length);
  at += length;
  if (length == out.size()) {
    std::memcpy(out.data(), in.data(), length);
    return {};
  }
  return Decompress(in, out) ? Status() : Status(Damaged("has a damaged stream"));
}

bool Blosc2Chunk::Decompress(std::span<const std::byte> in, std::span<std::byte> out) {
  static const CodecSpec kNoSpec;
  if (compressor_ == kBloscLz) return DecodeBloscLz(in, out);
  if (compressor_ == kZlib || (compressor_ == kZstd && dictionary_.empty())) {
    auto done = compressor_ == kZlib ? DecodeDeflate(in, out, kNoSpec, {}) : DecodeZstd(in, out, kNoSpec, {});
    return done && *done == out.size();
  }
  if (compressor_ == kZstd) {
    struct Free {
      void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
    };
    std::unique_ptr<ZSTD_DCtx, Free> decompressor(ZSTD_createDCtx());
    if (decompressor == nullptr) return false;
    std::size_t done = ZSTD_decompress_usingDict(decompressor.get(), out.data(), out.size(), in.data(), in.size(), dictionary_.data(), dictionary_.size());
    return ZSTD_isError(done) == 0 && done == out.size();
  }
  // Blocks are at most 512 MiB and streams lie in chunks of less than 2 GiB, so that every size fits an int.
  int done = LZ4_decompress_safe_usingDict(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()), static_cast<int>(in.size()),
                                           static_cast<int>(out.size()), reinterpret_cast<const char*>(dictionary_.data()), static_cast<int>(dictionary_.size()));
  return done >= 0 && static_cast<std::size_t>(done) == out.size();
}

Status Blosc2Chunk::Filter(std::uint8_t filter, std::span<const std::byte> in, std::span<std::byte> out) {
  CodecSpec spec;
  auto width = static_cast<std::uint32_t>(type_bytes_);
  std::size_t elements = in.size() / type_bytes_;
  if (filter == kByteShuffle) {
    spec.values = {width};
    RUTTER_TRY(DecodeShuffle(in, out, spec, {}));
    return {};
  }
  // Format 2 leaves a block alone whose elements are no multiple of eight.
  bool old_and_odd = chunk_[0] == std::byte{2} && elements % 8 != 0;
  if (elements < 8 || old_and_odd) {
    std::memcpy(out.data(), in.data(), in.size());
    return {};
  }
  spec.values = {0, 0, width, static_cast<std::uint32_t>(elements / 8 * 8), 0};  // the whole block at once
  RUTTER_TRY(DecodeBitshuffle(in, out, spec, {}));
  return {};
}

void Blosc2Chunk::UndoDelta(std::span<std::byte> block) {
  bool first = first_block_.empty();
  const std::byte* reference = first_block_.data();
  if (type_bytes_ == 2) {
    XorElements<std::uint16_t>(block.data(), reference, block.size(), first);
  } else if (type_bytes_ == 4) {
    XorElements<std::uint32_t>(block.data(), reference, block.size(), first);
  } else if (type_bytes_ % 8 == 0) {
    XorElements<std::uint64_t>(block.data(), reference, block.size(), first);
  } else {
    XorElements<std::uint8_t>(block.data(), reference, block.size(), first);
  }
  if (first) first_block_.assign(block.begin(), block.end());
}

}  // namespace rutter
