#pragma once
// What work costs, counted as it goes.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace rutter {

/// Counters that everything shares that works on one opened file or map; always on. They only grow. Thread-safe: each is
/// exact by itself, several of them read while work goes on may be of different moments.
struct Trace {
  using Counter = std::atomic<std::uint64_t>;
  // Sources, as the engine asks for bytes.
  Counter reads{0}, read_bytes{0};    ///< Ranges asked for, and their bytes.
  Counter local_reads{0}, local_bytes{0};  ///< Those of them that local files answered.
  Counter wait_ns{0};                 ///< Time from asking to having, summed over threads.
  // Sources far away, beside what http::ClientStatistics counts.
  Counter kept_reads{0}, kept_bytes{0};    ///< Ranges that needed no request of their own: kept, or on their way already.
  Counter ranges{0}, merged_ranges{0};     ///< Ranges that were fetched for a read, and the requests that they became.
  // The engine.
  Counter objects{0};                 ///< Groups, arrays and types that were mapped.
  Counter chunks{0}, missing_chunks{0}, decoded_bytes{0};
  Counter kept_chunks{0};             ///< Of the chunks, those that an earlier read had decoded.
  Counter decode_cpu_ns{0};           ///< Processor time of undoing codecs, summed over threads.

  static void Add(Counter& counter, std::uint64_t amount) { counter.fetch_add(amount, std::memory_order_relaxed); }
};

/// Nanoseconds of wall time from here on.
class WallTimer {
 public:
  std::uint64_t Nanoseconds() const {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start_).count());
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Nanoseconds that this thread's processor worked from here on. A system call each: for batches, not for single chunks.
class ThreadTimer {
 public:
  std::uint64_t Nanoseconds() const { return Now() - start_; }

 private:
  static std::uint64_t Now() {
    std::timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
  }
  std::uint64_t start_ = Now();
};

}  // namespace rutter
