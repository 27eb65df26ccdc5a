#include "read/slice.h"

#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>

using namespace rutter;

namespace {

/// The indices that Python's slice(start, stop, step).indices(extent) walks, by its definition.
std::vector<std::uint64_t> PythonRange(std::optional<long> start, std::optional<long> stop, long step, long extent) {
  auto clip = [&](long at) {
    if (at < 0) at += extent;
    long low = step < 0 ? -1 : 0, high = step < 0 ? extent - 1 : extent;
    return std::min(std::max(at, low), high);
  };
  long from = start ? clip(*start) : step < 0 ? extent - 1 : 0;
  long to = stop ? clip(*stop) : step < 0 ? -1 : extent;
  std::vector<std::uint64_t> indices;
  for (long i = from; step < 0 ? i > to : i < to; i += step) indices.push_back(static_cast<std::uint64_t>(i));
  return indices;
}

std::string Problem(std::string_view text, const Shape& shape) {
  auto slice = ParseSlice(text, shape);
  if (slice) return "";
  CHECK(slice.error().code == ErrorCode::kInvalidArgument);
  return slice.error().message;
}

}  // namespace

TEST_CASE("slices of one axis are Python's") {
  std::mt19937 random(3);
  auto bound = [&](long extent) -> std::optional<long> {
    if (random() % 4 == 0) return std::nullopt;
    return static_cast<long>(random() % static_cast<unsigned long>(4 * extent + 5)) - 2 * extent - 2;
  };
  for (int round = 0; round < 20'000; ++round) {
    long extent = static_cast<long>(random() % 9);
    auto start = bound(extent), stop = bound(extent);
    long step = static_cast<long>(random() % 11) - 5;
    if (step == 0) step = 1;
    std::string text = (start ? std::to_string(*start) : "") + ":" + (stop ? std::to_string(*stop) : "");
    if (step != 1 || random() % 2 == 0) text += ":" + std::to_string(step);
    auto slice = ParseSlice(text, {static_cast<std::uint64_t>(extent)});
    REQUIRE(slice);
    std::vector<std::uint64_t> found;
    const AxisSlice& axis = slice->axes[0];
    for (std::uint64_t i = 0; i < axis.count; ++i) found.push_back(axis.start + i * static_cast<std::uint64_t>(axis.step));
    CAPTURE(text);
    CAPTURE(extent);
    REQUIRE(found == PythonRange(start, stop, step, extent));
    CHECK(axis.step != 0);
  }
}

TEST_CASE("parts, ellipsis and axes left out") {
  Shape shape{10, 20, 30};
  auto result = [&](std::string_view text) {
    auto slice = ParseSlice(text, shape);
    REQUIRE(slice);
    CHECK(slice->axes.size() == 3);
    return slice->ResultShape();
  };
  CHECK(result("") == shape);
  CHECK(result("()") == shape);
  CHECK(result("...") == shape);
  CHECK(result("3") == Shape{20, 30});
  CHECK(result("-1,") == Shape{20, 30});
  CHECK(result("..., 5") == Shape{10, 20});
  CHECK(result("1,...,5") == Shape{20});
  CHECK(result("1,2,3,...") == Shape{});
  CHECK(result("1,...,2,3") == Shape{});
  CHECK(result("[::2, :, 0:1000]") == Shape{5, 20, 30});
  CHECK(result(" 0 : 4 , ::-1 ") == Shape{4, 20, 30});
  CHECK(result("4:2") == Shape{0, 20, 30});
  CHECK(result("::99999999999999999999999") == Shape{1, 20, 30});
  CHECK(result("-99999999999999999999999:99999999999999999999999") == shape);
  CHECK(ParseSlice("", {})->axes.empty());
  CHECK(ParseSlice("...", {})->NumElements() == 1);
  CHECK(ParseSlice("5::-3", {10})->axes[0].start == 5);
  Shape huge{~0ull};
  CHECK(ParseSlice(":", huge)->NumElements() == ~0ull);
  CHECK(ParseSlice("::-1", huge)->axes[0].start == ~0ull - 1);
  CHECK(ParseSlice("::-9223372036854775808", huge)->axes[0].count == 2);
}

TEST_CASE("errors name the part") {
  Shape shape{10, 20};
  CHECK(Problem("10", shape) == "slice part '10' is out of bounds for axis 0 with 10 elements");
  CHECK(Problem("0,-21", shape) == "slice part '-21' is out of bounds for axis 1 with 20 elements");
  CHECK(Problem("0,1,2", shape) == "slice part '2' is one too many: the array has 2 axes");
  CHECK(Problem("1:2:0", shape) == "slice part '1:2:0' has a step of zero");
  CHECK(Problem("...,...", shape) == "slice part '...' comes twice");
  CHECK(Problem("a:b", shape) == "slice part 'a:b' is not an integer, a slice or '...'");
  CHECK(Problem("1.5", shape) == "slice part '1.5' is not an integer, a slice or '...'");
  CHECK(Problem("1:2:3:4", shape) == "slice part '1:2:3:4' is not an integer, a slice or '...'");
  CHECK(Problem("1,,2", {10, 20, 30}) == "slice part '' is empty");
  CHECK(Problem("+-1", shape) == "slice part '+-1' is not an integer, a slice or '...'");
  CHECK(Problem("0", {}) == "slice part '0' is one too many: the array has 0 axes");
  CHECK(Problem("0", {0}) == "slice part '0' is out of bounds for axis 0 with 0 elements");
  CHECK(Problem("99999999999999999999999", shape) == "slice part '99999999999999999999999' is out of bounds for axis 0 with 10 elements");
}
