#include "base/byte_reader.h"

#include <doctest/doctest.h>

#include <array>

using namespace rutter;

namespace {

ByteReader Over(std::span<const std::byte> bytes) { return ByteReader(bytes, 100, {"a.h5", "test block", "Spec 1"}); }

}  // namespace

TEST_CASE("numbers are little-endian and the offset is absolute") {
  std::array<std::byte, 9> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i + 1);
  ByteReader r = Over(bytes);
  CHECK(r.U8() == 1);
  CHECK(r.U16() == 0x0302);
  CHECK(r.Uint(3) == 0x060504);
  CHECK(r.file_offset() == 106);
  CHECK(r.remaining() == 3);
  CHECK(r.ok());
}

TEST_CASE("the first failure sticks and names the place") {
  std::array<std::byte, 4> bytes{};
  ByteReader r = Over(bytes);
  r.U16();
  CHECK(r.U64() == 0);
  CHECK(r.U8() == 0);
  auto result = r.Finish(1);
  REQUIRE(!result);
  CHECK(result.error().ToString() == "corrupt: needs 8 bytes, 2 remain in test block at byte 102 of a.h5 (Spec 1)");
  Error whole = MakeError(ErrorCode::kNotFound, "no such file");
  whole.where.source = "a.h5";
  CHECK(whole.ToString() == "not-found: no such file: a.h5");
}

TEST_CASE("the undefined address is empty at every width") {
  std::array<std::byte, 8> ones;
  ones.fill(std::byte{0xFF});
  for (unsigned width : {2u, 4u, 8u}) CHECK(!Over(ones).Address(width));
  std::array<std::byte, 4> some{std::byte{0xFE}, std::byte{0xFF}};
  CHECK(Over(some).Address(2) == 0xFFFEu);
}

TEST_CASE("a count is checked before anything is reserved") {
  std::array<std::byte, 16> bytes{};
  CHECK(Over(bytes).Fits(4, 4));
  CHECK(!Over(bytes).Fits(5, 4));
  CHECK(!Over(bytes).Fits(~0ull, 1));
  CHECK(Over({}).Fits(0, 8));
}

TEST_CASE("text ends at a NUL that must exist") {
  std::array<std::byte, 3> bytes{std::byte{'a'}, std::byte{0}, std::byte{'b'}};
  ByteReader r = Over(bytes);
  CHECK(r.Text0() == "a");
  CHECK(r.Text0() == "");
  CHECK(!r.ok());
}
