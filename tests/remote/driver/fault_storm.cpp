// Very many reads from a server that fails at random, and very many changes of its files.
//
//   fault_storm [READS] [CHANGES] [SEED]
//
// Every read must give the right bytes, for all of these faults pass; every fault that lasts must become a typed error before
// the deadline; every change that the server shows must be reported. Prints figures; exit code 1 where one is not as it must be.

#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "fault_server.h"
#include "io/http/client.h"
#include "model/chunk_index.h"
#include "model/dtype.h"
#include "ops/open.h"
#include "read/reader.h"

namespace {

using namespace rutter;
using namespace rutter::test;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kChunkBytes = 2'048, kChunks = 1 << 20;
constexpr unsigned kThreads = 16;

double Seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

http::ClientOptions Patience(int timeout_seconds) {
  http::ClientOptions options;
  options.timeout = std::chrono::seconds(timeout_seconds);
  options.first_wait = std::chrono::milliseconds(5);
  options.longest_wait = std::chrono::milliseconds(500);
  options.low_speed_seconds = 2;
  return options;
}

std::shared_ptr<ByteSource> Open(const std::string& url, const std::shared_ptr<http::Client>& client, int& problems) {
  auto source = OpenTyped(url, client);
  if (source) return *source;
  std::printf("cannot open %s: %s\n", url.c_str(), source.error().ToString().c_str());
  ++problems;
  return nullptr;
}

bool IsRight(std::uint64_t content, std::uint64_t offset, std::span<const std::byte> bytes) {
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    if (bytes[k] != ByteOf(content, offset + k)) return false;
  }
  return true;
}

/// Chunks of an array through the reading engine, from many threads.
int ReadChunks(std::uint64_t reads, std::uint64_t seed) {
  FaultServer server(0.2, seed);
  server.Put("data", {kChunks * kChunkBytes, 1, "\"v1\"", ""});
  auto client = std::make_shared<http::Client>(Patience(60));
  int problems = 0;
  auto source = Open(server.Url("data"), client, problems);
  if (source == nullptr) return problems;
  Array array;
  array.dtype = MakeInteger(1, false);
  array.shape = {kChunks * kChunkBytes};
  array.chunk_shape = {kChunkBytes};
  array.index = std::make_shared<FlatIndex>(std::vector<Extent>{{0, 0, 0, kChunks * kChunkBytes}}, std::vector<std::uint64_t>{1}, array.shape, array.chunk_shape, 1);
  const Reader reader(std::make_shared<SourcePool>(std::vector{source}), Limits());
  std::atomic<std::uint64_t> next{0}, right{0}, wrong{0}, failed{0};
  const auto begin = Clock::now();
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::minstd_rand random(static_cast<unsigned>(seed * 1'000 + thread + 1));
      std::vector<std::byte> out(kChunkBytes);
      ReadOptions options;
      options.threads = 1;
      while (next++ < reads) {
        // Beyond what opening keeps; no two threads ask for the same, so that the server knows a repeat.
        const std::uint64_t chunk = std::uniform_int_distribution<std::uint64_t>(2, kChunks / kThreads - 1)(random) * kThreads + thread;
        Slice slice;
        slice.axes.push_back({chunk * kChunkBytes, kChunkBytes, 1, false});
        if (auto status = reader.Read(array, slice, out, options); !status) {
          if (failed++ < 5) std::printf("chunk %" PRIu64 ": %s\n", chunk, status.error().ToString().c_str());
        } else if (IsRight(1, chunk * kChunkBytes, out)) {
          ++right;
        } else {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const ServerCounters& counters = server.counters();
  std::printf("%" PRIu64 " chunks read in %.0f s: %" PRIu64 " right, %" PRIu64 " WRONG, %" PRIu64 " not recovered; %" PRIu64 " requests, %" PRIu64 " of them met a fault, %" PRIu64
              " a Retry-After: %" PRIu64 " came too early, %" PRIu64 " more than a second late\n",
              reads, Seconds(begin), right.load(), wrong.load(), failed.load(), counters.requests.load(), counters.faults.load(), counters.retry_afters.load(), counters.came_too_early.load(), counters.came_late.load());
  return right == reads && counters.came_too_early == 0 ? 0 : 1;
}

/// Faults that last: a typed error of the right kind. How many came after the deadline is told and not judged: on a machine
/// that has other work to do, all may. (A read that has no deadline never ends here: the stalled ones.)
int MeetLastingFaults(std::uint64_t rounds) {
  constexpr int kTimeout = 6;
  const std::vector<std::pair<Lasting, ErrorCode>> expected = {
      {Lasting::kNotFound, ErrorCode::kNotFound}, {Lasting::kForbidden, ErrorCode::kIo}, {Lasting::kGone, ErrorCode::kNotFound}, {Lasting::kUnsatisfiable, ErrorCode::kTruncated},
      {Lasting::kWebPage, ErrorCode::kIo}, {Lasting::kShifted, ErrorCode::kIo}, {Lasting::kEncoded, ErrorCode::kIo}, {Lasting::kManyParts, ErrorCode::kIo},
      {Lasting::kTooLong, ErrorCode::kIo}, {Lasting::kBusy, ErrorCode::kIo}, {Lasting::kReset, ErrorCode::kIo}, {Lasting::kStall, ErrorCode::kIo}};
  FaultServer server(0, 1);
  std::atomic<std::uint64_t> typed{0}, other{0}, late{0};
  std::atomic<std::uint64_t> next{0};
  const std::uint64_t all = rounds * expected.size();
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      auto client = std::make_shared<http::Client>(Patience(kTimeout));
      for (std::uint64_t k = next++; k < all; k = next++) {
        const auto& [lasting, code] = expected[k % expected.size()];
        const std::string name = "lasting" + std::to_string(k);
        server.Put(name, {1'000'000, k, "\"v1\"", ""}, lasting);
        // Opening is not what is tried here; a busy machine may need longer for it than the deadline.
        int problems = 0;
        auto source = Open(server.Url(name), client, problems);
        for (int more = 20; source == nullptr && more > 0; --more) source = Open(server.Url(name), client, problems);
        std::vector<std::byte> out(500);
        const auto begin = Clock::now();
        auto status = source == nullptr ? Status() : source->ReadAt(500'000, out);
        if (!status && status.error().code == code) {
          ++typed;
        } else if (++other < 5) {
          std::printf("lasting fault %d: %s\n", static_cast<int>(lasting), status ? "no error" : status.error().ToString().c_str());
        }
        if (Seconds(begin) > kTimeout + 2) ++late;
        server.Remove(name);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%" PRIu64 " reads met a fault that lasts: %" PRIu64 " ended with its typed error, %" PRIu64 " did NOT, %" PRIu64 " late\n", all, typed.load(), other.load(), late.load());
  return typed == all ? 0 : 1;
}

/// Files that change between two reads, in every way that a server can show.
int ChangeSources(std::uint64_t changes, std::uint64_t seed) {
  FaultServer server(0, seed);
  std::minstd_rand random(static_cast<unsigned>(seed + 1));
  auto client = std::make_shared<http::Client>(Patience(10));
  auto any = [&](std::uint64_t below) { return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random); };
  std::uint64_t reported = 0, missed = 0, disturbed = 0;
  int problems = 0;
  for (std::uint64_t k = 0; k < changes; ++k) {
    const std::string name = "file" + std::to_string(k);
    FileState state{200'000 + any(1'000'000), 2 * k, any(4) != 0 ? "\"a" + std::to_string(any(1'000'000)) + "\"" : "", any(2) != 0 ? "Sat, 21 Nov 2026 08:00:00 GMT" : ""};
    state.checks_conditions = any(2) != 0;
    server.Put(name, state);
    auto source = Open(server.Url(name), client, problems);
    if (source == nullptr) continue;
    std::vector<std::byte> out(1 + any(20'000));
    auto read = [&] { return source->ReadAt(100'000 + any(state.size - 100'000 - out.size()), out); };
    const std::uint64_t before = any(3);
    bool undisturbed = true;
    for (std::uint64_t n = 0; n < before; ++n) undisturbed = undisturbed && read().has_value();
    disturbed += !undisturbed;
    // What the server shows of the new file differs in at least one way.
    FileState changed = state;
    changed.content = 2 * k + 1;
    bool shows = false;
    while (!shows) {
      if (any(2) != 0) changed.size = std::max<std::uint64_t>(100, state.size - 150'000 + any(300'000));
      if (!state.etag.empty() && any(2) != 0) changed.etag = (any(3) == 0 ? "W/" : "") + ("\"b" + std::to_string(k)) + "\"";
      if (!state.last_modified.empty() && any(2) != 0) changed.last_modified = "Sat, 21 Nov 2026 08:00:0" + std::to_string(1 + any(9)) + " GMT";
      shows = changed.size != state.size || changed.etag != state.etag || changed.last_modified != state.last_modified;
    }
    server.Put(name, changed);
    auto status = read();
    if (!status && status.error().code == ErrorCode::kSourceChanged) {
      ++reported;
    } else if (++missed < 5) {
      std::printf("change %" PRIu64 " (%" PRIu64 " to %" PRIu64 " bytes, '%s' to '%s', '%s' to '%s'): %s\n", k, state.size, changed.size, state.etag.c_str(), changed.etag.c_str(), state.last_modified.c_str(), changed.last_modified.c_str(),
                  status ? "not reported" : status.error().ToString().c_str());
    }
    server.Remove(name);
  }
  std::printf("%" PRIu64 " changes of sources: %" PRIu64 " reported, %" PRIu64 " MISSED, %" PRIu64 " reported before they came\n", changes, reported, missed, disturbed);
  return problems == 0 && reported == changes && disturbed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t reads = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 4'000, changes = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 200;
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  const int problems = ReadChunks(reads, seed) + MeetLastingFaults(std::max<std::uint64_t>(1, changes / 20)) + ChangeSources(changes, seed);
  std::printf("%d passed, %d failed\n", 3 - problems, problems);
  return problems == 0 ? 0 : 1;
}
