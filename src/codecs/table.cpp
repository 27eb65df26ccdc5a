// Every name that a codec goes by.

#include <algorithm>
#include <array>
#include <utility>

#include "codecs/decoders.h"

namespace rutter {
namespace {

constexpr std::array<Codec, 21> kCodecs = {{
    {CodecId::kDeflate, "zlib", "numcodecs.zlib", 1, "Deflate", DecodeDeflate},
    {CodecId::kShuffle, "shuffle", "numcodecs.shuffle", 2, "Shuffle", DecodeShuffle},
    {CodecId::kFletcher32, "fletcher32", "numcodecs.fletcher32", 3, "Fletcher32", DecodeFletcher32},
    {CodecId::kSzip, nullptr, nullptr, 4, "Szip", DecodeSzip},
    {CodecId::kNbit, nullptr, nullptr, 5, "N-bit", DecodeNbit},
    {CodecId::kScaleOffset, nullptr, nullptr, 6, "Scale-offset", DecodeScaleOffset},
    {CodecId::kBzip2, "bz2", "numcodecs.bz2", 307, "Bzip2", DecodeBzip2},
    {CodecId::kLzf, nullptr, nullptr, 32000, "LZF", DecodeLzf},
    {CodecId::kBlosc, "blosc", "blosc", 32001, "Blosc", DecodeBlosc},
    {CodecId::kLz4Hdf5, nullptr, nullptr, 32004, "LZ4", DecodeLz4Hdf5},
    {CodecId::kBitshuffle, nullptr, nullptr, 32008, "Bitshuffle", DecodeBitshuffle},
    {CodecId::kZfp, nullptr, nullptr, 32013, "ZFP", DecodeZfp},
    {CodecId::kZstd, "zstd", "zstd", 32015, "Zstandard", DecodeZstd},
    {CodecId::kBitGroom, nullptr, nullptr, 32022, "BitGroom", DecodeRounding},
    {CodecId::kGranularBitRound, nullptr, nullptr, 32023, "Granular BitRound", DecodeRounding},
    {CodecId::kBlosc2, nullptr, nullptr, 32026, "Blosc2", DecodeBlosc2},
    {CodecId::kGzip, "gzip", "gzip", 0, "Gzip", DecodeGzip},
    {CodecId::kLz4, "lz4", "numcodecs.lz4", 0, "LZ4 (numcodecs)", DecodeLz4},
    {CodecId::kDelta, "delta", "numcodecs.delta", 0, "Delta", DecodeDelta},
    {CodecId::kFixedScaleOffset, "fixedscaleoffset", "numcodecs.fixedscaleoffset", 0, "Fixed scale and offset", DecodeFixedScaleOffset},
    {CodecId::kBitRound, "bitround", "numcodecs.bitround", 0, "BitRound", DecodeRounding},
}};

// HDF Group, "Registered Filter Plugins" of 2026: filters that the engine names and does not decode.
constexpr std::array<std::pair<std::uint32_t, const char*>, 27> kTitles = {{
    {257, "hzip"},         {258, "fpzip"},      {305, "LZO"},        {32002, "MAFISC"},      {32003, "Snappy"},     {32005, "APAX"},
    {32006, "CBF"},        {32007, "JPEG-XR"},  {32009, "SPDP"},     {32010, "LPC-Rice"},    {32011, "CCSDS-123"},  {32012, "JPEG-LS"},
    {32014, "fpzip"},      {32016, "B3D"},      {32017, "SZ"},       {32018, "FCIDECOMP"},   {32019, "JPEG"},       {32020, "VBZ"},
    {32021, "FAPEC"},      {32024, "SZ3"},      {32025, "Delta-Rice"}, {32027, "FLAC"},      {32028, "SPERR"},      {32029, "TERSE/PROLIX"},
    {32030, "FFMPEG"},     {32031, "JPEG2000"}, {32033, "HTJ2K"},
}};

}  // namespace

std::span<const Codec> AllCodecs() { return kCodecs; }

const Codec* FindCodec(CodecId id) {
  for (const Codec& codec : kCodecs) {
    if (codec.id == id) return &codec;
  }
  return nullptr;
}

const Codec* FindCodecByHdf5Filter(std::uint32_t filter) {
  if (filter == 0) return nullptr;
  for (const Codec& codec : kCodecs) {
    if (codec.hdf5_filter == filter) return &codec;
  }
  return nullptr;
}

const Codec* FindCodecByZarrV2(std::string_view id) {
  for (const Codec& codec : kCodecs) {
    if (codec.zarr_v2 != nullptr && id == codec.zarr_v2) return &codec;
  }
  return nullptr;
}

const char* Hdf5FilterTitle(std::uint32_t filter) {
  if (const Codec* codec = FindCodecByHdf5Filter(filter)) return codec->title;
  for (const auto& [number, title] : kTitles) {
    if (number == filter) return title;
  }
  return "unknown";
}

}  // namespace rutter
