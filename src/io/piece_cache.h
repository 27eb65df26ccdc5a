#pragma once
// Pieces of a source that is far away, kept in memory.

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

/// Memory that the pieces of many sources share. Thread-safe.
class PieceBudget {
 public:
  explicit PieceBudget(std::uint64_t capacity_bytes);
  ~PieceBudget();
  PieceBudget(const PieceBudget&) = delete;
  PieceBudget& operator=(const PieceBudget&) = delete;

  /// Bytes of all pieces there are, also of those that were dropped and are still being read.
  std::uint64_t bytes() const;

 private:
  friend class PieceCache;
  struct Ages;
  const std::unique_ptr<Ages> ages_;
};

/// Fetches what is asked for and not here yet, and each byte once however many ask for it. What is read in sequence is
/// fetched in ever larger pieces; what is asked for ahead, by exactly the ranges wanted. Where the budget is spent, the oldest
/// pieces of all caches go first. Thread-safe.
class PieceCache {
 public:
  /// Starts to fill `out` from `offset` and calls `done` when that has ended, from any thread. `out` stays valid until then,
  /// also where the cache is gone.
  struct Fetch {
    std::uint64_t offset = 0;
    std::span<std::byte> out;
    std::function<void(Status)> done;
  };
  using Starter = std::function<void(std::vector<Fetch>)>;
  /// Fills `out` from a place that is nearer than the source, where all of it is there.
  using Nearer = std::function<bool(std::uint64_t offset, std::span<std::byte> out)>;

  static constexpr std::uint64_t kFirstAhead = 16 * 1024;  ///< Bytes fetched where nothing near is known.

  PieceCache(std::uint64_t source_bytes, std::shared_ptr<PieceBudget> budget, Starter start, Nearer nearer = {});
  ~PieceCache();

  /// Takes in the first bytes of the source.
  void KeepHead(std::span<const std::byte> head);
  /// Fills `out` from the cache, after fetching what is missing. The range lies inside the source.
  /// `cancel` (may be null) ends the wait with kCancelled, not what is fetched.
  Status Read(std::uint64_t offset, std::span<std::byte> out, const std::atomic<bool>* cancel = nullptr);
  /// The same where every byte is there or on its way; false where one is not.
  bool TryRead(std::uint64_t offset, std::span<std::byte> out, Status& status, const std::atomic<bool>* cancel = nullptr);
  /// Starts fetching what is missing of these ranges. Ranges with at most `gap` bytes between them come as one.
  void Prefetch(std::span<const ReadRequest> ranges, std::uint64_t gap);
  /// For who gives up: a later read asks anew for what is on its way, and need not wait for what may never come. Those who
  /// wait already go on.
  void ForgetUnready();
  /// True where all is there.
  bool Holds(std::uint64_t offset, std::uint64_t length) const;

 private:
  friend class PieceBudget;
  struct Piece;
  struct State;
  struct Hole {
    std::uint64_t begin, end;
  };

  /// Takes in what of a range is missing here and can be had nearer.
  void TakeNearer(std::uint64_t begin, std::uint64_t end);
  std::vector<Fetch> StartPieces(std::span<const Hole> holes);
  /// A piece that is counted; the caller holds the state's mutex.
  std::shared_ptr<Piece> AddPiece(std::uint64_t offset, std::vector<std::byte> bytes);
  /// The caller holds no mutex.
  void DropOldest() const;

  const std::uint64_t source_bytes_;
  const std::shared_ptr<PieceBudget> budget_;
  const Starter start_;
  const Nearer nearer_;
  const std::shared_ptr<State> state_;
};

}  // namespace rutter
