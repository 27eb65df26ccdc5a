#pragma once
// The map of an opened file, as a file.

#include <atomic>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "ops/open.h"
#include "refs/reference_writer.h"

namespace rutter {

/// The kind of map that the ending of `path` names. Errors: kInvalidArgument.
Result<Dialect> DialectOfEnding(const std::string& path);

/// Writes the map of a dataset to the local path `output`, which appears when it is whole; it is sealed as this user's own
/// where its sources lie elsewhere (ops/own_map.h), unless its paths are relative. `options.cancel` and `seal` are filled in
/// here. `written_bytes` (may be null) grows as the text does.
/// Errors: kIo, kLimit, kSourceChanged, kCancelled, kInternal.
Result<WriteReport> WriteMapFile(const Dataset& dataset, const std::string& output, WriteOptions options, std::atomic<std::uint64_t>* written_bytes = nullptr);

}  // namespace rutter
