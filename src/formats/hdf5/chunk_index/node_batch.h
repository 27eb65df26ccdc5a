#pragma once
// Many nodes of one index, read in batches into one buffer that is used again.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

/// Streams equally long pieces of a file, in the order asked for. Nothing is kept, so that an index of any size takes a
/// few batches of memory. Where the first reads show that the file is not in the page cache, the pieces to come are
/// fetched ahead, so that the device works on many at once; a warm file pays nothing for that.
class NodeStream {
 public:
  NodeStream(File& file, std::string_view structure, std::string_view spec)
      : file_(file), structure_(structure), spec_(spec), in_memory_(file.source()->View(0, 0).has_value()) {}

  /// Calls visit(bytes, address) for the `bytes` bytes at each address, fewer at the end of the file.
  template <class Visit>
  Status ForEach(std::span<const std::uint64_t> addresses, std::uint64_t bytes, const Visit& visit) {
    prefetched_ = 0;
    for (std::size_t done = 0; done < addresses.size();) {
      const std::size_t n = std::min<std::size_t>(addresses.size() - done, BatchNodes(bytes));
      RUTTER_TRY(Read(addresses, done, n, bytes));
      for (std::size_t i = 0; i < n; ++i) {
        if (Status status = visit(pieces_[i], addresses[done + i]); !status) return status;
      }
      done += n;
    }
    return {};
  }

 private:
  std::size_t BatchNodes(std::uint64_t bytes) const;
  Status Read(std::span<const std::uint64_t> addresses, std::size_t first, std::size_t count, std::uint64_t bytes);
  void PrefetchAhead(std::span<const std::uint64_t> addresses, std::size_t first, std::uint64_t bytes);

  File& file_;
  std::string_view structure_, spec_;
  const bool in_memory_;
  bool probed_ = false, cold_ = false;
  std::size_t prefetched_ = 0;  ///< Addresses of the current call that were asked for ahead.
  std::vector<std::byte> buffer_;
  std::vector<std::span<const std::byte>> pieces_;
};

}  // namespace rutter::hdf5
