#pragma once
// Damage that looks like what bad disks, bad programs and bad people do to structured files.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rutter::fuzz {

/// splitmix64: small, good enough, the same everywhere.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next();
  std::uint64_t Below(std::uint64_t bound) { return bound == 0 ? 0 : Next() % bound; }
  bool Chance(unsigned percent) { return Below(100) < percent; }

 private:
  std::uint64_t state_;
};

/// `edits` edits in place, three of four within 96 bytes behind one of `structures` (offsets; may be empty): flipped bits,
/// boundary numbers of 1 to 8 bytes, small steps, copied bytes, and addresses of other structures.
void Damage(Random& random, std::span<std::byte> file, std::span<const std::size_t> structures, unsigned edits);

}  // namespace rutter::fuzz
