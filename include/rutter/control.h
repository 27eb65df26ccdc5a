#pragma once
// What a caller holds while work goes on: a way to stop it, and how far it is.

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "rutter/config.h"

namespace rutter {
RUTTER_V1 {

/// Stops work. Copies share one state; give a copy to the options and keep one. Work ends with ErrorCode::kCancelled within a
/// tenth of a second: while it reads, waits for a server or pauses before another try (one chunk's decoding runs to its end).
/// Thread-safe.
class CancelToken {
 public:
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void Cancel() { flag_->store(true, std::memory_order_relaxed); }
  bool IsCancelled() const { return flag_->load(std::memory_order_relaxed); }
  /// For the library.
  const std::shared_ptr<std::atomic<bool>>& flag() const { return flag_; }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

/// How far one piece of work is. Copies share one state; nobody is called back: look when it suits you. Thread-safe.
class Progress {
 public:
  std::uint64_t done() const {
    const auto* watched = state_->watched.load(std::memory_order_acquire);
    return (watched != nullptr ? *watched : state_->own).load(std::memory_order_relaxed);
  }
  /// For the library: what it counts in; or a counter of its own, once.
  std::shared_ptr<std::atomic<std::uint64_t>> counter() const { return {state_, &state_->own}; }
  void Watch(std::shared_ptr<std::atomic<std::uint64_t>> counter) const {
    state_->kept = std::move(counter);
    state_->watched.store(state_->kept.get(), std::memory_order_release);
  }

 private:
  struct State {
    std::atomic<std::uint64_t> own{0};
    std::atomic<const std::atomic<std::uint64_t>*> watched{nullptr};
    std::shared_ptr<std::atomic<std::uint64_t>> kept;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace v1
}  // namespace rutter
