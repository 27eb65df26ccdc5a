// Szip through libaec. Source: HDF5 4.0, "Filter Pipeline Message", filter 4; CCSDS 121.0-B.

extern "C" {  // libaec's header has no C++ guard
#include <szlib.h>
}

#include "codecs/big_endian.h"
#include "codecs/decoders.h"

namespace rutter {

RUTTER_DECODER(DecodeSzip) {
  (void)context;
  if (spec.values.size() < 4) return Fail(ErrorCode::kCorrupt, "Szip needs four parameters");
  if (in.size() < 4) return Fail(ErrorCode::kCorrupt, "an Szip chunk without its length");
  SZ_com_t parameters;
  parameters.options_mask = static_cast<int>(spec.values[0]);
  parameters.pixels_per_block = static_cast<int>(spec.values[1]);
  parameters.bits_per_pixel = static_cast<int>(spec.values[2]);
  parameters.pixels_per_scanline = static_cast<int>(spec.values[3]);
  std::uint32_t bits = spec.values[2], block = spec.values[1], line = spec.values[3];
  bool sound = bits >= 1 && (bits <= 24 || bits == 32 || bits == 64) && block >= 2 && block <= 32 && block % 2 == 0 && line >= 1 && line <= 4096;
  if (!sound) return Fail(ErrorCode::kCorrupt, "Szip parameters are out of range");
  std::uint64_t size = LoadLittle(in.data(), 4);
  if (size > out.size()) return Fail(ErrorCode::kCorrupt, "an Szip chunk claims more than fits");
  std::size_t done = static_cast<std::size_t>(size);
  int result = SZ_BufftoBuffDecompress(out.data(), &done, in.data() + 4, in.size() - 4, &parameters);
  if (result != SZ_OK || done != size) return Fail(ErrorCode::kCorrupt, "an Szip stream is damaged");
  return done;
}

}  // namespace rutter
