#include "read/fetch_ahead.h"

#include <doctest/doctest.h>

using namespace rutter;

TEST_CASE("tasks are looked over as far as the window goes, each once") {
  std::vector<std::uint64_t> planned, started;
  // Tasks of 1 MiB, a window of 4 MiB.
  FetchAhead ahead(20, 64 << 20, [&](std::uint64_t task, std::vector<WantedRange>& ranges) {
    planned.push_back(task);
    ranges.push_back({0, task << 20, 1 << 20});
  }, [&](std::span<const WantedRange> ranges) { started.push_back(ranges.size()); });
  ahead.Begin(0);
  CHECK(planned == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
  ahead.Begin(1);
  CHECK(planned.size() == 5);  // more than half of the window is on its way
  ahead.Begin(2);
  CHECK(planned.size() == 5);
  ahead.Begin(3);
  CHECK(planned.size() == 8);
  for (std::uint64_t task = 4; task < 20; ++task) ahead.Begin(task);
  CHECK(planned.size() == 20);
  for (std::uint64_t k = 0; k < 20; ++k) CHECK(planned[k] == k);
  std::uint64_t ranges = 0;
  for (std::uint64_t count : started) ranges += count;
  CHECK(ranges == 20);
  CHECK(started.size() < 10);
}

TEST_CASE("small ranges fill the window too, and a task that is larger than it is taken whole") {
  std::uint64_t planned = 0;
  FetchAhead many(1'000'000, 64 << 20, [&](std::uint64_t, std::vector<WantedRange>& ranges) {
    ++planned;
    ranges.push_back({0, 0, 1});
  }, [](std::span<const WantedRange>) {});
  many.Begin(0);
  CHECK(planned > 500);
  CHECK(planned < 1'100);
  std::size_t started = 0;
  FetchAhead large(3, 64 << 20, [](std::uint64_t task, std::vector<WantedRange>& ranges) { ranges.push_back({0, task << 30, 1 << 30}); },
                   [&](std::span<const WantedRange> ranges) { started += ranges.size(); });
  large.Begin(0);
  CHECK(started == 2);
  large.Begin(1);
  large.Begin(2);
  CHECK(started == 3);
}
