// The byte shuffle: byte j of every element stands together. Source: HDF5 4.0, "Filter Pipeline Message", filter 2.

#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "codecs/decoders.h"

namespace rutter {
namespace {

void UnshuffleScalar(const std::byte* in, std::byte* out, std::size_t first, std::size_t count, std::size_t width) {
  for (std::size_t i = first; i < count; ++i) {
    for (std::size_t j = 0; j < width; ++j) out[i * width + j] = in[j * count + i];
  }
}

#ifdef __SSE2__
__m128i Load(const std::byte* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
void Store(std::byte* at, __m128i value) { _mm_storeu_si128(reinterpret_cast<__m128i*>(at), value); }

/// 16 elements at a time; returns how many elements are done.
std::size_t Unshuffle2(const std::byte* in, std::byte* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m128i a = Load(in + i), b = Load(in + count + i);
    Store(out + 2 * i, _mm_unpacklo_epi8(a, b));
    Store(out + 2 * i + 16, _mm_unpackhi_epi8(a, b));
  }
  return i;
}

std::size_t Unshuffle4(const std::byte* in, std::byte* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m128i a = Load(in + i), b = Load(in + count + i), c = Load(in + 2 * count + i), d = Load(in + 3 * count + i);
    __m128i ab0 = _mm_unpacklo_epi8(a, b), ab1 = _mm_unpackhi_epi8(a, b);
    __m128i cd0 = _mm_unpacklo_epi8(c, d), cd1 = _mm_unpackhi_epi8(c, d);
    Store(out + 4 * i, _mm_unpacklo_epi16(ab0, cd0));
    Store(out + 4 * i + 16, _mm_unpackhi_epi16(ab0, cd0));
    Store(out + 4 * i + 32, _mm_unpacklo_epi16(ab1, cd1));
    Store(out + 4 * i + 48, _mm_unpackhi_epi16(ab1, cd1));
  }
  return i;
}

std::size_t Unshuffle8(const std::byte* in, std::byte* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    __m128i row[8];
    for (std::size_t j = 0; j < 8; ++j) row[j] = Load(in + j * count + i);
    __m128i pair[8], quad[8];
    for (std::size_t j = 0; j < 4; ++j) {
      pair[2 * j] = _mm_unpacklo_epi8(row[2 * j], row[2 * j + 1]);
      pair[2 * j + 1] = _mm_unpackhi_epi8(row[2 * j], row[2 * j + 1]);
    }
    for (std::size_t half = 0; half < 2; ++half) {  // elements 0-7, 8-15
      quad[4 * half] = _mm_unpacklo_epi16(pair[half], pair[2 + half]);
      quad[4 * half + 1] = _mm_unpackhi_epi16(pair[half], pair[2 + half]);
      quad[4 * half + 2] = _mm_unpacklo_epi16(pair[4 + half], pair[6 + half]);
      quad[4 * half + 3] = _mm_unpackhi_epi16(pair[4 + half], pair[6 + half]);
      for (std::size_t k = 0; k < 2; ++k) {
        std::byte* at = out + 8 * i + 64 * half + 32 * k;
        Store(at, _mm_unpacklo_epi32(quad[4 * half + k], quad[4 * half + 2 + k]));
        Store(at + 16, _mm_unpackhi_epi32(quad[4 * half + k], quad[4 * half + 2 + k]));
      }
    }
  }
  return i;
}
#endif

}  // namespace

RUTTER_DECODER(DecodeShuffle) {
  std::size_t width = spec.values.empty() ? context.element_bytes : spec.values[0];
  if (in.size() > out.size()) return Fail(ErrorCode::kCorrupt, "shuffled data is longer than its chunk");
  if (width <= 1 || in.size() < width) {
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    return in.size();
  }
  std::size_t count = in.size() / width, done = 0;
#ifdef __SSE2__
  if (width == 2) done = Unshuffle2(in.data(), out.data(), count);
  if (width == 4) done = Unshuffle4(in.data(), out.data(), count);
  if (width == 8) done = Unshuffle8(in.data(), out.data(), count);
#endif
  UnshuffleScalar(in.data(), out.data(), done, count, width);
  // Bytes that fill no element stand unshuffled at the end.
  std::size_t whole = count * width;
  if (whole < in.size()) std::memcpy(out.data() + whole, in.data() + whole, in.size() - whole);
  return in.size();
}

}  // namespace rutter
