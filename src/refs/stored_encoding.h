#pragma once
// Valid streams of a few codecs without a compressor: for chunks of fill values, and for the rare chunk that a map must hold inline although its array
// declares a compressor (a chunk that HDF5 stored with a filter mask, an unfiltered edge chunk).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codecs/codec.h"

namespace rutter {

/// Encodes decoded bytes through all stages in order. Errors: kUnsupported where a stage has no stored form here.
/// Sources: RFC 1950 and 1951 (stored blocks), RFC 8878 (raw blocks), c-blosc 1 "memcpyed" chunks, LZ4 block format.
Result<std::string> EncodeStored(std::span<const CodecSpec> stages, std::span<const std::byte> decoded, std::uint32_t element_bytes);

/// A zlib stream of `element` repeated `count` times: one element, then matches with what stands before. `element` has 1 to 32,768
/// bytes. Source: RFC 1951, 3.2.5 and 3.2.6 (fixed Huffman codes).
std::string EncodeRepeated(std::string_view element, std::uint64_t count);

}  // namespace rutter
