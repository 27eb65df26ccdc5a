#include "io/block_cache.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/cancel.h"

namespace rutter {
namespace {

constexpr std::uint64_t kLongestRun = 1024;   // blocks of one fetch: 4 MiB
constexpr std::uint64_t kFirstAhead = 4;     // blocks fetched where nothing near is known
constexpr std::uint64_t kLongestAhead = 256;  // blocks fetched where all before was wanted: 1 MiB
constexpr std::uint64_t kMergeGap = 4;       // blocks read over between two that are prefetched

}  // namespace

/// Neighbouring blocks that one fetch brings.
struct BlockCache::Run {
  std::uint64_t first = 0, count = 0;  ///< Blocks.
  std::vector<std::byte> bytes;
  bool is_ready = false;
  Status status;
};

struct BlockCache::State {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::unordered_map<std::uint64_t, std::shared_ptr<Run>> blocks;
  std::deque<std::shared_ptr<Run>> runs;  ///< Oldest first.
  std::uint64_t bytes = 0;

  void Forget(const std::shared_ptr<Run>& run) {
    for (std::uint64_t block = run->first; block < run->first + run->count; ++block) {
      auto found = blocks.find(block);
      if (found != blocks.end() && found->second == run) blocks.erase(found);
    }
  }
};

BlockCache::BlockCache(std::uint64_t source_bytes, std::uint64_t capacity_bytes, Starter start)
    : source_bytes_(source_bytes), capacity_bytes_(capacity_bytes), start_(std::move(start)), state_(std::make_shared<State>()) {}

BlockCache::~BlockCache() = default;

void BlockCache::KeepHead(std::span<const std::byte> head) {
  auto run = std::make_shared<Run>();
  run->count = head.size() == source_bytes_ ? NumBlocks() : head.size() / kBlockBytes;
  if (run->count == 0) return;
  run->bytes.assign(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(run->count * kBlockBytes, source_bytes_)));
  run->is_ready = true;
  std::lock_guard lock(state_->mutex);
  for (std::uint64_t block = 0; block < run->count; ++block) state_->blocks[block] = run;
  state_->bytes += run->bytes.size();
  state_->runs.push_back(std::move(run));
}

std::vector<BlockCache::Fetch> BlockCache::StartRuns(std::span<const Missing> missing) {
  std::vector<Fetch> fetches;
  for (auto [from, to] : missing) {
    for (std::uint64_t first = from; first < to; first += kLongestRun) {
      auto run = std::make_shared<Run>();
      run->first = first;
      run->count = std::min(kLongestRun, to - first);
      const std::uint64_t offset = first * kBlockBytes;
      run->bytes.resize(static_cast<std::size_t>(std::min(run->count * kBlockBytes, source_bytes_ - offset)));
      for (std::uint64_t block = first; block < first + run->count; ++block) state_->blocks[block] = run;
      state_->bytes += run->bytes.size();
      state_->runs.push_back(run);
      // The callback owns what it fills and nothing that could own the one who calls it.
      fetches.push_back({offset, run->bytes, [state = state_, run](Status status) {
                           std::lock_guard lock(state->mutex);
                           run->is_ready = true;
                           run->status = std::move(status);
                           if (!run->status) state->Forget(run);
                           state->changed.notify_all();
                         }});
    }
  }
  return fetches;
}

void BlockCache::DropOldest() {
  while (state_->bytes > capacity_bytes_ && state_->runs.size() > 1 && state_->runs.front()->is_ready) {
    state_->bytes -= state_->runs.front()->bytes.size();
    state_->Forget(state_->runs.front());
    state_->runs.pop_front();
  }
}

Status BlockCache::Read(std::uint64_t offset, std::span<std::byte> out, const std::atomic<bool>* cancel) {
  if (out.empty()) return {};
  const std::uint64_t first = offset / kBlockBytes, last = (offset + out.size() - 1) / kBlockBytes;
  std::vector<std::shared_ptr<Run>> needed;
  std::unique_lock lock(state_->mutex);
  std::vector<Missing> missing;
  for (std::uint64_t block = first; block <= last; ++block) {
    if (state_->blocks.contains(block)) continue;
    if (!missing.empty() && missing.back().second == block) {
      ++missing.back().second;
    } else {
      missing.push_back({block, block + 1});
    }
  }
  if (!missing.empty() && missing.back().second == last + 1) {
    // Twice what came just before, where this goes on from there or nearly there.
    auto& [from, to] = missing.back();
    std::uint64_t ahead = kFirstAhead;
    for (std::uint64_t back = 1; back <= std::min(kMergeGap, from); ++back) {
      auto before = state_->blocks.find(from - back);
      if (before == state_->blocks.end()) continue;
      ahead = std::clamp(2 * before->second->count, kFirstAhead, kLongestAhead);
      break;
    }
    const std::uint64_t until = std::min(NumBlocks(), std::max(to, from + ahead));
    while (to < until && !state_->blocks.contains(to)) ++to;
  }
  std::vector<Fetch> fetches = StartRuns(missing);
  for (std::uint64_t block = first; block <= last; ++block) needed.push_back(state_->blocks.at(block));
  DropOldest();
  if (!fetches.empty()) {
    lock.unlock();
    start_(std::move(fetches));
    lock.lock();
  }
  for (std::uint64_t block = first; block <= last; ++block) {
    const std::shared_ptr<Run>& run = needed[static_cast<std::size_t>(block - first)];
    if (cancel == nullptr) state_->changed.wait(lock, [&] { return run->is_ready; });
    while (!state_->changed.wait_for(lock, std::chrono::milliseconds(kCancelPollMs), [&] { return run->is_ready; })) RUTTER_TRY(CheckCancelled(cancel));
    if (!run->status) return run->status;
    const std::uint64_t begin = std::max(offset, block * kBlockBytes), end = std::min(offset + out.size(), (block + 1) * kBlockBytes);
    std::memcpy(out.data() + (begin - offset), run->bytes.data() + (begin - run->first * kBlockBytes), static_cast<std::size_t>(end - begin));
  }
  return {};
}

bool BlockCache::TryRead(std::uint64_t offset, std::span<std::byte> out, Status& status, const std::atomic<bool>* cancel) {
  if (out.empty()) return true;
  {
    std::lock_guard lock(state_->mutex);
    for (std::uint64_t block = offset / kBlockBytes; block <= (offset + out.size() - 1) / kBlockBytes; ++block) {
      if (!state_->blocks.contains(block)) return false;
    }
  }
  status = Read(offset, out, cancel);
  return true;
}

void BlockCache::Prefetch(std::span<const ReadRequest> ranges) {
  std::vector<Missing> wanted;
  for (const ReadRequest& range : ranges) {
    if (range.length() == 0 || range.offset >= source_bytes_) continue;
    const std::uint64_t end = range.length() < source_bytes_ - range.offset ? range.offset + range.length() : source_bytes_;
    wanted.push_back({range.offset / kBlockBytes, (end - 1) / kBlockBytes + 1});
  }
  std::sort(wanted.begin(), wanted.end());
  std::vector<Fetch> fetches;
  {
    std::lock_guard lock(state_->mutex);
    std::vector<Missing> missing;
    for (auto [from, to] : wanted) {
      for (std::uint64_t block = from; block < to; ++block) {
        if (state_->blocks.contains(block)) continue;
        if (!missing.empty() && block < missing.back().second) continue;
        if (!missing.empty() && block - missing.back().second <= kMergeGap && !state_->blocks.contains(missing.back().second)) {
          missing.back().second = block + 1;
        } else {
          missing.push_back({block, block + 1});
        }
      }
    }
    fetches = StartRuns(missing);
    DropOldest();
  }
  if (!fetches.empty()) start_(std::move(fetches));
}

bool BlockCache::Holds(std::uint64_t offset, std::uint64_t length) const {
  if (length == 0) return true;
  std::lock_guard lock(state_->mutex);
  for (std::uint64_t block = offset / kBlockBytes; block <= (offset + length - 1) / kBlockBytes; ++block) {
    auto found = state_->blocks.find(block);
    if (found == state_->blocks.end() || !found->second->is_ready) return false;
  }
  return true;
}

}  // namespace rutter
