#pragma once
// The metadata cache image: metadata that was written as one block when the file was closed, and not, or not last, at its own place.
// Source: HDF5 1.10, "Metadata Cache Image" (the block itself is not in the file format specification).

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"
#include "formats/hdf5/file.h"
#include "formats/hdf5/messages/minor.h"
#include "io/byte_source.h"

namespace rutter::hdf5 {

/// One structure of the image: the bytes that belong at `address`.
struct CachedStructure {
  std::uint64_t address = 0;
  std::span<const std::byte> bytes;
};

/// The structures of one image, ordered by address; they lie inside the file's `end` bytes and do not overlap. The bytes are the
/// reader's. `reader` is over the whole block. Errors: kCorrupt (also a wrong checksum), kUnsupported (version; a resize status).
Result<std::vector<CachedStructure>> DecodeCacheImage(ByteReader reader, const Sizes& sizes, std::uint64_t end);

/// The file's bytes with the image's structures at their places. Errors: as DecodeCacheImage, kTruncated, kLimit, kIo.
Result<std::shared_ptr<ByteSource>> OpenCacheImage(std::shared_ptr<File> file, const MetadataCacheImage& image);

}  // namespace rutter::hdf5
