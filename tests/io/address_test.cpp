#include "io/address.h"

#include <doctest/doctest.h>

#include <string>

using namespace rutter;

TEST_CASE("addresses that are not everybody's") {
  for (const char* text : {"127.0.0.1", "127.255.1.2", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
                           "255.255.255.255", "224.0.0.1", "240.0.0.1", "198.18.0.1", "198.19.255.255", "192.0.2.1", "203.0.113.9", "192.0.0.8", "::", "::1", "[::1]", "fe80::1", "fc00::1",
                           "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "2001::1", "3fff::1", "64:ff9b:1::1", "100::1",
                           "", "localhost", "1.2.3", "1.2.3.4.5"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(IsPublicAddress(std::string_view(text)));
  }
  for (const char* text : {"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "198.17.0.1", "198.20.0.1", "192.167.1.1", "223.255.255.255", "2606:4700::1111",
                           "[2a00:1450::1]", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    CAPTURE(std::string(text));
    CHECK(IsPublicAddress(std::string_view(text)));
  }
}
