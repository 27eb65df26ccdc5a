// Zstandard frames. Source: RFC 8878.

#include <zstd.h>

#include <memory>

#include "codecs/decoders.h"

namespace rutter {

RUTTER_DECODER(DecodeZstd) {
  (void)spec, (void)context;
  struct Free {
    void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
  };
  thread_local std::unique_ptr<ZSTD_DCtx, Free> decompressor(ZSTD_createDCtx());
  if (decompressor == nullptr) return Fail(ErrorCode::kLimit, "out of memory");
  std::size_t done = ZSTD_decompressDCtx(decompressor.get(), out.data(), out.size(), in.data(), in.size());
  if (ZSTD_isError(done) != 0) return Fail(ErrorCode::kCorrupt, std::string("a Zstandard stream is damaged: ") + ZSTD_getErrorName(done));
  return done;
}

}  // namespace rutter
