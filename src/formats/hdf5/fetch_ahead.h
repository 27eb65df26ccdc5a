#pragma once
// The metadata of a file far away, fetched before it is walked.

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "formats/hdf5/file.h"
#include "formats/hdf5/superblock.h"

namespace rutter::hdf5 {

/// Fetches what listing and describing all objects from `root_header` on will read, in as few round trips as they depend on
/// each other. Every object is tried on scratch objects; what all tries lack is fetched at once, and those that lacked
/// something are tried again. Objects that are found are tried at once, so that no level waits for its slowest one.
/// What cannot be foreseen is read later, piece by piece. No other thread may read the file meanwhile.
/// Errors: kIo, kSourceChanged, kLimit: those of fetching, none of the content.
Status FetchMetadataAhead(const std::shared_ptr<File>& file, const Superblock& superblock, std::uint64_t root_header);

}  // namespace rutter::hdf5
