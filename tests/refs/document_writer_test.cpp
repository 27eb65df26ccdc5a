#include "refs/document_writer.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "refs/turns.h"

namespace rutter {
namespace {

/// "key": ["url", offset, length] as the simplest code writes it.
std::string Slowly(const std::vector<PlannedChunk>& chunks, const Shape& grid, bool zarr3) {
  std::string out;
  for (const PlannedChunk& chunk : chunks) {
    std::string suffix;
    std::uint64_t number = chunk.number;
    for (std::size_t k = grid.size(); k-- > 0;) {
      suffix = (k == 0 && !zarr3 ? "" : zarr3 ? "/" : ".") + std::to_string(number % grid[k]) + suffix;
      number /= grid[k];
    }
    out += out.empty() ? "\n" : ",\n";
    out += "\"a/" + std::string(zarr3 ? "c" : "") + suffix + "\": [\"u" + std::to_string(chunk.source) + "\"," + std::to_string(chunk.offset) + "," +
           std::to_string(chunk.length) + "]";
  }
  return out;
}

TEST_CASE("references of several threads come in the order of their chunks") {
  const std::vector<std::string> urls = {"\"u0\"", "\"u1\""};
  for (std::size_t count : {0, 1, 4096, 4097, 50'000}) {
    for (bool zarr3 : {false, true}) {
      std::vector<PlannedChunk> chunks;
      for (std::uint64_t i = 0; i < count; ++i) chunks.push_back({i * 3 + (i % 7 == 0 ? 1 : 0), ~i, i * i, static_cast<std::uint32_t>(i % 2)});
      std::string text;
      std::function<Status(std::string_view)> write = [&](std::string_view piece) -> Status {
        text += piece;
        return {};
      };
      DocumentWriter writer(write, true);
      REQUIRE(writer.References({"\"a/", zarr3, {1000, 31, 5}, urls}, chunks));
      REQUIRE(writer.Flush());
      CHECK(text == Slowly(chunks, {1000, 31, 5}, zarr3));
    }
  }
}

TEST_CASE("a failing sink ends the threads that write references") {
  const std::vector<std::string> urls = {"\"u\""};
  const std::vector<PlannedChunk> chunks(100'000);
  int calls = 0;
  std::function<Status(std::string_view)> write = [&](std::string_view) -> Status {
    if (++calls == 3) return Fail(ErrorCode::kIo, "full");
    return {};
  };
  DocumentWriter writer(write, true);
  Status status = writer.References({"\"a/", false, {1}, urls}, chunks);
  REQUIRE_FALSE(status);
  CHECK(status.error().code == ErrorCode::kIo);
  CHECK(calls == 3);
}

TEST_CASE("a scalar's chunk is 0, or c") {
  CHECK(DocumentWriter::ChunkSuffix({"", false, {}, {}}, {}) == "0");
  CHECK(DocumentWriter::ChunkSuffix({"", true, {}, {}}, {}) == "c");
}

TEST_CASE("turns: one that had nothing to do ends after those before it") {
  Turns turns;
  std::string order;
  std::jthread second([&] {
    turns.Done(1);
    turns.Wait(2);
    order += "2";
    turns.Done(2);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  REQUIRE(turns.Wait(0));
  order += "0";
  turns.Done(0);
  second.join();
  CHECK(order == "02");
}

TEST_CASE("turns: a scope that is left early fails those to come") {
  Turns turns;
  CHECK(turns.Wait(0));
  turns.Done(0);
  {
    Turns::Guard guard(turns);
    CHECK(turns.Wait(1));
  }
  CHECK_FALSE(turns.Wait(2));
}

}  // namespace
}  // namespace rutter
