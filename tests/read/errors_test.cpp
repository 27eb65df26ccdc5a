// What a read refuses, what it counts, and when it stops.

#include <doctest/doctest.h>

#include "read/sample_arrays.h"

using namespace rutter;
using namespace rutter::test;

namespace {

Sample Whole(const Shape& shape, const Shape& chunk, bool encoded) {
  std::mt19937 random(7);
  Layout layout;
  layout.encoded = encoded;
  return MakeChunked(MakeInteger(2, true), shape, chunk, layout, random);
}

Status ReadAll(const Sample& sample, const ReadOptions& options = {}, ReadStatistics* statistics = nullptr, Limits limits = Limits()) {
  Reader reader(sample.pool(), limits);
  ByteList out(sample.expected.size());
  return reader.Read(sample.array, WholeSlice(sample.array.shape), out, options, statistics);
}

ErrorCode CodeOf(const Status& status) { return status ? ErrorCode{} : status.error().code; }

std::shared_ptr<TableIndex> Table(const Shape& grid, std::vector<TableIndex::Row> rows) { return std::make_shared<TableIndex>(grid, std::move(rows), ByteList()); }

}  // namespace

TEST_CASE("the output must be exact and the slice inside the array") {
  Sample sample = Whole({20, 6}, {5, 3}, true);
  Reader reader(sample.pool(), Limits());
  ByteList out(100);
  CHECK(CodeOf(reader.Read(sample.array, WholeSlice({20, 6}), out)) == ErrorCode::kInvalidArgument);
  out.resize(8);
  CHECK(CodeOf(reader.Read(sample.array, {{{19, 2, 1, false}, {0, 2, 1, false}}}, out)) == ErrorCode::kInvalidArgument);
  CHECK(CodeOf(reader.Read(sample.array, {{{0, 2, -1, false}, {0, 2, 1, false}}}, out)) == ErrorCode::kInvalidArgument);
  CHECK(CodeOf(reader.Read(sample.array, {{{0, 2, 0, false}, {0, 2, 1, false}}}, out)) == ErrorCode::kInvalidArgument);
  CHECK(CodeOf(reader.Read(sample.array, {{{0, 4, 1, false}}}, out)) == ErrorCode::kInvalidArgument);
  CHECK(CodeOf(reader.Read(sample.array, {{{0, 2, INT64_MAX, false}, {0, 2, 1, false}}}, out)) == ErrorCode::kInvalidArgument);
  CHECK(CodeOf(reader.Read(sample.array, {{{1, 2, INT64_MIN, false}, {0, 2, 1, false}}}, out)) == ErrorCode::kInvalidArgument);
  sample.array.dtype = MakeVlenString(CharSet::kUtf8);
  CHECK(CodeOf(reader.Read(sample.array, {{{0, 2, 1, false}, {0, 2, 1, false}}}, out)) == ErrorCode::kInvalidArgument);
}

TEST_CASE("an empty selection of an immense shape") {
  Sample sample = Whole({4, 4}, {2, 2}, true);
  sample.array.shape = {1ull << 60, 0, 1ull << 60};
  sample.array.chunk_shape = {1, 1, 1};
  Reader reader(sample.pool(), Limits());
  CHECK(reader.Read(sample.array, WholeSlice(sample.array.shape), {}));
}

TEST_CASE("damaged chunks are typed errors that say where") {
  Sample sample = Whole({16}, {4}, true);
  sample.array.index = Table({4}, {{0, 0, 3, 0, 0}});
  auto status = ReadAll(sample);
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::kCorrupt);
  CHECK(status.error().where.structure == "chunk [0]");
  CHECK(status.error().where.source == "hidden.bin");
  sample.array.index = Table({4}, {{2, 50, 1 << 20, 0, 0}});
  CHECK(CodeOf(ReadAll(sample)) == ErrorCode::kTruncated);
  sample.array.index = Table({4}, {{2, ~0ull - 3, 10, 0, 0}});
  CHECK(CodeOf(ReadAll(sample)) == ErrorCode::kTruncated);
  sample.array.index = Table({4}, {{1, 0, 10, 9, 0}});
  CHECK(CodeOf(ReadAll(sample)) == ErrorCode::kCorrupt);  // source 9
}

TEST_CASE("a raw chunk that is too short gives what it holds and no more") {
  Sample sample = Whole({10}, {4}, false);
  sample.array.index = Table({3}, {{0, 0, 8, 0, 0}, {1, 8, 8, 0, 0}, {2, 16, 4, 0, 0}});
  CHECK(ReadAll(sample));  // elements 8 and 9 are all that the last chunk needs
  sample.array.index = Table({3}, {{0, 0, 8, 0, 0}, {1, 8, 7, 0, 0}, {2, 16, 4, 0, 0}});
  CHECK(CodeOf(ReadAll(sample)) == ErrorCode::kTruncated);
}

TEST_CASE("chunk bytes and memory are bounded") {
  Sample sample = Whole({64}, {16}, true);
  Limits limits;
  limits.chunk_bytes = 31;
  CHECK(CodeOf(ReadAll(sample, {}, nullptr, limits)) == ErrorCode::kLimit);
  ReadOptions options;
  options.max_memory_bytes = 1000;
  CHECK(CodeOf(ReadAll(sample, options)) == ErrorCode::kLimit);
  sample.array.chunk_shape = {1ull << 62};
  CHECK(CodeOf(ReadAll(sample)) == ErrorCode::kCorrupt);
  sample.array.chunk_shape = {0};
  CHECK(CodeOf(ReadAll(sample)) == ErrorCode::kCorrupt);
}

TEST_CASE("an unknown codec is named, time types are refused") {
  Sample sample = Whole({16}, {4}, true);
  sample.array.codecs[1] = {};
  sample.array.codecs[1].hdf5_filter = 32'024;
  auto status = ReadAll(sample);
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::kUnsupported);
  CHECK(status.error().message.find("32024") != std::string::npos);
  auto time = std::make_shared<Dtype>();
  time->type_class = TypeClass::kTime;
  time->size_bytes = 2;
  sample = Whole({16}, {4}, true);
  sample.array.dtype = time;
  CHECK(CodeOf(ReadAll(sample)) == ErrorCode::kUnsupported);
}

TEST_CASE("statistics are exact") {
  std::mt19937 random(9);
  Sample sample = Whole({40, 30}, {8, 10}, true);
  auto* source = dynamic_cast<HiddenSource*>(sample.sources[0].get());
  ReadStatistics statistics;
  REQUIRE(ReadAll(sample, {}, &statistics));
  CHECK(statistics.chunks == 15);
  CHECK(statistics.missing_chunks == 0);
  CHECK(statistics.requests == 15);
  CHECK(statistics.bytes_decoded == 40 * 30 * 2);
  CHECK(statistics.bytes_read == *sample.array.index->StoredBytes());
  CHECK(source->bytes_read() == statistics.bytes_read);
  // One element: one chunk.
  Reader reader(sample.pool(), Limits());
  ByteList out(2);
  REQUIRE(reader.Read(sample.array, {{{9, 1, 1, true}, {11, 1, 1, true}}}, out, {}, &statistics));
  CHECK(statistics.chunks == 1);
  CHECK(statistics.requests == 1);
  // Every ninth row of the first column: rows 0, 9, 18, 27, 36 lie in five chunks.
  out.resize(10);
  REQUIRE(reader.Read(sample.array, {{{0, 5, 9, false}, {0, 1, 1, true}}}, out, {}, &statistics));
  CHECK(statistics.chunks == 5);
}

TEST_CASE("flat arrays are read byte by byte as wanted, gaps of a page at most") {
  ByteList file(1 << 20);
  auto source = std::make_shared<HiddenSource>(file);
  Array array;
  array.dtype = MakeInteger(2, true);
  array.shape = {100, 5000};
  array.chunk_shape = array.shape;
  array.index = std::make_shared<FlatIndex>(std::vector<Extent>{{0, 0, 48'576, 1'000'000}}, std::vector<std::uint64_t>{10'000, 2}, array.shape, array.shape, 2);
  Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{source}), Limits());
  ReadStatistics statistics;
  ByteList out(1920);
  REQUIRE(reader.Read(array, {{{7, 1, 1, true}, {1000, 960, 1, false}}}, out, {}, &statistics));
  CHECK(statistics.bytes_read == 1920);
  CHECK(statistics.requests == 1);
  CHECK(statistics.chunks == 0);
  // One column: rows are 10,000 bytes apart, farther than a gap that is read over.
  out.resize(200);
  REQUIRE(reader.Read(array, {{{0, 100, 1, false}, {3, 1, 1, true}}}, out, {}, &statistics));
  CHECK(statistics.bytes_read == 200);
  CHECK(statistics.requests == 100);
  // Every second element of one row comes in one request.
  out.resize(5000);
  REQUIRE(reader.Read(array, {{{0, 1, 1, true}, {0, 2500, 2, false}}}, out, {}, &statistics));
  CHECK(statistics.requests == 1);
  CHECK(statistics.bytes_read == 9998);
  CHECK(source->bytes_read() == 1920 + 200 + 9998);
}

TEST_CASE("bytes of no extent read as the fill value, strides beyond every address are corrupt") {
  Array array;
  array.dtype = MakeInteger(2, true);
  array.shape = {6};
  array.chunk_shape = {6};
  array.fill_value = {std::byte{7}, std::byte{1}};
  array.index = std::make_shared<FlatIndex>(std::vector<Extent>{{0, 0, 0, 4}, {8, 0, 4, 2}}, std::vector<std::uint64_t>{2}, array.shape, array.shape, 2);
  auto pool = std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{std::make_shared<HiddenSource>(ByteList(6, std::byte{1}))});
  Reader reader(pool, Limits());
  ByteList out(12);
  REQUIRE(reader.Read(array, WholeSlice(array.shape), out));
  ByteList one(2, std::byte{1}), expected;
  for (const ByteList* element : {&one, &one, &array.fill_value, &array.fill_value, &one, &array.fill_value}) expected.insert(expected.end(), element->begin(), element->end());
  CHECK((out == expected));
  array.index = std::make_shared<FlatIndex>(std::vector<Extent>{{0, 0, 0, 4}}, std::vector<std::uint64_t>{~0ull / 3}, array.shape, array.shape, 2);
  CHECK(CodeOf(reader.Read(array, WholeSlice(array.shape), out)) == ErrorCode::kCorrupt);
}

TEST_CASE("a read that is cancelled ends") {
  Sample sample = Whole({4000}, {4}, true);
  std::atomic<bool> cancel{true};
  ReadOptions options;
  options.cancel = &cancel;
  for (unsigned threads : {1u, 4u}) {
    options.threads = threads;
    CHECK(CodeOf(ReadAll(sample, options)) == ErrorCode::kCancelled);
  }
}

TEST_CASE("a chunk that an index reports twice or unasked is refused") {
  class Odd : public ChunkIndex {
   public:
    explicit Odd(std::uint64_t chunk, int times) : chunk_(chunk), times_(times) {}
    const char* kind() const override { return "odd"; }
    Status Locate(const Box&, const ChunkSink& sink) const override {
      ChunkRef chunk;
      chunk.length = 8;
      chunk.filter_mask = ~0u;
      for (int i = 0; i < times_; ++i) {
        if (auto status = sink({&chunk_, 1}, chunk); !status) return status;
      }
      return {};
    }

   private:
    std::uint64_t chunk_;
    int times_;
  };
  Sample sample = Whole({16}, {4}, true);
  sample.array.index = std::make_shared<Odd>(0, 1);
  CHECK(ReadAll(sample));
  sample.array.index = std::make_shared<Odd>(0, 2);
  CHECK(CodeOf(ReadAll(sample)) == ErrorCode::kCorrupt);
  sample.array.index = std::make_shared<Odd>(4, 1);
  CHECK(!ReadAll(sample));
}

TEST_CASE("sparse steps over an immense array visit only their own chunks") {
  Array array;
  array.dtype = MakeInteger(2, true);
  array.shape = {1ull << 60, 1ull << 40};
  array.chunk_shape = {1, 100};
  array.index = std::make_shared<EmptyIndex>();
  array.fill_value = {std::byte{9}, std::byte{0}};
  Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{}), Limits());
  ByteList out(16 * 3 * 2);
  ReadStatistics statistics;
  REQUIRE(reader.Read(array, {{{5, 16, 1ll << 50, false}, {7, 3, 1ll << 30, false}}}, out, {}, &statistics));
  CHECK(statistics.missing_chunks == 48);
  for (std::size_t i = 0; i < out.size(); i += 2) CHECK(out[i] == std::byte{9});
}

TEST_CASE("ReadStored keeps the stored form, ReadChunk fills the overhang") {
  Array array;
  array.dtype = MakeInteger(2, true, ByteOrder::kBig);
  array.shape = {3, 2};
  array.chunk_shape = {2, 2};
  array.column_major = true;
  array.fill_value = {std::byte{0}, std::byte{99}};
  ByteList file;
  for (int i : {1, 3, 2, 4, 5, 77, 6, 77}) file.insert(file.end(), {std::byte{0}, static_cast<std::byte>(i)});
  array.index = Table({2, 1}, {{0, 0, 8, 0, 0}, {1, 8, 8, 0, 0}});
  Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{std::make_shared<HiddenSource>(file)}), Limits());
  auto low = [](const ByteList& bytes) {
    std::vector<int> numbers;
    for (std::size_t i = 1; i < bytes.size(); i += 2) numbers.push_back(std::to_integer<int>(bytes[i]));
    return numbers;
  };
  CHECK(low(*reader.ReadStored(array, 100)) == std::vector<int>{1, 2, 3, 4, 5, 6});
  CHECK(reader.ReadStored(array, 11).error().code == ErrorCode::kLimit);
  CHECK(low(*reader.ReadChunk(array, {0, 0})) == std::vector<int>{1, 2, 3, 4});
  CHECK(low(*reader.ReadChunk(array, {1, 0})) == std::vector<int>{5, 6, 99, 99});
  CHECK(reader.ReadChunk(array, {2, 0}).error().code == ErrorCode::kInvalidArgument);
  CHECK(reader.ReadChunk(array, {0}).error().code == ErrorCode::kInvalidArgument);
  auto values = reader.ReadValues(array, 6);
  REQUIRE(values);
  CHECK(*(*values)[5].As<std::int64_t>() == 6);
  CHECK(reader.ReadValues(array, 5).error().code == ErrorCode::kLimit);
}
