// Filters that only round numbers before compression: BitGroom, Granular BitRound, BitRound. What was stored is what is read.

#include <cstring>

#include "codecs/decoders.h"

namespace rutter {

RUTTER_DECODER(DecodeRounding) {
  (void)spec, (void)context;
  if (in.size() > out.size()) return Fail(ErrorCode::kCorrupt, "rounded data is longer than its chunk");
  if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
  return in.size();
}

}  // namespace rutter
