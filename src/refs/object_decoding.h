#pragma once
// Arrays whose elements were encoded for Zarr readers (Array::object_codec), back to Values.

#include <cstddef>
#include <span>

#include "base/limits.h"
#include "base/result.h"
#include "model/map.h"
#include "model/value.h"

namespace rutter {

/// The elements of one chunk, in C order: array.ChunkElements() of them. `chunk` is what the array's codecs gave back.
/// object_codec "vlen-utf8", "vlen-bytes" and "vlen-array" are numcodecs' framings (a count, then length and bytes of each,
/// 32-bit little-endian); "rutter-json" is the first with one JSON text per element; "json2" is one JSON list.
/// Source: numcodecs, "VLen" and "JSON". Errors: kCorrupt, kLimit, kUnsupported (another codec).
Result<ValueList> DecodeObjects(const Array& array, std::span<const std::byte> chunk, const Limits& limits);

/// The items of a "json2" chunk, flat, without the type and the shape that end it. Null items stand for no object.
Result<ValueList> DecodeJson2(std::span<const std::byte> chunk, const Limits& limits);

}  // namespace rutter
