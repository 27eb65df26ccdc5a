// Blosc 1 chunks through c-blosc; the chunk's own header says its size, `out` bounds it.

#include <blosc.h>

#include "codecs/decoders.h"

namespace rutter {

RUTTER_DECODER(DecodeBlosc) {
  (void)spec, (void)context;
  std::size_t size = 0;
  if (in.size() < BLOSC_MIN_HEADER_LENGTH || blosc_cbuffer_validate(in.data(), in.size(), &size) < 0) return Fail(ErrorCode::kCorrupt, "a Blosc chunk's header is damaged");
  if (size > out.size()) return Fail(ErrorCode::kCorrupt, "a Blosc chunk claims more than fits");
  int done = blosc_decompress_ctx(in.data(), out.data(), size, 1);
  if (done < 0 || static_cast<std::size_t>(done) != size) return Fail(ErrorCode::kCorrupt, "a Blosc chunk is damaged");
  return size;
}

}  // namespace rutter
