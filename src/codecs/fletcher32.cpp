// Fletcher's checksum behind the data. Source: HDF5 4.0, "Filter Pipeline Message", filter 3; J. Fletcher, 1982.

#include <algorithm>
#include <cstring>

#include "codecs/big_endian.h"
#include "codecs/decoders.h"

namespace rutter {
namespace {

/// Over big-endian 16-bit words; an odd last byte is the high half of a word.
std::uint32_t Fletcher32(std::span<const std::byte> data) {
  std::uint32_t sum1 = 0, sum2 = 0;
  std::size_t words = data.size() / 2;
  const std::byte* at = data.data();
  while (words > 0) {
    std::size_t block = std::min<std::size_t>(words, 360);  // no overflow before the sums are folded
    words -= block;
    for (; block > 0; --block, at += 2) {
      sum1 += static_cast<std::uint32_t>(LoadBig(at, 2));
      sum2 += sum1;
    }
    sum1 = (sum1 & 0xFFFF) + (sum1 >> 16);
    sum2 = (sum2 & 0xFFFF) + (sum2 >> 16);
  }
  if (data.size() % 2 != 0) {
    sum1 += std::to_integer<std::uint32_t>(*at) << 8;
    sum2 += sum1;
    sum1 = (sum1 & 0xFFFF) + (sum1 >> 16);
    sum2 = (sum2 & 0xFFFF) + (sum2 >> 16);
  }
  sum1 = (sum1 & 0xFFFF) + (sum1 >> 16);
  sum2 = (sum2 & 0xFFFF) + (sum2 >> 16);
  return sum2 << 16 | sum1;
}

}  // namespace

RUTTER_DECODER(DecodeFletcher32) {
  (void)spec, (void)context;
  if (in.size() < 4) return Fail(ErrorCode::kCorrupt, "a chunk is shorter than its Fletcher32 checksum");
  auto data = in.first(in.size() - 4);
  if (data.size() > out.size()) return Fail(ErrorCode::kCorrupt, "checksummed data is longer than its chunk");
  auto stored = static_cast<std::uint32_t>(LoadLittle(in.data() + data.size(), 4));
  std::uint32_t computed = Fletcher32(data);
  // HDF5 before 1.6.3 wrote the sums of byte-swapped words on little-endian machines.
  std::uint32_t swapped = (computed & 0x00FF00FF) << 8 | (computed >> 8 & 0x00FF00FF);
  if (stored != computed && stored != swapped) return Fail(ErrorCode::kCorrupt, "the Fletcher32 checksum of a chunk does not match its data");
  if (!data.empty()) std::memcpy(out.data(), data.data(), data.size());
  return data.size();
}

}  // namespace rutter
