#pragma once
// From a path to something that can be listed and read: a native file or a map of one.

#include <memory>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "formats/format.h"
#include "model/map.h"
#include "read/reader.h"

namespace rutter {

struct OpenAnyOptions {
  Limits limits;
  std::vector<std::string> allow;  ///< Folders that files and maps may lead to, beside their own.
  bool conventions = true;         ///< Apply NetCDF-4, MAT v7.3, NWB, ... meaning.
};

/// A map with everything that is needed to read through it.
struct Dataset {
  std::string path;
  bool is_native = false;              ///< True: `path` is the data file itself; false: a reference document.
  Map map;
  std::shared_ptr<SourcePool> pool;
  std::unique_ptr<FormatFile> file;    ///< Native only.
  std::unique_ptr<Reader> reader;
};

/// Opens a native file by content, or a reference document.
/// Errors: kNotFound, kIo, kUnsupported (no format), kCorrupt, kTruncated, kLimit, kPolicy.
Result<Dataset> OpenAny(const std::string& path, const OpenAnyOptions& options = {});

}  // namespace rutter
