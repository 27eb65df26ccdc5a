#pragma once
// Which network addresses belong to everybody.

#include <cstddef>
#include <string_view>

struct sockaddr;

namespace rutter {

/// True for addresses of the public internet; false for loopback, private, link-local, carrier, test, multicast and other
/// special ones, and for IPv6 forms that hold such an IPv4 address (RFC 6890 and IANA's special-purpose registries).
bool IsPublicAddress(const sockaddr* address, std::size_t length);

/// The same of an address as text ("10.0.0.1", "::1", "[::1]"); false where it is none.
bool IsPublicAddress(std::string_view text);

}  // namespace rutter
