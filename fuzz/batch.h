#pragma once
// Runs very many small jobs in worker processes: one that crashes or hangs is recorded with its input, and the rest goes on.

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace rutter::fuzz {

struct BatchOptions {
  std::uint64_t jobs = 0;
  unsigned workers = 2;
  double seconds_per_job = 5;  ///< Of processor time, or 20 times as long by the clock.
  std::uint64_t memory_bytes = 256ull << 20;
  std::uint64_t jobs_per_worker = 2'000;  ///< Then a fresh process takes over, so that leaks are reported early.
};

struct Finding {
  std::uint64_t job = 0;
  std::string what;  ///< "crash (signal 11)", "hang", "memory", or the name of a bad outcome.
};

struct BatchReport {
  static constexpr unsigned kOutcomes = 16;
  std::array<std::uint64_t, kOutcomes> outcomes{};
  std::vector<Finding> findings;
  double seconds = 0;                              ///< By the clock.
  double slowest_seconds = 0, p999_seconds = 0;    ///< Of single jobs, processor time.
  std::uint64_t slowest_job = 0, peak_bytes = 0, crashes = 0, hangs = 0, over_memory = 0, over_one_second = 0;
};

/// Runs jobs 0 .. jobs - 1. `job` runs in a worker and returns its outcome, below kOutcomes; outcomes in `bad` are findings.
BatchReport RunBatch(const BatchOptions& options, const std::function<unsigned(std::uint64_t)>& job,
                     const std::vector<std::pair<unsigned, std::string>>& bad);

/// Prints timing, memory and findings; hands each finding's job to `save` (at most 50). True where nothing was found.
bool PrintReport(const BatchReport& report, const std::function<void(const Finding&)>& save);

}  // namespace rutter::fuzz
