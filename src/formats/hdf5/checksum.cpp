#include "formats/hdf5/checksum.h"

#include <bit>
#include <cstring>
#include <string>

namespace rutter::hdf5 {
namespace {

struct State {
  std::uint32_t a, b, c;

  void Add(const std::byte* twelve_bytes) {
    std::uint32_t words[3];
    std::memcpy(words, twelve_bytes, sizeof words);
    a += words[0];
    b += words[1];
    c += words[2];
  }
  void Mix() {
    a -= c, a ^= std::rotl(c, 4), c += b;
    b -= a, b ^= std::rotl(a, 6), a += c;
    c -= b, c ^= std::rotl(b, 8), b += a;
    a -= c, a ^= std::rotl(c, 16), c += b;
    b -= a, b ^= std::rotl(a, 19), a += c;
    c -= b, c ^= std::rotl(b, 4), b += a;
  }
  void Final() {
    c ^= b, c -= std::rotl(b, 14);
    a ^= c, a -= std::rotl(c, 11);
    b ^= a, b -= std::rotl(a, 25);
    c ^= b, c -= std::rotl(b, 16);
    a ^= c, a -= std::rotl(c, 4);
    b ^= a, b -= std::rotl(a, 14);
    c ^= b, c -= std::rotl(b, 24);
  }
};

}  // namespace

std::uint32_t Lookup3(std::span<const std::byte> bytes, std::uint32_t initial) {
  const auto seed = static_cast<std::uint32_t>(0xdeadbeef + static_cast<std::uint32_t>(bytes.size()) + initial);
  State state{seed, seed, seed};
  if (bytes.empty()) return state.c;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left > 12; left -= 12, at += 12) {
    state.Add(at);
    state.Mix();
  }
  std::byte tail[12] = {};  // The missing bytes of the last block count as zeros.
  std::memcpy(tail, at, left);
  state.Add(tail);
  state.Final();
  return state.c;
}

Status VerifyChecksum(std::span<const std::byte> block, std::uint64_t absolute_offset, const ReaderContext& context) {
  Error error;
  error.code = ErrorCode::kCorrupt;
  error.where = {std::string(context.source), absolute_offset, std::string(context.structure), std::string(context.spec), {}};
  if (block.size() < 4) {
    error.message = "too short for its checksum";
    return Fail(std::move(error));
  }
  auto body = block.first(block.size() - 4);
  std::uint32_t stored;
  std::memcpy(&stored, block.data() + body.size(), 4);
  if (Lookup3(body) == stored) return {};
  error.message = "the checksum does not match";
  error.where.offset = absolute_offset + body.size();
  return Fail(std::move(error));
}

}  // namespace rutter::hdf5
