// Slices that go to files in pieces: whole in every order of chunks, each chunk decoded at most twice, memory bounded.

#include "read/write_slice.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <thread>

#include "io/scratch_file.h"
#include "read/sample_arrays.h"
#include "read/slice_blocks.h"

using namespace rutter;
using namespace rutter::test;

namespace {

constexpr std::uint64_t kMemory = 1'100'000;  // less than what is read

WriteSliceOptions Bounded(bool with_scratch) {
  WriteSliceOptions options;
  options.read.max_memory_bytes = kMemory;
  options.read.threads = 2;
  if (with_scratch) options.scratch_folder = std::filesystem::temp_directory_path().string();
  return options;
}

Result<ByteList> Written(const Reader& reader, const Array& array, const Slice& slice, const WriteSliceOptions& options) {
  ByteList out;
  RUTTER_TRY(WriteSlice(reader, array, slice, options, [&](std::string_view bytes) -> Status {
    CHECK(bytes.size() <= kMemory);
    const auto piece = std::as_bytes(std::span(bytes));
    out.insert(out.end(), piece.begin(), piece.end());
    return {};
  }));
  return out;
}

}  // namespace

TEST_CASE("chunks across the order of the output are decoded once") {
  std::mt19937 random(41);
  struct Case {
    Shape shape, chunk;
    const char* slice;
  };
  for (const Case& each : {Case{{1500, 250}, {1500, 7}, "::-1"}, Case{{1500, 251}, {850, 11}, "5::3,::-2"}, Case{{20, 125, 150}, {20, 3, 150}, "...,1:-1"},
                           Case{{20, 125, 150}, {10, 125, 3}, "::-1,:-3"}}) {
    Layout layout;
    layout.encoded = true;
    layout.missing = 0.05;
    Sample sample = MakeChunked(MakeInteger(4, true, ByteOrder::kBig), each.shape, each.chunk, layout, random);
    auto trace = std::make_shared<Trace>();
    Reader reader(sample.pool(), Limits(), trace);
    const std::uint64_t chunks = Count(sample.array.ChunkGrid());
    auto whole = Written(reader, sample.array, WholeSlice(each.shape), Bounded(true));
    REQUIRE_MESSAGE(whole, whole.error().ToString());
    CHECK((*whole == sample.expected));
    CHECK(trace->chunks + trace->missing_chunks <= 2 * chunks);
    auto without = Written(reader, sample.array, WholeSlice(each.shape), Bounded(false));
    REQUIRE(without);
    CHECK((*without == sample.expected));
    for (const Slice& slice : {*ParseSlice(each.slice, each.shape), RandomSlice(each.shape, random), RandomSlice(each.shape, random)}) {
      auto part = Written(reader, sample.array, slice, Bounded(true));
      REQUIRE(part);
      CHECK((*part == NaiveSlice(sample.expected, each.shape, slice, 4)));
    }
  }
}

TEST_CASE("a chunk that does not fit the memory is an error that says what it takes") {
  std::mt19937 random(42);
  Layout layout;
  layout.encoded = true;
  Sample sample = MakeChunked(MakeInteger(8, true), {100'000}, {100'000}, layout, random);
  Reader reader(sample.pool(), Limits());
  auto written = Written(reader, sample.array, WholeSlice({100'000}), Bounded(true));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == ErrorCode::kLimit);
}

TEST_CASE("a slice goes into a part of a larger box") {
  std::mt19937 random(43);
  Layout layout;
  layout.encoded = true;
  Sample sample = MakeChunked(MakeInteger(2, true), {20, 30}, {6, 7}, layout, random);
  Reader reader(sample.pool(), Limits());
  Slice slice = *ParseSlice("3:15:2,20:4:-3", {20, 30});
  ByteList expected = NaiveSlice(sample.expected, {20, 30}, slice, 2), out(9 * 10 * 2, std::byte{0xAB});
  REQUIRE(reader.ReadSpread(sample.array, slice, {9, 10}, std::span(out).subspan(2 * 2)));
  const std::uint64_t rows = slice.axes[0].count, columns = slice.axes[1].count;
  for (std::uint64_t i = 0; i < 9; ++i) {
    for (std::uint64_t j = 0; j < 10; ++j) {
      for (std::uint64_t b = 0; b < 2; ++b) {
        const bool inside = i < rows && j >= 2 && j - 2 < columns;
        CHECK(out[(i * 10 + j) * 2 + b] == (inside ? expected[(i * columns + j - 2) * 2 + b] : std::byte{0xAB}));
      }
    }
  }
  CHECK(reader.ReadSpread(sample.array, slice, {2, 10}, out).error().code == ErrorCode::kInvalidArgument);
  CHECK(reader.ReadSpread(sample.array, slice, {9, 10}, std::span(out).first(40)).error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("a write is cancelled by another thread") {
  std::mt19937 random(44);
  Layout layout;
  layout.encoded = true;
  Sample sample = MakeChunked(MakeInteger(4, true), {1500, 250}, {1500, 7}, layout, random);
  Reader reader(sample.pool(), Limits());
  std::atomic<bool> cancel{false}, has_ended{false};
  std::atomic<std::uint64_t> progress{0};
  WriteSliceOptions options = Bounded(true);
  options.read.cancel = &cancel;
  options.read.progress_bytes = &progress;
  std::thread canceller([&] {
    while (progress.load() == 0 && !has_ended) std::this_thread::yield();
    cancel = true;
  });
  // Whatever was read before, nothing is written once the flag is seen; the last pieces may have gone out before it was set.
  auto written = Written(reader, sample.array, WholeSlice(sample.array.shape), options);
  has_ended = true;
  canceller.join();
  if (!written) CHECK(written.error().code == ErrorCode::kCancelled);
  options.read.progress_bytes = nullptr;
  auto again = Written(reader, sample.array, WholeSlice(sample.array.shape), options);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::kCancelled);
}

TEST_CASE("a scratch file gives back what was appended") {
  auto file = ScratchFile::Create(std::filesystem::temp_directory_path().string());
  REQUIRE(file);
  ByteList first(1000, std::byte{1}), second(500, std::byte{2}), out(600);
  REQUIRE((*file)->Append(first));
  REQUIRE((*file)->Append(second));
  CHECK((*file)->size() == 1500);
  REQUIRE((*file)->ReadAt(900, out));
  CHECK(out[99] == std::byte{1});
  CHECK(out[100] == std::byte{2});
  CHECK_FALSE((*file)->ReadAt(1000, out));
  CHECK(ScratchFile::Create("/no/such/folder").error().code == ErrorCode::kIo);
}
