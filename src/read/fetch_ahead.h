#pragma once
// Asks sources that are far away for what the tasks of a loop are about to read.

#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

namespace rutter {

/// Bytes of one source of a pool (of a stream, where there is only one).
struct WantedRange {
  std::uint32_t source = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Looks over the tasks of a loop, which start in ascending order, as far as a window of bytes goes, so that many requests
/// are under way however few threads work. Thread-safe.
class FetchAhead {
 public:
  using Plan = std::function<void(std::uint64_t task, std::vector<WantedRange>& ranges)>;  ///< Appends what a task will read.
  using Start = std::function<void(std::span<const WantedRange> ranges)>;                  ///< Starts to fetch.

  /// The window is a part of what the read may hold in memory.
  FetchAhead(std::uint64_t num_tasks, std::uint64_t max_memory_bytes, Plan plan, Start start);

  /// Before a task reads.
  void Begin(std::uint64_t task);

 private:
  const std::uint64_t num_tasks_, window_;
  const Plan plan_;
  const Start start_;
  std::mutex mutex_;
  std::uint64_t next_ = 0;         // the next task to look at
  std::uint64_t ahead_bytes_ = 0;  // of tasks that have not begun
  std::unordered_map<std::uint64_t, std::uint64_t> bytes_of_;  // of the same
};

}  // namespace rutter
