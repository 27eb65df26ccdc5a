#pragma once
// Zarr's array metadata, v2 and v3, as an Array without its chunks.

#include <memory>
#include <string>

#include "base/limits.h"
#include "base/result.h"
#include "model/map.h"
#include "model/value.h"

namespace rutter {

/// How an array's chunk keys are spelled, behind the array's own path.
struct ChunkKeys {
  char separator = '.';
  bool c_prefix = false;  ///< "c/0/1" (Zarr v3's default), else "0.1" (v2).
};

/// An array as its metadata describes it; `array->index` is still null.
struct ArrayMetadata {
  std::unique_ptr<Array> array;
  ChunkKeys keys;
};

/// `.zarray`. Where the description is sound but holds something that the engine has no form for (an unknown type, Python
/// objects of an unknown codec), the array's `failure` says so. Errors: kCorrupt, kLimit (rank).
Result<ArrayMetadata> ArrayFromZarr2(const Value& zarray, const Limits& limits);

/// The array form of `zarr.json`; its attributes are the caller's part. Errors: as above.
Result<ArrayMetadata> ArrayFromZarr3(const Value& metadata, const Limits& limits);

}  // namespace rutter
