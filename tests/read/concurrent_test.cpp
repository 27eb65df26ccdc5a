// What ThreadSanitizer watches: reads that share arrays, sources and the pool.

#include <doctest/doctest.h>

#include <thread>

#include "read/sample_arrays.h"

using namespace rutter;
using namespace rutter::test;

TEST_CASE("many threads read one map at once") {
  std::mt19937 random(11);
  Layout layout;
  layout.encoded = true;
  layout.missing = 0.1;
  Sample sample = MakeChunked(MakeInteger(4, true, ByteOrder::kBig), {300, 70}, {16, 9}, layout, random);
  Reader reader(sample.pool(), Limits());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 own(t);
      for (int round = 0; round < 8; ++round) {
        Slice slice = RandomSlice(sample.array.shape, own);
        ByteList out(slice.NumElements() * 4);
        ReadOptions options;
        options.threads = 3;
        ReadStatistics statistics;
        bool right = reader.Read(sample.array, slice, out, options, &statistics).has_value();
        if (!right || out != NaiveSlice(sample.expected, sample.array.shape, slice, 4)) ++wrong;
        auto values = reader.ReadAsValues(sample.array, {{{0, 300, 1, false}, {t, 1, 1, true}}}, options);
        if (!values || values->size() != 300) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a read on several threads is cancelled by another") {
  std::mt19937 random(12);
  Layout layout;
  layout.encoded = true;
  Sample sample = MakeChunked(MakeInteger(8, true), {100'000}, {64}, layout, random);
  Reader reader(sample.pool(), Limits());
  for (int round = 0; round < 5; ++round) {
    std::atomic<bool> cancel{false};
    std::atomic<std::uint64_t> progress{0};
    ReadOptions options;
    options.threads = 3;
    options.cancel = &cancel;
    options.progress_bytes = &progress;
    std::thread canceller([&] {
      while (progress.load() == 0) std::this_thread::yield();
      cancel = true;
    });
    ByteList out(sample.expected.size());
    auto status = reader.Read(sample.array, WholeSlice(sample.array.shape), out, options);
    canceller.join();
    CHECK((status || status.error().code == ErrorCode::kCancelled));
  }
}
