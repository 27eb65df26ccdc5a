#pragma once
// Blocks of a source that is far away, kept in memory.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "io/byte_source.h"

namespace rutter {

/// Fetches whole blocks, several at once where they are neighbours, and each block once however many ask for it. What is
/// read in sequence is fetched in ever larger pieces. Oldest pieces go first when the cache is full. Thread-safe.
class BlockCache {
 public:
  /// Starts to fill `out` from `offset` and calls `done` when that has ended, from any thread. `out` stays valid until then,
  /// also where the cache is gone.
  struct Fetch {
    std::uint64_t offset = 0;
    std::span<std::byte> out;
    std::function<void(Status)> done;
  };
  using Starter = std::function<void(std::vector<Fetch>)>;

  static constexpr std::uint64_t kBlockBytes = 4 * 1024;

  BlockCache(std::uint64_t source_bytes, std::uint64_t capacity_bytes, Starter start);
  ~BlockCache();

  /// Takes in the first bytes of the source: those of whole blocks.
  void KeepHead(std::span<const std::byte> head);
  /// Fills `out` from the cache, after fetching what is missing. The range lies inside the source.
  /// `cancel` (may be null) ends the wait with kCancelled, not what is fetched.
  Status Read(std::uint64_t offset, std::span<std::byte> out, const std::atomic<bool>* cancel = nullptr);
  /// The same where every block is there or on its way; false where one is not.
  bool TryRead(std::uint64_t offset, std::span<std::byte> out, Status& status, const std::atomic<bool>* cancel = nullptr);
  /// Starts fetching what is missing of these ranges.
  void Prefetch(std::span<const ReadRequest> ranges);
  /// True where all is there.
  bool Holds(std::uint64_t offset, std::uint64_t length) const;

 private:
  struct Run;
  struct State;
  using Missing = std::pair<std::uint64_t, std::uint64_t>;  ///< First block, one past the last.

  std::vector<Fetch> StartRuns(std::span<const Missing> missing);
  void DropOldest();
  std::uint64_t NumBlocks() const { return (source_bytes_ + kBlockBytes - 1) / kBlockBytes; }

  const std::uint64_t source_bytes_, capacity_bytes_;
  const Starter start_;
  const std::shared_ptr<State> state_;
};

}  // namespace rutter
