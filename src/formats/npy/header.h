#pragma once
// The head of an NPY file.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"
#include "formats/npy/descr.h"
#include "model/selection.h"

namespace rutter::npy {

inline constexpr std::string_view kSpec = "NumPy 2, numpy.lib.format";

/// The fixed part: magic, version, length of the dictionary.
struct Preamble {
  unsigned major = 0, minor = 0;
  std::uint64_t dictionary_offset = 0;  ///< Bytes before the dictionary.
  std::uint64_t dictionary_bytes = 0;
};

/// What the dictionary says.
struct Header {
  Descr descr;
  std::string descr_text;  ///< As written, for people and the `numpy_dtype` attribute.
  bool fortran_order = false;
  Shape shape;
};

/// Bytes of the preamble for any version.
inline constexpr std::size_t kMaxPreambleBytes = 12;

/// `bytes` = the first kMaxPreambleBytes of the file, or all of a shorter file.
/// Errors: kCorrupt, kUnsupported (version).
Result<Preamble> DecodePreamble(std::span<const std::byte> bytes, std::string_view source);

/// Errors: kCorrupt, kUnsupported, kLimit.
Result<Header> DecodeDictionary(std::string_view text, const Preamble& preamble, std::string_view source, const Limits& limits);

}  // namespace rutter::npy
