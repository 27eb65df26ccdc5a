#pragma once
// The opened sources of one map.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
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
/// size and fingerprint that the map recorded. Of very many sources those that were not used longest are closed again; what
/// was seen of one binds it when it is opened anew. Thread-safe.
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
  /// The same for who only wants to fetch ahead: null where it cannot be opened, which the next Get() tells.
  std::shared_ptr<ByteSource> TryGet(std::uint32_t source);
  /// Opens those of these sources that need a server's answer first, all at once. What fails is told by Get().
  void OpenAhead(std::span<const std::uint32_t> sources);

  /// How many sources stay open at most; of local files, far less than a process may have.
  static constexpr std::size_t kMostLocal = 256, kMostRemote = 16'384;

 private:
  struct Entry {
    std::shared_ptr<ByteSource> source;  ///< Null where it is closed.
    std::unique_ptr<Error> failure;      ///< Of opening it ahead, for the next Get.
    std::uint64_t last_use = 0;
    bool is_opening = false;             ///< Some thread is about to set the above.
    bool needs_nobody = false;           ///< Opening asks no server.
  };
  /// The numbers of open sources of one kind.
  using OpenList = std::vector<std::uint32_t>;

  Status Open(std::unique_lock<std::mutex>& lock, std::uint32_t source);
  template <class Work>
  auto WithoutLock(std::unique_lock<std::mutex>& lock, std::span<const std::uint32_t> opening, const Work& work);
  Result<std::shared_ptr<ByteSource>> Compare(std::uint32_t number, Result<std::shared_ptr<ByteSource>> opened) const;
  void Keep(std::uint32_t number, Result<std::shared_ptr<ByteSource>> opened);
  void CloseOldest(OpenList& list, std::size_t most);

  std::string base_;
  std::shared_ptr<SourceOpener> opener_;
  std::mutex mutex_;  // of what follows
  std::condition_variable opened_;
  std::vector<Source> sources_;  ///< What the map tells, and what was seen of those that were closed.
  std::vector<Entry> entries_;
  OpenList local_, remote_;
  std::uint64_t uses_ = 0;
};

}  // namespace rutter
