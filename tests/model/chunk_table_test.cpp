// Packed rows give back what was put in: runs, jumps, masks, inline data, any order, repeated chunks, tables joined.

#include "model/chunk_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

using namespace rutter;

namespace {

bool Same(const ChunkRow& a, const ChunkRow& b) {
  return a.chunk == b.chunk && a.offset == b.offset && a.length == b.length && a.source == b.source && a.filter_mask == b.filter_mask;
}

/// What a finished table must hold: for each chunk the last row that was appended.
std::vector<ChunkRow> Expected(const std::vector<ChunkRow>& rows) {
  std::map<std::uint64_t, ChunkRow> last;
  for (const ChunkRow& row : rows) last[row.chunk] = row;
  std::vector<ChunkRow> out;
  for (const auto& [chunk, row] : last) out.push_back(row);
  return out;
}

void CheckHolds(const ChunkTable& table, const std::vector<ChunkRow>& expected, std::uint64_t num_cells) {
  std::vector<ChunkRow> found;
  REQUIRE(table.ForEach(0, ~0ull, [&](const ChunkRow& row) -> Status {
    found.push_back(row);
    return {};
  }));
  REQUIRE(found.size() == expected.size());
  CHECK(table.num_rows() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) REQUIRE(Same(found[i], expected[i]));
  for (const ChunkRow& row : expected) {
    auto single = table.Find(row.chunk);
    REQUIRE(single);
    REQUIRE(Same(*single, row));
  }
  std::size_t at = 0;
  for (std::uint64_t chunk = 0; chunk < std::min<std::uint64_t>(num_cells, 5000); ++chunk) {
    while (at < expected.size() && expected[at].chunk < chunk) ++at;
    bool there = at < expected.size() && expected[at].chunk == chunk;
    REQUIRE(table.Find(chunk).has_value() == there);
  }
}

/// Rows of many kinds, by a seed: long regular runs, packed neighbours, jumps, many sources, masks, inline data.
std::vector<ChunkRow> RandomRows(unsigned seed, std::uint64_t cells) {
  std::mt19937_64 random(seed);
  std::vector<ChunkRow> rows;
  std::uint64_t chunk = 0;
  auto below = [&](std::uint64_t n) { return random() % n; };
  while (chunk < cells) {
    std::uint64_t run = 1 + below(300);
    ChunkRow row{chunk, below(4) == 0 ? random() : below(1 << 30), 1 + below(1 << 20), static_cast<std::uint32_t>(below(3) * below(1000)), below(5) == 0 ? 1u : 0u};
    if (below(10) == 0) row.source = ChunkTable::kInline;
    std::uint64_t kind = below(5), step = kind == 4 ? 0 - below(5000) : below(5000);
    for (std::uint64_t i = 0; i < run && chunk < cells; ++i) {
      row.chunk = chunk;
      rows.push_back(row);
      row.offset += kind == 0 ? row.length : kind == 1 ? random() : step;
      if (kind != 2 && kind != 4) row.length = 1 + below(kind == 3 ? ~0ull : 3000);
      if (below(40) == 0) row.source = static_cast<std::uint32_t>(below(100'000));
      if (below(60) == 0) row.filter_mask ^= 2;
      chunk += kind == 2 || below(30) != 0 ? 1 : below(50);
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("a chunk table holds the rows that were appended in order") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::uint64_t cells = seed < 10 ? seed : seed * 100;
    auto rows = RandomRows(seed, cells);
    ChunkTable table;
    for (const ChunkRow& row : rows) table.Append(row);
    REQUIRE(table.Finish(cells + 50));
    CheckHolds(table, Expected(rows), cells);
  }
}

TEST_CASE("a chunk table sorts its rows; the last of several for one chunk counts") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::uint64_t cells = 1 + seed * 50;
    auto rows = RandomRows(seed, cells);
    std::mt19937_64 random(seed);
    if (seed % 4 == 0) std::reverse(rows.begin(), rows.end());
    if (seed % 4 == 1) std::shuffle(rows.begin(), rows.end(), random);
    if (seed % 4 >= 2) {
      auto again = RandomRows(seed + 1000, cells);
      rows.insert(rows.end(), again.begin(), again.end());
    }
    // A grid that is full, and one that is nearly empty, are sorted in different ways.
    for (std::uint64_t grid : {cells + 50, ~std::uint64_t{0}}) {
      ChunkTable table;
      for (const ChunkRow& row : rows) table.Append(row);
      REQUIRE(table.Finish(grid));
      CheckHolds(table, Expected(rows), cells);
    }
  }
}

TEST_CASE("chunk tables are joined: sources are translated, inline data moves") {
  for (unsigned seed = 0; seed < 30; ++seed) {
    auto first = RandomRows(seed, 700), second = RandomRows(seed + 100, 900);
    std::vector<std::uint32_t> sources(100'000);
    for (std::uint32_t i = 0; i < sources.size(); ++i) sources[i] = seed % 2 == 0 ? i + 7 : (i * 7919) % 100'000;
    ChunkTable table, other;
    for (ChunkRow& row : second) row.chunk += seed % 3 == 0 ? 0 : 1000;
    for (const ChunkRow& row : first) table.Append(row);
    for (const ChunkRow& row : second) other.Append(row);
    table.Append(std::move(other), sources, 12'345);
    ChunkRow behind{5'000, 1, 2, 3, 0};
    table.Append(behind);
    REQUIRE(table.Finish(6'000));
    auto all = first;
    for (ChunkRow row : second) {
      if (row.source == ChunkTable::kInline) {
        row.offset += 12'345;
      } else {
        row.source = sources[row.source];
      }
      all.push_back(row);
    }
    all.push_back(behind);
    CheckHolds(table, Expected(all), 6'000);
  }
}

TEST_CASE("regular runs are formulas, whatever their length; other rows take a few bytes") {
  ChunkTable regular, packed;
  std::uint64_t offset = 8192;
  std::mt19937_64 random(1);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    regular.Append({i, 4096 + i * 1000, 900, 0, 0});
    std::uint64_t length = 4000 + random() % 3000;
    packed.Append({i, offset, length, static_cast<std::uint32_t>(i / 400), 0});
    offset = i % 400 == 399 ? 8192 : offset + length;
  }
  REQUIRE(regular.Finish(100'000));
  REQUIRE(packed.Finish(100'000));
  CHECK(regular.bytes() < 256);
  CHECK(packed.bytes() < 100'000 * 5);
}

TEST_CASE("a chunk outside the grid is corrupt") {
  ChunkTable table;
  for (std::uint64_t i = 0; i < 100; ++i) table.Append({i, i, 1, 0, 0});
  CHECK_FALSE(table.Finish(99));
}
