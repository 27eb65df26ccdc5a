#include "base/thread_pool.h"

#include <doctest/doctest.h>

#include <numeric>
#include <stdexcept>

using namespace rutter;

TEST_CASE("every task of a loop runs once, on threads whose slots are their own") {
  ThreadPool pool(3);
  for (std::uint64_t tasks : {0, 1, 2, 7, 1000}) {
    std::vector<std::atomic<int>> seen(tasks);
    std::vector<int> per_slot(4, 0);  // written without a lock: a slot is one thread's at a time
    REQUIRE(pool.ParallelFor(tasks, 4, nullptr, [&](std::uint64_t task, unsigned slot) -> Status {
      ++seen[task];
      ++per_slot.at(slot);
      return {};
    }));
    for (auto& count : seen) CHECK(count == 1);
    CHECK(std::accumulate(per_slot.begin(), per_slot.end(), std::uint64_t{0}) == tasks);
  }
}

TEST_CASE("loops nest on pool threads without a deadlock") {
  ThreadPool pool(2);
  std::atomic<int> inner{0};
  REQUIRE(pool.ParallelFor(8, 3, nullptr, [&](std::uint64_t, unsigned) {
    return pool.ParallelFor(50, 3, nullptr, [&](std::uint64_t, unsigned) -> Status {
      ++inner;
      return {};
    });
  }));
  CHECK(inner == 400);
}

TEST_CASE("the first failure stops a loop") {
  ThreadPool pool(2);
  std::atomic<int> ran{0};
  auto status = pool.ParallelFor(100'000, 3, nullptr, [&](std::uint64_t task, unsigned) -> Status {
    ++ran;
    if (task == 10) return Fail(ErrorCode::kCorrupt, "task 10");
    return {};
  });
  REQUIRE(!status);
  CHECK(status.error().message == "task 10");
  CHECK(ran < 100'000);
}

TEST_CASE("an exception is an error, and a cancelled loop says so") {
  ThreadPool pool(1);
  auto status = pool.ParallelFor(3, 2, nullptr, [](std::uint64_t, unsigned) -> Status { throw std::runtime_error("thrown"); });
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::kInternal);
  CHECK(status.error().message == "thrown");
  status = pool.ParallelFor(3, 2, nullptr, [](std::uint64_t, unsigned) -> Status { throw std::bad_alloc(); });
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::kLimit);

  std::atomic<bool> cancel{false};
  status = pool.ParallelFor(100'000, 2, &cancel, [&](std::uint64_t task, unsigned) -> Status {
    if (task == 5) cancel = true;
    return {};
  });
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::kCancelled);
}

TEST_CASE("callers on many threads share one pool") {
  ThreadPool pool(2);
  std::atomic<int> ran{0};
  std::vector<std::jthread> callers;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        (void)pool.ParallelFor(20, 3, nullptr, [&](std::uint64_t, unsigned) -> Status {
          ++ran;
          return {};
        });
      }
    });
  }
  callers.clear();
  CHECK(ran == 4 * 50 * 20);
}
