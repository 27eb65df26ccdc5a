#include "fuzz/mutate.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace rutter::fuzz {
namespace {

constexpr std::array<std::uint64_t, 20> kBoundaries = {0,          1,          2,           7,
                                                       8,          32,         33,          64,
                                                       127,        128,        255,         256,
                                                       0x7FFF,     0xFFFF,     0x7FFFFFFF,  0x80000000,
                                                       0xFFFFFFFF, 0x1FFFFFFF, 1ull << 63,  ~0ull};

void Store(std::span<std::byte> file, std::size_t at, std::uint64_t value, std::size_t width) {
  std::memcpy(file.data() + at, &value, std::min(width, file.size() - at));
}

std::size_t Place(Random& random, std::size_t size, std::span<const std::size_t> structures) {
  if (!structures.empty() && random.Chance(75)) {
    std::size_t at = structures[random.Below(structures.size())] + random.Below(96);
    return std::min(at, size - 1);
  }
  return random.Chance(50) ? random.Below(std::min<std::size_t>(size, 2'048)) : random.Below(size);
}

}  // namespace

std::uint64_t Random::Next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

void Damage(Random& random, std::span<std::byte> file, std::span<const std::size_t> structures, unsigned edits) {
  if (file.empty()) return;
  for (unsigned i = 0; i < edits; ++i) {
    std::size_t at = Place(random, file.size(), structures);
    std::size_t width = std::size_t{1} << random.Below(4);
    switch (random.Below(7)) {
      case 0: file[at] ^= static_cast<std::byte>(1u << random.Below(8)); break;
      case 1: file[at] = static_cast<std::byte>(random.Next()); break;
      case 2: Store(file, at, kBoundaries[random.Below(kBoundaries.size())], width); break;
      case 3: {
        auto step = static_cast<int>(random.Below(33)) - 16;
        file[at] = static_cast<std::byte>(std::to_integer<int>(file[at]) + step);
        break;
      }
      case 4: {
        std::size_t from = Place(random, file.size(), structures);
        std::size_t length = std::min({1 + random.Below(24), file.size() - at, file.size() - from});
        std::memmove(file.data() + at, file.data() + from, length);
        break;
      }
      case 5: {
        std::uint64_t target = structures.empty() ? random.Below(file.size()) : structures[random.Below(structures.size())];
        Store(file, at / 8 * 8, target, random.Chance(80) ? 8 : 4);
        break;
      }
      default: std::fill_n(file.data() + at, std::min(width, file.size() - at), std::byte{0}); break;
    }
  }
}

}  // namespace rutter::fuzz
