// zlib and gzip streams through libdeflate. Sources: RFC 1950, 1951, 1952.

#include <libdeflate.h>

#include <memory>

#include "codecs/decoders.h"

namespace rutter {
namespace {

struct Free {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

/// One decompressor per thread; making one costs more than a small chunk.
libdeflate_decompressor* Decompressor() {
  thread_local std::unique_ptr<libdeflate_decompressor, Free> decompressor(libdeflate_alloc_decompressor());
  return decompressor.get();
}

tl::unexpected<Error> Problem(libdeflate_result result, const char* what) {
  if (result == LIBDEFLATE_INSUFFICIENT_SPACE) return Fail(ErrorCode::kCorrupt, std::string(what) + " stream holds more than its chunk");
  return Fail(ErrorCode::kCorrupt, std::string(what) + " stream is damaged or cut short");
}

}  // namespace

RUTTER_DECODER(DecodeDeflate) {
  (void)spec, (void)context;
  libdeflate_decompressor* decompressor = Decompressor();
  if (decompressor == nullptr) return Fail(ErrorCode::kLimit, "out of memory");
  std::size_t done = 0;
  libdeflate_result result = libdeflate_zlib_decompress(decompressor, in.data(), in.size(), out.data(), out.size(), &done);
  if (result != LIBDEFLATE_SUCCESS) return Problem(result, "a zlib");
  return done;
}

RUTTER_DECODER(DecodeGzip) {
  (void)spec, (void)context;
  libdeflate_decompressor* decompressor = Decompressor();
  if (decompressor == nullptr) return Fail(ErrorCode::kLimit, "out of memory");
  std::size_t total = 0;
  do {
    std::size_t taken = 0, done = 0;
    libdeflate_result result =
        libdeflate_gzip_decompress_ex(decompressor, in.data(), in.size(), out.data() + total, out.size() - total, &taken, &done);
    if (result != LIBDEFLATE_SUCCESS) return Problem(result, "a gzip");
    total += done;
    in = in.subspan(taken);
  } while (!in.empty());
  return total;
}

}  // namespace rutter
