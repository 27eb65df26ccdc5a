// Decoded chunks that are kept: the same bytes, fewer decodings, bounded, one decoding for all who wait.

#include <doctest/doctest.h>

#include <thread>

#include "read/chunk_cache.h"
#include "read/sample_arrays.h"

using namespace rutter;
using namespace rutter::test;

namespace {

constexpr std::uint64_t kChunkBytes = 16 * 9 * 4;

Sample Encoded(std::mt19937& random, double masked = 0) {
  Layout layout;
  layout.encoded = true;
  layout.missing = 0.1;
  layout.masked = masked;
  return MakeChunked(MakeInteger(4, true, ByteOrder::kBig), {300, 70}, {16, 9}, layout, random);
}

/// Reads a slice, checks it, and tells what it cost.
ReadStatistics Cost(const Reader& reader, const Sample& sample, const Slice& slice, const ReadOptions& options = {}) {
  ByteList out(slice.NumElements() * 4);
  ReadStatistics statistics;
  CHECK(reader.Read(sample.array, slice, out, options, &statistics));
  CHECK((out == NaiveSlice(sample.expected, sample.array.shape, slice, 4)));
  return statistics;
}

DecodedChunk Chunk(std::size_t bytes) { return std::shared_ptr<std::byte[]>(new std::byte[bytes]()); }

}  // namespace

TEST_CASE("a chunk that was read in part is not decoded again") {
  std::mt19937 random(5);
  Sample sample = Encoded(random);
  Reader reader(sample.pool(), Limits(), nullptr, 1 << 20);
  const Slice row = {{{20, 1, 1, true}, {0, 70, 1, false}}};
  const auto first = Cost(reader, sample, row);
  CHECK(first.kept_chunks == 0);
  const auto again = Cost(reader, sample, row);
  CHECK(again.chunks == first.chunks);
  CHECK(again.kept_chunks == first.chunks);
  CHECK(again.bytes_decoded == 0);
  CHECK(again.requests == 0);
  // Another row of the same chunks, and the whole array, take what is there.
  CHECK(Cost(reader, sample, {{{31, 1, -1, true}, {69, 70, -1, false}}}).bytes_decoded == 0);
  CHECK(Cost(reader, sample, WholeSlice(sample.array.shape)).kept_chunks == first.chunks);
  // Where the caller wants none of it, everything is decoded.
  ReadOptions fresh;
  fresh.keep_chunks = false;
  CHECK(Cost(reader, sample, row, fresh).kept_chunks == 0);
}

TEST_CASE("random slices through a cache of any size give the same bytes") {
  std::mt19937 random(6);
  for (std::uint64_t capacity : {std::uint64_t{1}, kChunkBytes, 5 * kChunkBytes, std::uint64_t{1} << 20}) {
    CAPTURE(capacity);
    Sample sample = Encoded(random, 0.3);
    Reader reader(sample.pool(), Limits(), nullptr, capacity);
    for (int round = 0; round < 40; ++round) {
      ReadOptions options;
      options.threads = 1 + round % 3;
      Cost(reader, sample, RandomSlice(sample.array.shape, random), options);
    }
  }
}

TEST_CASE("a long pass over whole chunks keeps nothing") {
  std::mt19937 random(7);
  Sample sample = Encoded(random);
  Reader reader(sample.pool(), Limits(), nullptr, 40 * kChunkBytes);
  Cost(reader, sample, WholeSlice(sample.array.shape));
  CHECK(Cost(reader, sample, WholeSlice(sample.array.shape)).kept_chunks == 0);
}

TEST_CASE("an edge chunk that its writer cut short serves reads of what is there") {
  // One chunk of 8 numbers over an array of 5, of which 3 were stored.
  ByteList file = Deflate(ByteList(12, std::byte{7}));
  Sample sample;
  sample.array.dtype = MakeInteger(4, true);
  sample.array.shape = {5};
  sample.array.chunk_shape = {8};
  sample.array.codecs = {ShuffleDeflate(4)[1]};
  TableIndex::Row row;
  row.length = file.size();
  sample.array.index = std::make_shared<TableIndex>(Shape{1}, std::vector<TableIndex::Row>{row}, ByteList());
  sample.sources = {std::make_shared<HiddenSource>(std::move(file))};
  Reader reader(sample.pool(), Limits(), nullptr, 1 << 20);
  ByteList out(12);
  for (int round = 0; round < 2; ++round) {
    CHECK(reader.Read(sample.array, {{{0, 3, 1, false}}}, out));
    CHECK((out == ByteList(12, std::byte{7})));
    ByteList more(20);
    CHECK(reader.Read(sample.array, WholeSlice({5}), more).error().code == ErrorCode::kCorrupt);
  }
}

TEST_CASE("the oldest chunks go first, and the bytes are bounded") {
  ChunkCache cache(300);
  auto index = std::make_shared<EmptyIndex>();
  auto key = [&](std::uint64_t offset) { return ChunkCache::Key{index, 0, 0, offset, 10, 100}; };
  for (std::uint64_t offset : {1, 2, 3}) cache.FindOrClaim(key(offset)).claim.Keep(Chunk(100));
  CHECK(cache.Find(key(1)) != nullptr);  // now the newest
  cache.FindOrClaim(key(4)).claim.Keep(Chunk(100));
  CHECK(cache.Find(key(2)) == nullptr);
  for (std::uint64_t offset : {1, 3, 4}) CHECK(cache.Find(key(offset)) != nullptr);
  // One that is larger than the cache is handed out, not kept.
  ChunkCache::Key large{index, 0, 0, 9, 10, 1000};
  cache.FindOrClaim(large).claim.Keep(Chunk(1000));
  CHECK(cache.Find(large) == nullptr);
}

TEST_CASE("a claim that ends without a chunk lets the next one try") {
  ChunkCache cache(1000);
  ChunkCache::Key key{std::make_shared<EmptyIndex>(), 0, 0, 1, 10, 100};
  {
    auto answer = cache.FindOrClaim(key);
    CHECK(answer.claim);
    auto second = cache.FindOrClaim(key);
    CHECK_FALSE(second.claim);
    CHECK(second.chunk == nullptr);
    std::atomic<bool> cancel{true};
    CHECK(cache.Await(key, &cancel).error().code == ErrorCode::kCancelled);
  }
  CHECK(*cache.Await(key, nullptr) == nullptr);
  CHECK(cache.FindOrClaim(key).claim);
}

TEST_CASE("threads that want the same chunks decode each once") {
  std::mt19937 random(8);
  Sample sample = Encoded(random);
  Reader reader(sample.pool(), Limits(), nullptr, 1 << 20);
  const auto whole = Cost(Reader(sample.pool(), Limits()), sample, WholeSlice(sample.array.shape));
  std::atomic<std::uint64_t> decoded{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      ReadOptions options;
      options.threads = 2;
      for (std::uint64_t row = 0; row < 300; row += 5) {
        const Slice slice = {{{(row + static_cast<std::uint64_t>(t)) % 300, 1, 1, true}, {0, 70, 1, false}}};
        ByteList out(280);
        ReadStatistics statistics;
        bool right = reader.Read(sample.array, slice, out, options, &statistics).has_value();
        if (!right || out != NaiveSlice(sample.expected, sample.array.shape, slice, 4)) ++wrong;
        decoded += statistics.bytes_decoded;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
  CHECK(decoded == whole.bytes_decoded);
}
