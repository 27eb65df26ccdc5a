#pragma once
// Big- and little-endian numbers at unaligned places, for codec framings. The caller has checked the length.

#include <cstddef>
#include <cstdint>

namespace rutter {

inline std::uint64_t LoadBig(const std::byte* at, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | std::to_integer<std::uint64_t>(at[i]);
  return value;
}

inline std::uint64_t LoadLittle(const std::byte* at, int bytes) {
  std::uint64_t value = 0;
  for (int i = bytes; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(at[i]);
  return value;
}

}  // namespace rutter
