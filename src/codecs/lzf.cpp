// LZF, h5py's own filter 32000: runs of literals and back references.

#include "codecs/decoders.h"

namespace rutter {

RUTTER_DECODER(DecodeLzf) {
  (void)spec, (void)context;
  std::size_t at = 0, done = 0;
  auto damaged = [] { return Fail(ErrorCode::kCorrupt, "an LZF stream is damaged or cut short"); };
  while (at < in.size()) {
    auto control = std::to_integer<std::size_t>(in[at++]);
    if (control < 32) {
      std::size_t run = control + 1;
      if (run > in.size() - at || run > out.size() - done) return damaged();
      for (; run > 0; --run) out[done++] = in[at++];
      continue;
    }
    std::size_t length = control >> 5, distance = (control & 31) << 8;
    if (length == 7) {
      if (at == in.size()) return damaged();
      length += std::to_integer<std::size_t>(in[at++]);
    }
    if (at == in.size()) return damaged();
    distance |= std::to_integer<std::size_t>(in[at++]);
    ++distance;
    length += 2;
    if (distance > done || length > out.size() - done) return damaged();
    for (; length > 0; --length, ++done) out[done] = out[done - distance];
  }
  return done;
}

}  // namespace rutter
