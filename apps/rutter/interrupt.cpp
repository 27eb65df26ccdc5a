#include "rutter/interrupt.h"

#include <csignal>
#include <memory>

namespace rutter::cli {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set by a signal handler");

void OnSignal(int) { interrupted.store(true, std::memory_order_relaxed); }

}  // namespace

CancelFlag InterruptFlag() {
  static const bool taken = [] {
    struct sigaction action {};
    action.sa_handler = OnSignal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
    for (int signal : {SIGINT, SIGTERM}) {
      struct sigaction before {};
      ::sigaction(signal, nullptr, &before);
      if (before.sa_handler != SIG_IGN) ::sigaction(signal, &action, nullptr);  // nohup and shells' background jobs stay as they are
    }
    return true;
  }();
  (void)taken;
  return CancelFlag(std::shared_ptr<void>(), &interrupted);
}

}  // namespace rutter::cli
