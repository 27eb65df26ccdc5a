#pragma once
// Bytes to bytes. One codec, one file pair; one table row holds every name that a codec goes by.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rutter {

/// Every codec that the engine knows by name. kUnknown stands for a number or name that it does not.
enum class CodecId : std::uint8_t {
  kUnknown,
  kDeflate,      ///< zlib stream (HDF5 1, Zarr v2 "zlib").
  kShuffle,      ///< HDF5 2, Zarr v2 "shuffle". values[0] = element bytes.
  kFletcher32,   ///< HDF5 3, numcodecs "fletcher32": 4 bytes behind the data, verified and cut off.
  kSzip,         ///< HDF5 4. values = options mask, pixels per block, bits per pixel, pixels per scanline.
  kNbit,         ///< HDF5 5. values = the parameter list of H5Znbit.
  kScaleOffset,  ///< HDF5 6. values = the 20 parameters of H5Zscaleoffset.
  kLzf,          ///< HDF5 32000.
  kBlosc,        ///< HDF5 32001, Zarr "blosc".
  kBlosc2,       ///< HDF5 32026.
  kZstd,         ///< HDF5 32015, Zarr "zstd".
  kLz4Hdf5,      ///< HDF5 32004: big-endian total size and block size, then length-prefixed blocks.
  kBitshuffle,   ///< HDF5 32008; values = major, minor, element bytes, block size, compression (0, 2 LZ4, 3 Zstd), level.
  kBzip2,        ///< HDF5 307, Zarr v2 "bz2".
  kZfp,          ///< HDF5 32013; values = the zfp header words.
  kGzip,         ///< Zarr "gzip": gzip members.
  kLz4,          ///< numcodecs "lz4": 4-byte little-endian size, then one block.
  kDelta,        ///< numcodecs "delta"; `config` holds its JSON.
  kFixedScaleOffset,  ///< numcodecs "fixedscaleoffset"; `config` holds its JSON.
  kBitGroom,          ///< HDF5 32022: rounds numbers before compression; nothing is to be undone.
  kGranularBitRound,  ///< HDF5 32023: the same.
  kBitRound,          ///< numcodecs "bitround": the same.
};

/// One stage of an array's pipeline, in the order in which the writer applied it.
struct CodecSpec {
  CodecId id = CodecId::kUnknown;
  std::uint32_t hdf5_filter = 0;        ///< HDF5 filter number, 0 where none.
  std::string name;                     ///< As the file or map calls it; may be empty.
  std::vector<std::uint32_t> values;    ///< HDF5 client data, or the same meaning derived from a map.
  std::string config;                   ///< Zarr codec configuration as JSON, where `values` cannot hold it.
  bool optional = false;                ///< HDF5: the filter may have been skipped.

  bool operator==(const CodecSpec&) const = default;
};

/// What decoding needs to know of the data beside the spec.
struct CodecContext {
  std::uint64_t chunk_bytes = 0;    ///< Decoded size of the whole pipeline for this chunk.
  std::uint32_t element_bytes = 1;  ///< Size of one element.
};

/// One row of the codec table.
struct Codec {
  CodecId id;
  const char* zarr_v2;              ///< numcodecs id, or nullptr.
  const char* zarr_v3;              ///< Zarr v3 codec name, or nullptr.
  std::uint32_t hdf5_filter;        ///< 0 where none.
  const char* title;                ///< For people: "Bzip2".
  /// Decodes all of `in` into `out`, whose size is an upper bound set by the caller, never by the stream.
  /// Returns the bytes written. Errors: kCorrupt (bad stream, more output than fits), kUnsupported (a variant).
  Result<std::size_t> (*decode)(std::span<const std::byte> in, std::span<std::byte> out, const CodecSpec& spec,
                                const CodecContext& context);
};

std::span<const Codec> AllCodecs();
const Codec* FindCodec(CodecId id);
const Codec* FindCodecByHdf5Filter(std::uint32_t filter);
const Codec* FindCodecByZarrV2(std::string_view id);

/// The name that HDF5's registry has for a filter number that the engine cannot decode ("JPEG-XR", "SZ3", ...), or
/// "unknown". Source: HDF Group, "Registered Filter Plugins".
const char* Hdf5FilterTitle(std::uint32_t filter);

/// Buffers kept between chunks by one thread.
struct PipelineScratch {
  std::vector<std::byte> a, b;
};

/// Undoes a whole pipeline. `mask` bit i set = stage i was not applied to this chunk (HDF5 filter mask).
/// `out.size()` is the decoded size; anything longer is kCorrupt, and so is anything shorter than `least` (some writers store
/// a chunk at an array's edge only as far as the array goes; what they left out becomes zeros). With no stage to undo, `in`
/// is copied. Thread-safe for distinct `scratch`. Errors: kCorrupt, kUnsupported (names the filter's number and title), kLimit.
Status DecodePipeline(std::span<const CodecSpec> stages, std::uint32_t mask, std::span<const std::byte> in,
                      std::span<std::byte> out, std::uint32_t element_bytes, PipelineScratch& scratch, std::size_t least = SIZE_MAX);

/// kUnsupported, naming the first stage that the engine cannot undo; OK where it can undo all of them.
Status CanDecode(std::span<const CodecSpec> stages);

}  // namespace rutter
