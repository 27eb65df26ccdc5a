#include "rutter/progress.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <utility>

#include "rutter/command.h"

namespace rutter::cli {

Progress::Progress(std::string what, const std::atomic<std::uint64_t>& count, std::uint64_t total, Unit unit)
    : what_(std::move(what)), count_(count), total_(total), unit_(unit) {
  if (::isatty(STDERR_FILENO) != 0) thread_ = std::thread([this] { Loop(); });
}

Progress::~Progress() {
  {
    std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Progress::Loop() {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  if (wake_.wait_for(lock, std::chrono::seconds(1), [this] { return done_; })) return;
  do {
    std::uint64_t count = count_;
    auto text = [this](std::uint64_t n) { return unit_ == Unit::kBytes ? HumanBytes(n) : HumanCount(n); };
    std::string line = "\r\x1b[K" + what_ + " " + text(count);
    if (total_ != 0) line += " of " + text(total_) + " (" + std::to_string(count * 100 / total_) + " %)";
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    line += ", " + text(static_cast<std::uint64_t>(static_cast<double>(count) / passed.count())) + "/s";
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
  } while (!wake_.wait_for(lock, std::chrono::milliseconds(200), [this] { return done_; }));
  std::fputs("\r\x1b[K", stderr);
}

}  // namespace rutter::cli
