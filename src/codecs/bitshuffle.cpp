// Bitshuffle (HDF5 32008): bit k of every element stands together, in blocks that LZ4 or Zstandard may have packed.
// Source: K. Masui et al., "A compression scheme for radio data in high performance computing", 2015.

#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "codecs/big_endian.h"
#include "codecs/decoders.h"

namespace rutter {
namespace {

/// Transposes an 8 x 8 bit matrix held in a word (Hacker's Delight, 7-3).
std::uint64_t Transpose8(std::uint64_t x) {
  std::uint64_t t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AAull;
  x ^= t ^ (t << 7);
  t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCCull;
  x ^= t ^ (t << 14);
  t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0ull;
  return x ^ t ^ (t << 28);
}

/// `count` elements (a multiple of 8) of `width` bytes.
void Unshuffle(const std::byte* in, std::byte* out, std::size_t count, std::size_t width) {
  std::size_t row = count / 8;
  for (std::size_t j = 0; j < width; ++j) {
    for (std::size_t g = 0; g < row; ++g) {
      std::uint64_t word = 0;
      for (std::size_t k = 0; k < 8; ++k) word |= std::to_integer<std::uint64_t>(in[(j * 8 + k) * row + g]) << (8 * k);
      word = Transpose8(word);
      for (std::size_t i = 0; i < 8; ++i) out[(g * 8 + i) * width + j] = static_cast<std::byte>(word >> (8 * i));
    }
  }
}

}  // namespace

RUTTER_DECODER(DecodeBitshuffle) {
  auto damaged = [] { return Fail(ErrorCode::kCorrupt, "a Bitshuffle chunk is damaged or cut short"); };
  std::size_t width = spec.values.size() > 2 && spec.values[2] != 0 ? spec.values[2] : context.element_bytes;
  std::size_t block = spec.values.size() > 3 ? spec.values[3] : 0;
  std::uint32_t compression = spec.values.size() > 4 ? spec.values[4] : 0;
  if (width == 0 || width > (1u << 24)) return Fail(ErrorCode::kCorrupt, "Bitshuffle parameters are out of range");
  if (compression != 0 && compression != 2 && compression != 3) return Fail(ErrorCode::kUnsupported, "Bitshuffle with compression " + std::to_string(compression));
  std::uint64_t total = in.size();
  if (compression != 0) {
    if (in.size() < 12) return damaged();
    total = LoadBig(in.data(), 8);
    block = static_cast<std::size_t>(LoadBig(in.data() + 8, 4)) / width;
    in = in.subspan(12);
  }
  if (total > out.size()) return Fail(ErrorCode::kCorrupt, "a Bitshuffle chunk claims more than fits");
  // The filter's own choice where no block size is set: 8 KiB, a multiple of 8 elements, at least 128.
  if (block == 0) block = std::max<std::size_t>(128, 8192 / width / 8 * 8);
  if (block % 8 != 0) return damaged();
  std::size_t elements = static_cast<std::size_t>(total) / width, done = 0;
  std::vector<std::byte> unpacked;
  while (elements - done >= 8) {
    std::size_t count = std::min(block, (elements - done) / 8 * 8);
    std::size_t bytes = count * width;
    const std::byte* shuffled = in.data();
    std::size_t taken = bytes;
    if (compression != 0) {
      if (in.size() < 4) return damaged();
      taken = static_cast<std::size_t>(LoadBig(in.data(), 4));
      in = in.subspan(4);
      if (taken > in.size() || taken > 0x7E000000 || bytes > 0x7E000000) return damaged();
      unpacked.resize(bytes);
      if (compression == 2) {
        int got = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(unpacked.data()), static_cast<int>(taken), static_cast<int>(bytes));
        if (got < 0 || static_cast<std::size_t>(got) != bytes) return damaged();
      } else {
        std::size_t got = ZSTD_decompress(unpacked.data(), bytes, in.data(), taken);
        if (ZSTD_isError(got) != 0 || got != bytes) return damaged();
      }
      shuffled = unpacked.data();
    } else if (bytes > in.size()) {
      return damaged();
    }
    Unshuffle(shuffled, out.data() + done * width, count, width);
    in = in.subspan(taken);
    done += count;
  }
  // Up to seven last elements, and bytes that fill none, are stored as they are.
  std::size_t rest = static_cast<std::size_t>(total) - done * width;
  if (rest > in.size()) return damaged();
  if (rest != 0) std::memcpy(out.data() + done * width, in.data(), rest);
  return static_cast<std::size_t>(total);
}

}  // namespace rutter
