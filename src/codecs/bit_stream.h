#pragma once
// Bits from the most significant end of each byte on, as HDF5's n-bit and scale-offset filters write them.

#include <cstddef>
#include <cstdint>
#include <span>

namespace rutter {

/// Reading past the end gives zeros and sets `overrun`.
class BitStream {
 public:
  explicit BitStream(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// The next `count` (0 to 64) bits, first bit most significant.
  std::uint64_t Take(unsigned count) {
    std::uint64_t value = 0;
    while (count > 0) {
      std::size_t index = position_ / 8;
      unsigned left = 8 - static_cast<unsigned>(position_ % 8);
      unsigned now = count < left ? count : left;
      unsigned byte = 0;
      if (index < bytes_.size()) {
        byte = std::to_integer<unsigned>(bytes_[index]);
      } else {
        overrun_ = true;
      }
      value = value << now | (byte >> (left - now) & ((1u << now) - 1));
      position_ += now;
      count -= now;
    }
    return value;
  }
  bool overrun() const { return overrun_; }

 private:
  std::span<const std::byte> bytes_;
  std::uint64_t position_ = 0;
  bool overrun_ = false;
};

}  // namespace rutter
