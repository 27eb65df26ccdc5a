// LZ4 blocks in two framings: HDF5's filter 32004 and numcodecs'.

#include <lz4.h>

#include <algorithm>
#include <cstring>

#include "codecs/big_endian.h"
#include "codecs/decoders.h"

namespace rutter {
namespace {

constexpr std::size_t kMaxBlock = 0x7E000000;  // LZ4_MAX_INPUT_SIZE

bool Block(std::span<const std::byte> in, std::span<std::byte> out) {
  if (in.size() > kMaxBlock || out.size() > kMaxBlock) return false;
  int done = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()), static_cast<int>(in.size()),
                                 static_cast<int>(out.size()));
  return done >= 0 && static_cast<std::size_t>(done) == out.size();
}

}  // namespace

RUTTER_DECODER(DecodeLz4Hdf5) {
  (void)spec, (void)context;
  auto damaged = [] { return Fail(ErrorCode::kCorrupt, "an LZ4 chunk is damaged or cut short"); };
  if (in.size() < 12) return damaged();
  std::uint64_t total = LoadBig(in.data(), 8), block = LoadBig(in.data() + 8, 4);
  if (total > out.size()) return Fail(ErrorCode::kCorrupt, "an LZ4 chunk claims more than fits");
  if (block == 0 && total != 0) return damaged();
  in = in.subspan(12);
  std::size_t done = 0;
  while (done < total) {
    if (in.size() < 4) return damaged();
    std::uint64_t stored = LoadBig(in.data(), 4);
    in = in.subspan(4);
    auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block, total - done));
    if (stored > in.size()) return damaged();
    if (stored == size) {
      std::memcpy(out.data() + done, in.data(), size);  // a block that did not shrink is stored as it is
    } else if (!Block(in.first(static_cast<std::size_t>(stored)), out.subspan(done, size))) {
      return damaged();
    }
    in = in.subspan(static_cast<std::size_t>(stored));
    done += size;
  }
  return done;
}

RUTTER_DECODER(DecodeLz4) {
  (void)spec, (void)context;
  if (in.size() < 4) return Fail(ErrorCode::kCorrupt, "an LZ4 chunk without its size");
  std::uint64_t size = LoadLittle(in.data(), 4);
  if (size > out.size()) return Fail(ErrorCode::kCorrupt, "an LZ4 chunk claims more than fits");
  if (!Block(in.subspan(4), out.first(static_cast<std::size_t>(size)))) return Fail(ErrorCode::kCorrupt, "an LZ4 chunk is damaged");
  return static_cast<std::size_t>(size);
}

}  // namespace rutter
