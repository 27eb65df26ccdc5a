#include "formats/hdf5/bytes.h"

using namespace rutter;
using namespace rutter::hdf5;

namespace {

std::uint32_t Of(std::string_view text, std::uint32_t initial) {
  return Lookup3(std::as_bytes(std::span(text.data(), text.size())), initial);
}

}  // namespace

TEST_CASE("lookup3 gives the values that its author published") {
  CHECK(Of("", 0) == 0xdeadbeef);
  CHECK(Of("", 0xdeadbeef) == 0xbd5b7dde);
  CHECK(Of("Four score and seven years ago", 0) == 0x17770551);
  CHECK(Of("Four score and seven years ago", 1) == 0xcd628161);
}

TEST_CASE("a block is sound only with its own checksum") {
  auto bytes = Bytes8().Text("FAHD").Zeros(20).Seal().get();
  CHECK(VerifyChecksum(bytes, 0, {}));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] ^= std::byte{4};
    CHECK_FALSE(VerifyChecksum(damaged, 0, {}));
  }
  CHECK_FALSE(VerifyChecksum(std::span(bytes).first(3), 0, {}));
}
