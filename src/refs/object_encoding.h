#pragma once
// Arrays of objects (text, references, ragged and mixed elements) as one chunk of bytes that Zarr clients decode.

#include <string>

#include "base/result.h"
#include "model/dtype.h"
#include "model/selection.h"
#include "model/value.h"
#include "refs/lindi_metadata.h"

namespace rutter {

struct EncodedObjects {
  std::string codec;   ///< Array::object_codec: "vlen-utf8", "rutter-json" or "json2".
  std::string filter;  ///< The numcodecs configuration.
  std::string chunk;   ///< The encoded bytes.
};

/// Text goes as vlen-utf8 (numcodecs: a count, then length and bytes of each, 32-bit little-endian). Other elements go as
/// one JSON text each in the same framing ("rutter-json"; object references as their plain path), because every client
/// opens an array of strings. LINDI knows references and compounds as "json2" objects.
/// `lindi` is null for the other dialects. Errors: kLimit (a text of 4 GiB).
Result<EncodedObjects> EncodeObjects(const Dtype& dtype, const Shape& shape, ValueList values, const LindiReferences* lindi);

}  // namespace rutter
