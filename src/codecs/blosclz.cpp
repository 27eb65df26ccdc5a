#include "codecs/blosclz.h"

#include <cstring>

namespace rutter {
namespace {

constexpr std::size_t kNear = 8191;  // back references beyond it carry 16 more bits

}  // namespace

bool DecodeBloscLz(std::span<const std::byte> in, std::span<std::byte> out) {
  std::size_t at = 0, done = 0;
  bool first = true;
  while (at < in.size()) {
    auto control = std::to_integer<std::size_t>(in[at++]);
    if (first) control &= 31;  // the high bits of the first byte are a marker
    first = false;
    if (control < 32) {
      std::size_t run = control + 1;
      if (run > in.size() - at || run > out.size() - done) return false;
      std::memcpy(out.data() + done, in.data() + at, run);
      at += run, done += run;
      continue;
    }
    std::size_t length = (control >> 5) + 2, distance = (control & 31) << 8;
    std::size_t byte = 255;
    if (control >> 5 == 7) {
      while (byte == 255) {
        if (at == in.size()) return false;
        byte = std::to_integer<std::size_t>(in[at++]);
        length += byte;
      }
    }
    if (at == in.size()) return false;
    byte = std::to_integer<std::size_t>(in[at++]);
    if (byte == 255 && distance == 31u << 8) {
      if (in.size() - at < 2) return false;
      distance = kNear + (std::to_integer<std::size_t>(in[at]) << 8 | std::to_integer<std::size_t>(in[at + 1]));
      at += 2;
    } else {
      distance += byte;
    }
    ++distance;
    if (distance > done || length > out.size() - done) return false;
    const std::byte* from = out.data() + (done - distance);
    if (distance >= length) {
      std::memcpy(out.data() + done, from, length);
    } else if (distance == 1) {
      std::memset(out.data() + done, std::to_integer<int>(*from), length);
    } else {
      for (std::size_t i = 0; i < length; ++i) out[done + i] = from[i];
    }
    done += length;
  }
  return done == out.size();
}

}  // namespace rutter
