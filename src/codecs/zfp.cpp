// ZFP (HDF5 32013) through libzfp. The client values are a version word and ZFP's own header. Where a big-endian machine wrote
// it, the header's words are swapped, and so are the elements that the filter gives back (H5Z-ZFP, "Endian issues").

#include <zfp.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "codecs/decoders.h"

namespace rutter {

RUTTER_DECODER(DecodeZfp) {
  (void)context;
  if (spec.values.size() < 2) return Fail(ErrorCode::kCorrupt, "ZFP needs its header in the filter's parameters");
  struct CloseStream {
    void operator()(zfp_stream* s) const { zfp_stream_close(s); }
    void operator()(zfp_field* f) const { zfp_field_free(f); }
    void operator()(bitstream* b) const { stream_close(b); }
  };
  // Copied with room behind: ZFP reads whole words.
  std::vector<std::uint32_t> header(spec.values.begin() + 1, spec.values.end());
  const bool is_swapped = header[0] >> 24 == 'z';  // it begins with "zfp"
  if (is_swapped) {
    for (std::uint32_t& word : header) word = __builtin_bswap32(word);
  }
  header.resize(header.size() + 16);
  std::unique_ptr<zfp_stream, CloseStream> zfp(zfp_stream_open(nullptr));
  std::unique_ptr<zfp_field, CloseStream> field(zfp_field_alloc());
  std::unique_ptr<bitstream, CloseStream> header_bits(stream_open(header.data(), header.size() * 4));
  if (zfp == nullptr || field == nullptr || header_bits == nullptr) return Fail(ErrorCode::kLimit, "out of memory");
  zfp_stream_set_bit_stream(zfp.get(), header_bits.get());
  zfp_stream_rewind(zfp.get());
  if (zfp_read_header(zfp.get(), field.get(), ZFP_HEADER_FULL) == 0) return Fail(ErrorCode::kCorrupt, "ZFP's header is damaged");
  std::uint64_t width = field->type == zfp_type_int32 || field->type == zfp_type_float ? 4 : 8;
  std::uint64_t capacity = out.size() / width, count = 1;
  for (std::uint64_t n : {static_cast<std::uint64_t>(field->nx), static_cast<std::uint64_t>(field->ny), static_cast<std::uint64_t>(field->nz), static_cast<std::uint64_t>(field->nw)}) {
    if (n == 0) continue;
    if (n > capacity / count) return Fail(ErrorCode::kCorrupt, "a ZFP chunk claims more than fits");
    count *= n;
  }
  // A budget below what begins a block (a flag, the exponent, the precision) wraps around inside ZFP.
  unsigned exponent_bits = field->type == zfp_type_float ? 8 : field->type == zfp_type_double ? 11 : 0;
  unsigned least_bits = zfp->minexp < ZFP_MIN_EXP ? 2 + exponent_bits + 6 : 1 + exponent_bits;
  if (zfp->maxbits < least_bits) return Fail(ErrorCode::kCorrupt, "ZFP's parameters leave no bits for a block");
  // ZFP does not check the end of its input, so the copy is as long as any stream of this field can be. Ones stand behind the
  // input: where it is cut short they read as blocks with many bits, and too much is consumed; zeros would read as empty blocks.
  std::size_t longest = zfp_stream_maximum_size(zfp.get(), field.get());
  if (longest > 8 * out.size() + 65'536) return Fail(ErrorCode::kCorrupt, "ZFP's parameters are out of range");
  std::vector<std::uint64_t> data((std::max(longest, in.size()) + 4096) / 8, ~0ull);
  std::copy(in.begin(), in.end(), reinterpret_cast<std::byte*>(data.data()));
  std::unique_ptr<bitstream, CloseStream> bits(stream_open(data.data(), data.size() * 8));
  if (bits == nullptr) return Fail(ErrorCode::kLimit, "out of memory");
  zfp_stream_set_bit_stream(zfp.get(), bits.get());
  zfp_stream_rewind(zfp.get());
  zfp_field_set_pointer(field.get(), out.data());
  std::size_t consumed = zfp_decompress(zfp.get(), field.get());
  if (consumed == 0 || consumed > (in.size() + 7) / 8 * 8) return Fail(ErrorCode::kCorrupt, "a ZFP stream is damaged or cut short");
  const auto bytes = static_cast<std::size_t>(count * width);
  if (is_swapped) {
    for (std::size_t at = 0; at < bytes; at += width) std::reverse(out.data() + at, out.data() + at + width);
  }
  return bytes;
}

}  // namespace rutter
