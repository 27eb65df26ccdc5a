// Szip through libaec. Source: HDF5 4.0, "Filter Pipeline Message", filter 4; CCSDS 121.0-B.
//
// libaec's own stand-in for the szip library does not tell when the input ended too early, so the coder below it is used. What
// szip adds to CCSDS 121: numbers of 32 and 64 bits are coded as bytes, byte 0 of all numbers first; and every scanline is
// filled up to whole blocks.

#include <libaec.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/checked.h"
#include "codecs/big_endian.h"
#include "codecs/decoders.h"

namespace rutter {
namespace {

constexpr std::uint32_t kMostSignificantFirst = 16, kNearestNeighbour = 32;  // bits of the options mask

}  // namespace

RUTTER_DECODER(DecodeSzip) {
  (void)context;
  if (spec.values.size() < 4) return Fail(ErrorCode::kCorrupt, "Szip needs four parameters");
  if (in.size() < 4) return Fail(ErrorCode::kCorrupt, "an Szip chunk without its length");
  std::uint32_t options = spec.values[0], block = spec.values[1], bits = spec.values[2], line = spec.values[3];
  bool sound = bits >= 1 && (bits <= 24 || bits == 32 || bits == 64) && block >= 2 && block <= 32 && block % 2 == 0 && line >= 1 && line <= 4096;
  if (!sound) return Fail(ErrorCode::kCorrupt, "Szip parameters are out of range");
  std::uint64_t size = LoadLittle(in.data(), 4);
  if (size > out.size()) return Fail(ErrorCode::kCorrupt, "an Szip chunk claims more than fits");
  auto total = static_cast<std::size_t>(size);
  out = out.first(total);
  if (out.empty()) return total;
  bool as_bytes = bits == 32 || bits == 64;
  std::size_t pixel_bytes = as_bytes || bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  std::size_t line_bytes = line * pixel_bytes, blocks = CeilDiv(line, block), padded_bytes = blocks * block * pixel_bytes;
  std::size_t lines = static_cast<std::size_t>(CeilDiv(size, line_bytes));
  std::vector<std::byte> decoded;
  bool in_place = !as_bytes && padded_bytes == line_bytes;
  if (!in_place) decoded.resize(lines * padded_bytes);
  std::span<std::byte> room = in_place ? out : std::span(decoded);
  aec_stream stream{};
  stream.next_in = reinterpret_cast<const unsigned char*>(in.data() + 4);
  stream.avail_in = in.size() - 4;
  stream.next_out = reinterpret_cast<unsigned char*>(room.data());
  stream.avail_out = room.size();
  stream.bits_per_sample = as_bytes ? 8 : bits;
  stream.block_size = block;
  stream.rsi = static_cast<unsigned>(blocks);
  stream.flags = ((options & kMostSignificantFirst) != 0 ? AEC_DATA_MSB : 0u) | ((options & kNearestNeighbour) != 0 ? AEC_DATA_PREPROCESS : 0u);
  int result = aec_buffer_decode(&stream);
  std::size_t needed = (lines - 1) * padded_bytes + (total - (lines - 1) * line_bytes);
  if (result != AEC_OK || stream.total_out < needed) return Fail(ErrorCode::kCorrupt, "an Szip stream is damaged or cut short");
  if (in_place) return total;
  for (std::size_t k = 0; k < lines && padded_bytes != line_bytes; ++k) {
    std::size_t at = k * line_bytes;
    std::memmove(decoded.data() + at, decoded.data() + k * padded_bytes, std::min(line_bytes, total - at));
  }
  auto plain = std::span<const std::byte>(decoded).first(total);
  if (!as_bytes) {
    std::memcpy(out.data(), plain.data(), total);
    return total;
  }
  CodecSpec shuffle;
  shuffle.values = {bits / 8};
  return DecodeShuffle(plain, out, shuffle, {});
}

}  // namespace rutter
