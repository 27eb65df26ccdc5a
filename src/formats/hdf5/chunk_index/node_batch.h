#pragma once
// Many nodes of one index, read in batches into one buffer that is used again.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

/// Streams equally long pieces of a file, in the order asked for. Nothing is kept, so that an index of any size takes a
/// few batches of memory. The next batch is read by a second thread while the caller visits this one; when done with
/// that, the caller reads with it. Where the first reads show that the file is not in the page cache, the pieces to come
/// are fetched ahead, so that the device works on many at once; a warm file pays nothing for that. Of a source far away
/// the pieces of a batch are asked for at once.
class NodeStream {
 public:
  NodeStream(File& file, std::string_view structure, std::string_view spec)
      : file_(file), structure_(structure), spec_(spec), in_memory_(file.metadata().View(0, 0).has_value()) {}

  /// Calls visit(bytes, address) for the `bytes` bytes at each address, fewer at the end of the file; on this thread.
  template <class Visit>
  Status ForEach(std::span<const std::uint64_t> addresses, std::uint64_t bytes, const Visit& visit) {
    prefetched_ = 0;
    std::size_t at = 0, count = std::min(addresses.size(), BatchNodes(bytes));
    RUTTER_TRY(Read(batches_[0], addresses, 0, count, bytes));
    for (unsigned turn = 0; count > 0; ++turn) {
      Batch& now = batches_[turn % 2];
      Batch& next = batches_[(turn + 1) % 2];
      const std::size_t next_at = at + count, next_count = std::min(addresses.size() - next_at, BatchNodes(bytes));
      auto visit_now = [&]() -> Status {
        for (std::size_t i = 0; i < count; ++i) {
          if (Status status = visit(now.pieces[i], addresses[at + i]); !status) return status;
        }
        return {};
      };
      if (next_count < kWorthAThread || in_memory_) {
        RUTTER_TRY(visit_now());
        RUTTER_TRY(Read(next, addresses, next_at, next_count, bytes));
      } else {
        RUTTER_TRY(VisitAndRead(visit_now, next, addresses, next_at, next_count, bytes));
      }
      at = next_at;
      count = next_count;
    }
    return {};
  }

 private:
  static constexpr std::size_t kWorthAThread = 64;  ///< Nodes; fewer are read sooner than another thread wakes.

  struct Batch {
    std::vector<std::byte> buffer;
    std::vector<std::span<const std::byte>> pieces;
  };

  std::size_t BatchNodes(std::uint64_t bytes) const;
  void MakeRoom(Batch& batch, std::size_t count, std::uint64_t bytes) const;
  Status Read(Batch& batch, std::span<const std::uint64_t> addresses, std::size_t first, std::size_t count, std::uint64_t bytes);
  /// Pieces [begin, end) of a batch with room for all of `addresses`; of a source far away always all. From any thread.
  Status ReadPieces(Batch& batch, std::span<const std::uint64_t> addresses, std::size_t begin, std::size_t end, std::uint64_t bytes) const;
  /// All of the batch at once, by exactly their ranges.
  Status ReadFar(Batch& batch, std::span<const std::uint64_t> addresses, std::uint64_t bytes) const;
  void PrefetchAhead(std::span<const std::uint64_t> addresses, std::size_t first, std::uint64_t bytes);
  /// Runs `visit` on this thread and reads `next`, on another thread too where one is free. Of several failures that of
  /// `visit` counts, else that of the first piece, whichever came first.
  Status VisitAndRead(const std::function<Status()>& visit, Batch& next, std::span<const std::uint64_t> addresses, std::size_t first,
                      std::size_t count, std::uint64_t bytes);

  File& file_;
  std::string_view structure_, spec_;
  const bool in_memory_;
  bool probed_ = false, cold_ = false;
  std::size_t prefetched_ = 0;  ///< Addresses of the current call that were asked for ahead.
  Batch batches_[2];
};

}  // namespace rutter::hdf5
