#pragma once
// A progress line on a terminal for work that takes longer than a second.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace rutter::cli {

/// Shows `count` of `total` (0 = unknown) and the rate on stderr while it lives; silent where stderr is no terminal.
class Progress {
 public:
  enum class Unit { kBytes, kItems };
  Progress(std::string what, const std::atomic<std::uint64_t>& count, std::uint64_t total, Unit unit);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void Loop();

  std::string what_;
  const std::atomic<std::uint64_t>& count_;
  std::uint64_t total_;
  Unit unit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace rutter::cli
