// Bzip2 streams through libbz2.

#include <bzlib.h>

#include "codecs/decoders.h"

namespace rutter {

RUTTER_DECODER(DecodeBzip2) {
  (void)spec, (void)context;
  if (in.size() > 0xFFFFFFFFull || out.size() > 0xFFFFFFFFull) return Fail(ErrorCode::kUnsupported, "a Bzip2 chunk of 4 GiB");
  auto done = static_cast<unsigned>(out.size());
  // The library's signature wants a writable input and does not write to it.
  int result = BZ2_bzBuffToBuffDecompress(reinterpret_cast<char*>(out.data()), &done, const_cast<char*>(reinterpret_cast<const char*>(in.data())),
                                          static_cast<unsigned>(in.size()), 0, 0);
  if (result == BZ_OUTBUFF_FULL) return Fail(ErrorCode::kCorrupt, "a Bzip2 stream holds more than its chunk");
  if (result != BZ_OK) return Fail(ErrorCode::kCorrupt, "a Bzip2 stream is damaged or cut short");
  return static_cast<std::size_t>(done);
}

}  // namespace rutter
