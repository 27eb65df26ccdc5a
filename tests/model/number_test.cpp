#include "model/number.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>

#include "model/element.h"

using namespace rutter;

TEST_CASE("every half survives the way to double and back") {
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    double value = HalfToDouble(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    REQUIRE(DoubleToHalf(value) == bits);
  }
}

TEST_CASE("a generic float decodes as the machine's own") {
  for (double value : {0.0, -0.0, 1.0, -2.5, 3.141592653589793, 5e-324, 1.7976931348623157e308, 2.2250738585072014e-308}) {
    Dtype dtype = *MakeFloat(8);
    std::byte bytes[8];
    std::memcpy(bytes, &value, 8);
    double decoded = StoredFloat(dtype, bytes);
    CHECK(std::memcmp(&decoded, &value, 8) == 0);
    Dtype big = *MakeFloat(8, ByteOrder::kBig);
    std::byte swapped[8];
    for (int i = 0; i < 8; ++i) swapped[i] = bytes[7 - i];
    decoded = StoredFloat(big, swapped);
    CHECK(std::memcmp(&decoded, &value, 8) == 0);
  }
}

TEST_CASE("integers of odd precision are cut out and sign-extended") {
  Dtype dtype = *MakeInteger(4, true);
  dtype.bit_offset = 3;
  dtype.precision = 17;
  std::int32_t stored = (-5 & 0x1FFFF) << 3 | 7;
  std::byte bytes[4];
  std::memcpy(bytes, &stored, 4);
  CHECK(static_cast<std::int64_t>(StoredInteger(dtype, bytes)) == -5);
  auto shared = std::make_shared<Dtype>(dtype);
  DtypePtr native = NativeType(shared);
  REQUIRE(native->size_bytes == 4);
  std::int32_t out = 0;
  REQUIRE(ToNative(dtype, *native, bytes, 1, {reinterpret_cast<std::byte*>(&out), 4}));
  CHECK(out == -5);
}

TEST_CASE("strings end by their padding rule") {
  const char raw[] = {'a', 'b', '\0', 'c', ' ', ' '};
  std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(raw), 6);
  auto text = [&](StringPadding padding) { return *DecodeElement(*MakeFixedString(6, CharSet::kAscii, padding), bytes, nullptr, {})->As<std::string>(); };
  CHECK(text(StringPadding::kNullTerminated) == "ab");
  CHECK(text(StringPadding::kSpacePadded) == std::string("ab\0c", 4));
  CHECK(text(StringPadding::kNullPadded) == std::string("ab\0c  ", 6));
  // Fortran's blanks with C's end, as EMsoft writes them.
  const char ended[] = {'4', '.', '1', ' ', '\0', ' ', '\0'};
  auto fortran = MakeFixedString(7, CharSet::kAscii, StringPadding::kSpacePadded);
  std::span<const std::byte> stored(reinterpret_cast<const std::byte*>(ended), 7);
  CHECK(*DecodeElement(*fortran, stored, nullptr, {})->As<std::string>() == "4.1");
  std::array<std::byte, 7> native{};
  REQUIRE(ToNative(*fortran, *NativeType(fortran), stored, 1, native));
  CHECK(std::string(reinterpret_cast<const char*>(native.data()), 7) == std::string("4.1\0\0\0\0", 7));
}
