#pragma once
// Elements that were encoded for Zarr readers: numcodecs' framings of text, bytes, ragged arrays and JSON.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "codecs/codec.h"
#include "model/map.h"

namespace rutter {

/// Decodes one chunk of `num_elements` objects. `object_codec` is Array::object_codec, `dtype` the element's type.
/// Errors: kCorrupt (framing, JSON, another count), kUnsupported (codec), kLimit (Limits::value_bytes).
/// Source: numcodecs "vlen-utf8", "vlen-bytes", "vlen-array", "json2"; docs/maps.md for "rutter-json".
Result<ValueList> DecodeObjects(std::string_view object_codec, const Dtype& dtype, std::span<const std::byte> chunk, std::uint64_t num_elements,
                                const Limits& limits);

/// Undoes a pipeline whose decoded size nobody wrote down, up to `max_bytes`.
/// Errors: kCorrupt, kUnsupported, kLimit.
Result<std::vector<std::byte>> DecodePipelineOfAnySize(std::span<const CodecSpec> stages, std::uint32_t mask, std::span<const std::byte> in,
                                                       std::uint64_t max_bytes);

}  // namespace rutter
