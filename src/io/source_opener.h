#pragma once
// Opens sources by URL or path under one policy: which places a file or a map may lead to.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/byte_source.h"

namespace rutter {

/// Decides what may be opened, and opens it. Following a path that stands *inside* a file or map (external storage,
/// virtual datasets, external links, chunk references) is an act of trust; the path that the user typed is not.
/// Thread-safe.
class SourceOpener {
 public:
  virtual ~SourceOpener() = default;

  /// Opens what a document at `base` (a path or URL; may be empty) calls `reference`: absolute, or relative to the
  /// folder of `base`. Errors: kPolicy (outside the allowed prefixes; the hint names the flag to add), kNotFound, kIo.
  virtual Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view base) = 0;
};

/// Local files below the allowed folders. `allowed` entries are folder paths; with none, only the folder of `base`
/// (and below it) is allowed; "/" allows everything. Symbolic links are resolved before the comparison.
std::shared_ptr<SourceOpener> MakeFileOpener(std::vector<std::string> allowed = {});

/// Refuses everything with kPolicy (fuzzers; files from strangers).
std::shared_ptr<SourceOpener> MakeRefusingOpener();

}  // namespace rutter
