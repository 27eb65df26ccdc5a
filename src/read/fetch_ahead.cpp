#include "read/fetch_ahead.h"

#include <algorithm>
#include <utility>

namespace rutter {
namespace {

constexpr std::uint64_t kMostAhead = 32 << 20;
constexpr std::uint64_t kShareOfMemory = 16;   // half of what the sources keep
constexpr std::uint64_t kRangeBytes = 4 << 10; // what a range counts beside its bytes: small ones must not be too many

}  // namespace

FetchAhead::FetchAhead(std::uint64_t num_tasks, std::uint64_t max_memory_bytes, Plan plan, Start start)
    : num_tasks_(num_tasks), window_(std::min(kMostAhead, max_memory_bytes / kShareOfMemory)), plan_(std::move(plan)), start_(std::move(start)) {}

void FetchAhead::Begin(std::uint64_t task) {
  std::lock_guard lock(mutex_);
  if (auto found = bytes_of_.find(task); found != bytes_of_.end()) {
    ahead_bytes_ -= found->second;
    bytes_of_.erase(found);
  }
  // By halves of the window, so that neighbours are asked for together.
  if (next_ > task && ahead_bytes_ > window_ / 2) return;
  next_ = std::max(next_, task);
  std::vector<WantedRange> ranges;
  for (; next_ < num_tasks_ && (next_ == task || ahead_bytes_ < window_); ++next_) {
    const std::size_t first = ranges.size();
    plan_(next_, ranges);
    if (next_ == task) continue;
    std::uint64_t bytes = 0;
    for (std::size_t k = first; k < ranges.size(); ++k) bytes += ranges[k].length + kRangeBytes;
    ahead_bytes_ += bytes;
    bytes_of_.emplace(next_, bytes);
  }
  if (!ranges.empty()) start_(ranges);
}

}  // namespace rutter
