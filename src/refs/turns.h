#pragma once
// Numbered turns that pass one after the other, whichever thread has them.

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace rutter {

/// Keeps an order among the tasks of a parallel loop: a task waits until those before it are done. Thread-safe.
class Turns {
 public:
  /// Waits for all turns before `turn`; false where one of them failed. A turn may ask again.
  bool Wait(std::uint64_t turn) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return next_ == turn || failed_; });
    return !failed_;
  }
  /// Ends a turn; waits for it first, because a task that had nothing to do may come here before its turn has come.
  void Done(std::uint64_t turn) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return next_ == turn || failed_; });
    next_ = turn + 1;
    changed_.notify_all();
  }
  void Fail() {
    std::lock_guard lock(mutex_);
    failed_ = true;
    changed_.notify_all();
  }

  /// Fails all turns to come where a scope is left early, so that nobody waits for it.
  class Guard {
   public:
    explicit Guard(Turns& turns) : turns_(turns) {}
    ~Guard() {
      if (!succeeded_) turns_.Fail();
    }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    void Succeeded() const { succeeded_ = true; }

   private:
    Turns& turns_;
    mutable bool succeeded_ = false;
  };

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0;
  bool failed_ = false;
};

}  // namespace rutter
