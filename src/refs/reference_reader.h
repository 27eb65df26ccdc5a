#pragma once
// A reference document as a map: kerchunk v0/v1 (templates, bounded gen; Zarr v2 or v3 keys), LINDI, our own.

#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "model/map.h"
#include "refs/document_text.h"

namespace rutter {

/// True where the head of a file looks like a JSON reference document.
bool LooksLikeReferences(std::string_view head);

/// Reads the document, as a stream: what is kept are the columns of the chunk tables, inline data, URLs and metadata. `base` is its path or URL, against which relative source paths are resolved (LINDI and our own
/// "relative" maps; others keep them as written, relative to `base`'s folder). Chunk tables become TableIndex columns, regular runs FlatIndex.
/// Errors: kCorrupt (JSON, keys, shapes, ranges), kUnsupported (callable templates, unknown version), kLimit (gen, inline bytes,
/// memory for what is kept); those of the text.
Result<Map> ReadReferences(DocumentText& document, const std::string& base, const Limits& limits);
/// The same of text in memory.
Result<Map> ReadReferences(std::string_view document, const std::string& base, const Limits& limits);

}  // namespace rutter
