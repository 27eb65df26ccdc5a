#pragma once
// The opened sources of one map.

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/byte_source.h"
#include "io/source_opener.h"
#include "model/map.h"

namespace rutter {

/// Gives the byte source behind Map::sources[i], opened on first use under the opener's policy and compared with the
/// size and fingerprint that the map recorded. Thread-safe.
class SourcePool {
 public:
  /// Sources that are open already (a native file), in the order of Map::sources.
  explicit SourcePool(std::vector<std::shared_ptr<ByteSource>> open);
  /// Sources to open on demand; `base` is the map's own path or URL.
  SourcePool(std::vector<Source> sources, std::string base, std::shared_ptr<SourceOpener> opener);

  /// Adds sources to open on demand behind those that are there. Not while others call Get.
  void Add(std::span<const Source> sources, std::string base, std::shared_ptr<SourceOpener> opener);

  /// Errors: kNotFound, kIo, kPolicy, kSourceChanged (size or fingerprint differ), kCorrupt (no such source).
  Result<std::shared_ptr<ByteSource>> Get(std::uint32_t source);

 private:
  std::vector<Source> sources_;
  std::string base_;
  std::shared_ptr<SourceOpener> opener_;
  std::vector<std::shared_ptr<ByteSource>> open_;
  std::mutex mutex_;
};

}  // namespace rutter
