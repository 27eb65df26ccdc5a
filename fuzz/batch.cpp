#include "fuzz/batch.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <thread>

#include "fuzz/memory_meter.h"

namespace rutter::fuzz {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kNone = ~0ull;
constexpr unsigned kNotRun = 255;
constexpr std::int64_t kWallFactor = 20;  // a job that waits this many times its processor time hangs, too

// Processor time of a process, so that a busy machine does not look like a hang.
std::int64_t CpuMicroseconds(pid_t pid) {
  clockid_t clock;
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return time.tv_sec * 1'000'000 + time.tv_nsec / 1'000;
}

std::int64_t NowMicroseconds() {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
}

// One row per job and one per worker, in memory that all processes share.
struct JobRow {
  std::atomic<std::uint8_t> outcome;
  std::atomic<std::uint32_t> microseconds, peak_kib;
};
struct WorkerRow {
  std::atomic<std::uint64_t> job;
  std::atomic<std::int64_t> began, began_cpu;  // microseconds
};
struct Shared {
  std::atomic<std::uint64_t> next;
  WorkerRow* workers;
  JobRow* jobs;
};

template <class T>
T* Share(std::uint64_t count) {
  void* memory = mmap(nullptr, count * sizeof(T) + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::perror("mmap");
    std::exit(1);
  }
  return new (memory) T[count];
}

[[noreturn]] void Work(const BatchOptions& options, const std::function<unsigned(std::uint64_t)>& job, Shared& shared,
                       WorkerRow& me) {
  for (std::uint64_t done = 0; done < options.jobs_per_worker; ++done) {
    std::uint64_t number = shared.next.fetch_add(1);
    if (number >= options.jobs) break;
    std::int64_t began = CpuMicroseconds(getpid());
    me.began = NowMicroseconds();
    me.began_cpu = began;
    me.job = number;
    StartMemoryMeter();
    unsigned outcome = job(number);
    JobRow& row = shared.jobs[number];
    row.peak_kib = static_cast<std::uint32_t>(PeakMemoryBytes() >> 10);
    row.microseconds = static_cast<std::uint32_t>(std::min<std::int64_t>(CpuMicroseconds(getpid()) - began, UINT32_MAX));
    row.outcome = static_cast<std::uint8_t>(outcome);
    me.job = kNone;
  }
  std::exit(0);  // not _exit: the leak check runs
}

}  // namespace

BatchReport RunBatch(const BatchOptions& options, const std::function<unsigned(std::uint64_t)>& job,
                     const std::vector<std::pair<unsigned, std::string>>& bad) {
  BatchReport report;
  Shared shared{0, Share<WorkerRow>(options.workers), Share<JobRow>(options.jobs)};
  Shared& all = *new (Share<Shared>(1)) Shared{0, shared.workers, shared.jobs};
  for (std::uint64_t i = 0; i < options.jobs; ++i) all.jobs[i].outcome = kNotRun;

  std::vector<pid_t> pids(options.workers, 0);
  auto start = [&](unsigned worker) {
    all.workers[worker].job = kNone;
    std::fflush(nullptr);
    pids[worker] = fork();
    if (pids[worker] == 0) Work(options, job, all, all.workers[worker]);
  };
  auto began = Clock::now();
  for (unsigned worker = 0; worker < options.workers; ++worker) start(worker);
  std::vector<bool> killed(options.workers, false);
  while (std::ranges::any_of(pids, [](pid_t pid) { return pid != 0; })) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    for (unsigned worker = 0; worker < options.workers; ++worker) {
      if (pids[worker] == 0) continue;
      std::uint64_t current = all.workers[worker].job;
      std::int64_t running = CpuMicroseconds(pids[worker]) - all.workers[worker].began_cpu;
      running = std::max(running, (NowMicroseconds() - all.workers[worker].began) / kWallFactor);
      if (current != kNone && static_cast<double>(running) > options.seconds_per_job * 1e6 && !killed[worker] &&
          all.workers[worker].job == current) {
        killed[worker] = true;
        kill(pids[worker], SIGKILL);
      }
      int status = 0;
      if (waitpid(pids[worker], &status, WNOHANG) != pids[worker]) continue;
      current = all.workers[worker].job;
      bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (!clean) {
        Finding finding{current == kNone ? 0 : current, {}};
        if (killed[worker]) {
          finding.what = "hang";
          ++report.hangs;
        } else {
          finding.what = WIFSIGNALED(status) ? "crash (signal " + std::to_string(WTERMSIG(status)) + ")"
                                             : "crash (exit code " + std::to_string(WEXITSTATUS(status)) + ")";
          if (current == kNone) finding.what += " at the end of a worker: a leak";
          ++report.crashes;
        }
        report.findings.push_back(std::move(finding));
      }
      killed[worker] = false;
      pids[worker] = 0;
      if (all.next < options.jobs) start(worker);
    }
  }
  report.seconds = std::chrono::duration<double>(Clock::now() - began).count();

  std::vector<std::uint32_t> times;
  for (std::uint64_t i = 0; i < options.jobs; ++i) {
    const JobRow& row = all.jobs[i];
    if (row.outcome == kNotRun) continue;
    if (row.outcome < BatchReport::kOutcomes) ++report.outcomes[row.outcome];
    for (const auto& [outcome, name] : bad) {
      if (row.outcome == outcome) report.findings.push_back({i, name});
    }
    std::uint64_t peak = std::uint64_t{row.peak_kib} << 10;
    report.peak_bytes = std::max(report.peak_bytes, peak);
    if (peak > options.memory_bytes) {
      ++report.over_memory;
      report.findings.push_back({i, "memory"});
    }
    times.push_back(row.microseconds);
    report.over_one_second += row.microseconds > 1'000'000;
    if (double seconds = row.microseconds / 1e6; seconds > report.slowest_seconds) {
      report.slowest_seconds = seconds;
      report.slowest_job = i;
    }
  }
  if (!times.empty()) {
    auto place = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) * 999 / 1000);
    std::nth_element(times.begin(), place, times.end());
    report.p999_seconds = *place / 1e6;
  }
  return report;
}

bool PrintReport(const BatchReport& report, const std::function<void(const Finding&)>& save) {
  std::printf("time %.1f s; processor time: slowest %.3f s (job %llu), 99.9%% below %.3f s, over 1 s: %llu, peak heap %.1f MiB\n", report.seconds,
              report.slowest_seconds, static_cast<unsigned long long>(report.slowest_job), report.p999_seconds,
              static_cast<unsigned long long>(report.over_one_second), static_cast<double>(report.peak_bytes) / (1 << 20));
  std::printf("crashes %llu, hangs %llu, over memory %llu, findings %zu\n", static_cast<unsigned long long>(report.crashes),
              static_cast<unsigned long long>(report.hangs), static_cast<unsigned long long>(report.over_memory),
              report.findings.size());
  constexpr std::size_t kMaxSaved = 50;
  for (std::size_t i = 0; i < std::min(report.findings.size(), kMaxSaved); ++i) save(report.findings[i]);
  return report.findings.empty();
}

}  // namespace rutter::fuzz
