#include "io/piece_cache.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "io/merge_ranges.h"

using namespace rutter;

namespace {

constexpr std::uint64_t kBlock = 4'096;

std::byte ByteAt(std::uint64_t offset) { return static_cast<std::byte>(offset * 2654435761u >> 13); }

/// A source that counts, and that answers at once, later, or with an error.
struct FakeServer {
  std::atomic<int> requests{0};
  std::atomic<std::uint64_t> bytes{0};
  bool fails = false;
  std::vector<std::thread> threads;
  bool in_threads = false;

  PieceCache::Starter Starter() {
    return [this](std::vector<PieceCache::Fetch> fetches) {
      for (PieceCache::Fetch& fetch : fetches) {
        ++requests;
        bytes += fetch.out.size();
        auto answer = [this, fetch = std::move(fetch)] {
          for (std::size_t k = 0; k < fetch.out.size(); ++k) fetch.out[k] = ByteAt(fetch.offset + k);
          fetch.done(fails ? Status(Fail(ErrorCode::kIo, "down")) : Status());
        };
        if (in_threads) {
          threads.emplace_back(answer);
        } else {
          answer();
        }
      }
    };
  }
};

bool IsRight(std::uint64_t offset, std::span<const std::byte> bytes) {
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    if (bytes[k] != ByteAt(offset + k)) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("blocks are fetched once, in ever larger pieces where they are read in sequence") {
  FakeServer server;
  const std::uint64_t size = 300 * kBlock + 17;
  PieceCache cache(size, std::make_shared<PieceBudget>(64 << 20), server.Starter());
  std::vector<std::byte> out(100);
  CHECK_FALSE(cache.Holds(0, 1));
  REQUIRE(cache.Read(50, out));
  CHECK(IsRight(50, out));
  CHECK(server.requests == 1);
  CHECK(cache.Holds(50, PieceCache::kFirstAhead));
  CHECK_FALSE(cache.Holds(0, 51));
  REQUIRE(cache.Read(60, out));
  CHECK(server.requests == 1);
  for (std::uint64_t offset = 0; offset + out.size() <= size; offset += 4'000) {
    REQUIRE(cache.Read(offset, out));
    REQUIRE(IsRight(offset, out));
  }
  CHECK(server.requests < 12);
  std::vector<std::byte> tail(17);
  REQUIRE(cache.Read(size - 17, tail));
  CHECK(IsRight(size - 17, tail));
  std::vector<std::byte> all(size);
  REQUIRE(cache.Read(0, all));
  CHECK(IsRight(0, all));
  CHECK(server.bytes == size);
}

TEST_CASE("the head that opening brought is kept") {
  FakeServer server;
  std::vector<std::byte> head(3 * kBlock + 5);
  for (std::size_t k = 0; k < head.size(); ++k) head[k] = ByteAt(k);
  PieceCache cache(100 * kBlock, std::make_shared<PieceBudget>(64 << 20), server.Starter());
  cache.KeepHead(head);
  CHECK(cache.Holds(0, 3 * kBlock + 5));
  CHECK_FALSE(cache.Holds(0, 3 * kBlock + 6));
  PieceCache small(head.size(), std::make_shared<PieceBudget>(64 << 20), server.Starter());
  small.KeepHead(head);
  CHECK(small.Holds(0, head.size()));
  CHECK(server.requests == 0);
}

TEST_CASE("a failed fetch is told, not kept") {
  FakeServer server;
  PieceCache cache(10 * kBlock, std::make_shared<PieceBudget>(64 << 20), server.Starter());
  std::vector<std::byte> out(10);
  server.fails = true;
  auto failed = cache.Read(0, out);
  REQUIRE(!failed);
  CHECK(failed.error().code == ErrorCode::kIo);
  server.fails = false;
  REQUIRE(cache.Read(0, out));
  CHECK(IsRight(0, out));
}

TEST_CASE("prefetched ranges are merged, and TryRead takes what is there or on its way") {
  FakeServer server;
  PieceCache cache(100 * kBlock, std::make_shared<PieceBudget>(64 << 20), server.Starter());
  std::vector<ReadRequest> ranges;
  for (std::uint64_t block : {7u, 5u, 6u, 9u, 50u, 50u, 99u, 100u, 200u}) ranges.push_back({block * kBlock + 3, {}, 10});
  ranges.push_back({98 * kBlock, {}, ~0ull});
  cache.Prefetch(ranges, 2 * kBlock);
  CHECK(server.requests == 3);  // 5-9, 50, 98-99
  CHECK(server.bytes == 4 * kBlock + 10 + 10 + 2 * kBlock);
  std::vector<std::byte> out(kBlock);
  Status status;
  CHECK(cache.TryRead(6 * kBlock, out, status));
  CHECK(status);
  CHECK(IsRight(6 * kBlock, out));
  CHECK_FALSE(cache.TryRead(9 * kBlock, out, status));  // its first 13 bytes alone are there
  cache.Prefetch(ranges, 2 * kBlock);
  CHECK(server.requests == 3);
}

TEST_CASE("a full cache forgets and fetches again") {
  FakeServer server;
  PieceCache cache(1'000 * kBlock, std::make_shared<PieceBudget>(4 * kBlock), server.Starter());
  std::vector<std::byte> out(100);
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t block = 0; block < 1'000; block += 37) {
      REQUIRE(cache.Read(block * kBlock, out));
      REQUIRE(IsRight(block * kBlock, out));
    }
  }
  std::vector<std::byte> large(600 * kBlock);
  REQUIRE(cache.Read(kBlock, large));
  CHECK(IsRight(kBlock, large));
}

TEST_CASE("caches share a budget: the oldest piece goes, whichever cache has it") {
  FakeServer server;
  auto budget = std::make_shared<PieceBudget>(10 * PieceCache::kFirstAhead);
  auto a = std::make_unique<PieceCache>(1'000 * kBlock, budget, server.Starter());
  PieceCache b(1'000 * kBlock, budget, server.Starter());
  std::vector<std::byte> out(100);
  const std::uint64_t step = 100'000;  // no sequence
  for (std::uint64_t k = 0; k < 6; ++k) REQUIRE(a->Read(k * step, out));
  for (std::uint64_t k = 0; k < 6; ++k) REQUIRE(b.Read(k * step, out));
  CHECK(budget->bytes() <= 10 * PieceCache::kFirstAhead);
  CHECK_FALSE(a->Holds(0, 1));
  CHECK_FALSE(a->Holds(step, 1));
  CHECK(a->Holds(5 * step, 1));
  CHECK(b.Holds(0, 1));
  a = nullptr;
  CHECK(budget->bytes() == 6 * PieceCache::kFirstAhead);
  for (std::uint64_t k = 6; k < 10; ++k) REQUIRE(b.Read(k * step, out));
  CHECK(b.Holds(0, 1));
  CHECK(budget->bytes() == 10 * PieceCache::kFirstAhead);
}

TEST_CASE("many threads read through one cache") {
  FakeServer server;
  server.in_threads = true;
  std::atomic<int> wrong{0};
  {
    PieceCache cache(200 * kBlock, std::make_shared<PieceBudget>(1 << 20), [&, start = server.Starter(), mutex = std::make_shared<std::mutex>()](std::vector<PieceCache::Fetch> fetches) {
      std::lock_guard lock(*mutex);
      start(std::move(fetches));
    });
    std::vector<std::thread> readers;
    for (int reader = 0; reader < 4; ++reader) {
      readers.emplace_back([&, reader] {
        std::vector<std::byte> out(9'000);
        for (std::uint64_t k = 0; k < 200; ++k) {
          std::uint64_t offset = (k * 7'919 + static_cast<std::uint64_t>(reader) * 104'729) % (200 * kBlock - out.size());
          if (!cache.Read(offset, out) || !IsRight(offset, out)) ++wrong;
        }
      });
    }
    for (std::thread& reader : readers) reader.join();
  }
  for (std::thread& thread : server.threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("ranges are merged over small gaps, up to a length") {
  std::vector<std::byte> buffer(10'000);
  auto range = [&](std::uint64_t offset, std::size_t length) { return ReadRequest{offset, std::span(buffer).first(length)}; };
  std::vector<ReadRequest> ranges = {range(500, 100), range(0, 100), range(100, 50), range(160, 10), range(505, 20), range(9'000, 5'000), range(1, 0)};
  auto merged = MergeRanges(ranges, 10, 4'000);
  REQUIRE(merged.size() == 3);
  CHECK(merged[0].offset == 0);
  CHECK(merged[0].length == 170);
  CHECK(merged[0].wanted == std::vector<std::size_t>{1, 2, 3});
  CHECK(merged[1].length == 100);
  CHECK(merged[1].wanted == std::vector<std::size_t>{0, 4});
  CHECK(merged[2].length == 5'000);
  CHECK(MergeRanges(ranges, 0, 120).size() == 5);
}
