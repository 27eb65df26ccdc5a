#include "model/chunk_index.h"

#include <doctest/doctest.h>

#include "model/map.h"

using namespace rutter;

TEST_CASE("flat chunks divide the axis") {
  CHECK(ChooseFlatChunks({100, 4}, 2, 1 << 20) == Shape{100, 4});
  Shape recording = ChooseFlatChunks({5592405, 384}, 2, 1 << 20);
  CHECK(5592405 % recording[0] == 0);
  CHECK(recording[0] * 768 <= 4 << 20);
  CHECK(recording[0] * 768 >= 256 << 10);
  CHECK(ChooseFlatChunks({}, 8) == Shape{});
  CHECK(ChooseFlatChunks({0, 3}, 8) == Shape{1, 3});
  Shape wide = ChooseFlatChunks({3, 1ull << 40}, 8);
  CHECK(wide[0] == 1);
  CHECK(wide[1] * 8 <= 1 << 20);
}

TEST_CASE("a flat index finds whole chunks and refuses broken ones") {
  FlatIndex index({{0, 0, 512, 48}, {48, 1, 0, 48}}, {16, 4}, {6, 4}, {2, 4}, 4);
  std::vector<std::pair<std::uint32_t, std::uint64_t>> found;
  auto sink = [&](std::span<const std::uint64_t>, const ChunkRef& chunk) -> Status {
    found.emplace_back(chunk.source, chunk.offset);
    return {};
  };
  // Chunk 1 covers stream bytes 32 to 64: over both files.
  CHECK(index.Locate({{0, 0}, {1, 1}}, sink));
  CHECK(index.Locate({{2, 0}, {1, 1}}, sink));
  auto status = index.Locate({{1, 0}, {1, 1}}, sink);
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::kUnsupported);
  CHECK(found == std::vector<std::pair<std::uint32_t, std::uint64_t>>{{0, 512}, {1, 16}});
}

TEST_CASE("a table finds the same chunks by look-up and by walk") {
  std::vector<TableIndex::Row> rows;
  for (std::uint64_t i = 0; i < 1000; i += 3) rows.push_back({i, i * 10, 10, 0, 0});
  TableIndex index({10, 100}, rows, {});
  for (Box box : {Box{{2, 30}, {1, 2}}, Box{{0, 0}, {10, 100}}, Box{{3, 10}, {5, 60}}}) {
    std::vector<std::uint64_t> found, expected;
    REQUIRE(index.Locate(box, [&](std::span<const std::uint64_t> at, const ChunkRef& chunk) -> Status {
      CHECK(chunk.offset == (at[0] * 100 + at[1]) * 10);
      found.push_back(at[0] * 100 + at[1]);
      return {};
    }));
    for (std::uint64_t y = box.start[0]; y < box.start[0] + box.shape[0]; ++y) {
      for (std::uint64_t x = box.start[1]; x < box.start[1] + box.shape[1]; ++x) {
        if ((y * 100 + x) % 3 == 0) expected.push_back(y * 100 + x);
      }
    }
    CHECK(found == expected);
  }
}
