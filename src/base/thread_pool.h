#pragma once
// A bounded set of worker threads and the one loop that the engine runs on them.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"

namespace rutter {

/// Runs loops in parallel. The calling thread always takes part, so a loop ends even where every worker is busy, and
/// loops may be nested. Workers start at the first loop that wants them. Thread-safe.
class ThreadPool {
 public:
  /// `workers` threads beside the callers.
  explicit ThreadPool(unsigned workers);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// The pool of the process: as many workers as there are cores, less one for the caller.
  static ThreadPool& Shared();

  /// The cores of this machine, at least 1.
  static unsigned NumCores();

  /// One step of a loop: `task` counts from 0, `slot` < the loop's threads names the thread, for scratch memory.
  using Body = std::function<Status(std::uint64_t task, unsigned slot)>;

  /// Calls body for every task below `num_tasks` on at most `threads` threads (0 = all cores); returns when all are done.
  /// Tasks start in ascending order. The first failure stops the loop soon and is returned; so does `cancel` turning
  /// true (kCancelled). An exception of the body becomes kLimit (out of memory) or kInternal.
  Status ParallelFor(std::uint64_t num_tasks, unsigned threads, const std::atomic<bool>* cancel, const Body& body);

 private:
  struct Loop;
  void Work(const std::stop_token& stop);
  void Offer(const std::shared_ptr<Loop>& loop, unsigned helpers);

  const unsigned max_workers_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::shared_ptr<Loop>> offers_;
  std::vector<std::jthread> workers_;  // last: joined before the rest goes away
};

}  // namespace rutter
