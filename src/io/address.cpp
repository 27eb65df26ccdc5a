#include "io/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace rutter {
namespace {

struct Block {
  std::uint32_t network;
  int bits;
};

constexpr std::uint32_t V4(std::uint32_t a, std::uint32_t b, std::uint32_t c = 0, std::uint32_t d = 0) { return a << 24 | b << 16 | c << 8 | d; }

constexpr std::array kSpecial = {
    Block{V4(0, 0), 8},         // this network
    Block{V4(10, 0), 8},        // private
    Block{V4(100, 64), 10},     // carrier-grade NAT
    Block{V4(127, 0), 8},       // loopback
    Block{V4(169, 254), 16},    // link-local, cloud metadata
    Block{V4(172, 16), 12},     // private
    Block{V4(192, 0, 0), 24},   // protocol assignments
    Block{V4(192, 0, 2), 24},   // documentation
    Block{V4(192, 88, 99), 24},  // 6to4 relays
    Block{V4(192, 168), 16},    // private
    Block{V4(198, 18), 15},     // benchmarks
    Block{V4(198, 51, 100), 24}, Block{V4(203, 0, 113), 24},
    Block{V4(224, 0), 3},       // multicast, reserved, broadcast
};

bool IsPublicV4(std::uint32_t address) {
  return std::none_of(kSpecial.begin(), kSpecial.end(), [&](const Block& block) { return (address ^ block.network) >> (32 - block.bits) == 0; });
}

using Bytes = std::array<std::uint8_t, 16>;

std::uint32_t V4At(const Bytes& bytes, std::size_t at) { return V4(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]); }

bool StartsWith(const Bytes& bytes, std::initializer_list<std::uint8_t> prefix) { return std::equal(prefix.begin(), prefix.end(), bytes.begin()); }

bool IsPublicV6(const Bytes& b) {
  if (StartsWith(b, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return IsPublicV4(V4At(b, 12));  // IPv4-mapped
  if (StartsWith(b, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return IsPublicV4(V4At(b, 12));  // NAT64
  if (StartsWith(b, {0x20, 0x02})) return false;                                                        // 6to4
  if (StartsWith(b, {0x20, 0x01}) && b[2] < 2) return false;                                            // Teredo, ORCHID, protocol assignments
  if (StartsWith(b, {0x20, 0x01, 0x0d, 0xb8}) || StartsWith(b, {0x3f, 0xff})) return false;             // documentation
  return (b[0] & 0xe0) == 0x20;                                                                         // global unicast is 2000::/3
}

}  // namespace

bool IsPublicAddress(const sockaddr* address, std::size_t length) {
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    return IsPublicV4(ntohl(v4.sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6 || length < sizeof(sockaddr_in6)) return false;
  sockaddr_in6 v6;
  std::memcpy(&v6, address, sizeof v6);
  Bytes bytes;
  std::memcpy(bytes.data(), v6.sin6_addr.s6_addr, bytes.size());
  return IsPublicV6(bytes);
}

bool IsPublicAddress(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  std::string copy(text);
  in_addr v4;
  if (::inet_pton(AF_INET, copy.c_str(), &v4) == 1) return IsPublicV4(ntohl(v4.s_addr));
  Bytes bytes;
  return ::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1 && IsPublicV6(bytes);
}

}  // namespace rutter
