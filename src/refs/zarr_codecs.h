#pragma once
// An array's pipeline in the words of Zarr v2 and v3.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "codecs/codec.h"
#include "model/value.h"

namespace rutter {

/// What a dialect declares for a pipeline.
struct DeclaredCodecs {
  std::vector<CodecSpec> stages;    ///< The stages that clients undo, in the order of writing.
  std::uint32_t cut_bytes = 0;      ///< Cut off the end of every stored chunk: a trailing fletcher32.
  std::string filters = "null";     ///< Zarr v2 JSON.
  std::string compressor = "null";  ///< Zarr v2 JSON.
  std::string v3;                   ///< Zarr v3: ",{...}" per stage, to follow the "bytes" codec.
};

/// The last compressor goes into "compressor", everything before it into "filters"; with `zlib_in_filters` a zlib
/// compressor too, because Neurosift finds it nowhere else.
/// Errors: kUnsupported, naming the first stage that Zarr clients have no codec for.
Result<DeclaredCodecs> DeclareCodecs(const std::vector<CodecSpec>& stages, std::uint32_t element_bytes, bool zlib_in_filters = false);

/// One numcodecs configuration ({"id": "zlib", "level": 4}) as a stage. Codecs that the engine does not know keep their
/// name and configuration. Errors: kCorrupt.
Result<CodecSpec> CodecFromNumcodecs(const Value& json, std::uint32_t element_bytes);

/// One bytes-to-bytes codec of Zarr v3 ({"name": "numcodecs.zlib", "configuration": {"level": 4}}). Errors: kCorrupt.
Result<CodecSpec> CodecFromZarr3(const Value& json, std::uint32_t element_bytes);

}  // namespace rutter
