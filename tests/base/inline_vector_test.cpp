#include "base/inline_vector.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace rutter {
namespace {

using Numbers = InlineVector<std::uint64_t, 3>;

bool Same(const Numbers& numbers, const std::vector<std::uint64_t>& expected) {
  return std::vector<std::uint64_t>(numbers.begin(), numbers.end()) == expected && numbers.size() == expected.size() && numbers.empty() == expected.empty();
}

TEST_CASE("inline vector: a few numbers lie in the object itself") {
  static_assert(sizeof(Numbers) == 32);
  Numbers numbers{1, 2, 3};
  const auto* begin = reinterpret_cast<const char*>(&numbers);
  CHECK(reinterpret_cast<const char*>(numbers.data()) >= begin);
  CHECK(reinterpret_cast<const char*>(numbers.data()) < begin + sizeof numbers);
  CHECK(numbers.capacity() == 3);
  numbers.push_back(4);
  CHECK(Same(numbers, {1, 2, 3, 4}));
  CHECK(numbers.capacity() >= 4);
}

TEST_CASE("inline vector: constructors, comparison, conversion") {
  CHECK(Same(Numbers(), {}));
  CHECK(Same(Numbers(2), {0, 0}));
  CHECK(Same(Numbers(5, 7), {7, 7, 7, 7, 7}));
  CHECK(Same(Numbers{5, 7}, {5, 7}));
  const std::vector<std::uint64_t> vector{4, 5, 6, 7};
  const Numbers converted = vector;
  CHECK(Same(converted, vector));
  CHECK(converted == vector);
  CHECK(Numbers{1, 2} == Numbers{1, 2});
  CHECK(Numbers{1, 2} != Numbers{1, 2, 0});
  CHECK(Numbers{1, 2} < Numbers{1, 3});
  CHECK(Numbers{1, 2} < Numbers{1, 2, 0, 0});
  CHECK(Numbers{3}.front() == 3);
  CHECK(Numbers{3, 4, 5, 6}.back() == 6);
}

TEST_CASE("inline vector: what it holds may be added to it again") {
  Numbers numbers{1, 2, 3};
  numbers.push_back(numbers[0]);
  numbers.resize(9, numbers[3]);
  CHECK(Same(numbers, {1, 2, 3, 1, 1, 1, 1, 1, 1}));
  numbers.insert(numbers.begin(), numbers[2]);
  CHECK(numbers[0] == 3);
  numbers.assign(2, numbers[0]);
  CHECK(Same(numbers, {3, 3}));
  Numbers& itself = numbers;
  numbers = itself;
  numbers = std::move(itself);
  CHECK(Same(numbers, {3, 3}));
}

TEST_CASE("inline vector: behaves as std::vector under random steps") {
  std::mt19937 random(1);
  auto below = [&](std::uint64_t n) { return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random); };
  Numbers one, other;
  std::vector<std::uint64_t> expected_one, expected_other;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t value = random();
    const std::size_t at = below(expected_one.size() + 1);
    switch (below(13)) {
      case 0: one.push_back(value), expected_one.push_back(value); break;
      case 1: one.emplace_back(value), expected_one.emplace_back(value); break;
      case 2:
        if (!expected_one.empty()) one.pop_back(), expected_one.pop_back();
        break;
      case 3: {
        const std::size_t count = below(8);
        one.resize(count, value), expected_one.resize(count, value);
        break;
      }
      case 4: one.insert(one.begin() + at, value), expected_one.insert(expected_one.begin() + static_cast<std::ptrdiff_t>(at), value); break;
      case 5:
        one.insert(one.begin() + at, other.begin(), other.end());
        expected_one.insert(expected_one.begin() + static_cast<std::ptrdiff_t>(at), expected_other.begin(), expected_other.end());
        break;
      case 6:
        if (at < expected_one.size()) one.erase(one.begin() + at), expected_one.erase(expected_one.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 7:
        one.erase(one.begin(), one.begin() + at), expected_one.erase(expected_one.begin(), expected_one.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 8: one = other, expected_one = expected_other; break;
      case 9: other = std::move(one), one.clear(), expected_other = expected_one, expected_one.clear(); break;
      case 10: swap(one, other), std::swap(expected_one, expected_other); break;
      case 11: one.assign(at, value), expected_one.assign(at, value); break;
      default: {
        Numbers copy = one, moved = std::move(copy);
        CHECK(Same(copy, {}));
        one = Numbers(moved.rbegin(), moved.rend());
        expected_one = std::vector<std::uint64_t>(expected_one.rbegin(), expected_one.rend());
      }
    }
    if (expected_one.size() > 40) one.clear(), expected_one.clear();
    REQUIRE(Same(one, expected_one));
    REQUIRE(Same(other, expected_other));
  }
}

}  // namespace
}  // namespace rutter
