#include "formats/hdf5/cache_image.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "formats/hdf5/bytes.h"
#include "formats/hdf5/fixture_file.h"

namespace rutter::hdf5 {
namespace {

constexpr Sizes kSizes = {8, 8};
constexpr std::uint64_t kEnd = 1'000;

struct Entry {
  std::uint64_t address = 0, length = 0;
  std::string_view text;
  std::uint16_t parents = 0;
};

std::vector<std::byte> Image(std::initializer_list<Entry> entries, unsigned version = 0, unsigned flags = 0) {
  Bytes8 body;
  body.U32(entries.size());
  for (const Entry& entry : entries) {
    body.U8(5).U8(0).U8(1).U8(0).U16(0).U16(0).U16(entry.parents).U32(~0u).U64(entry.address).U64(entry.length);
    for (std::uint16_t i = 0; i < entry.parents; ++i) body.U64(96);
    body.Text(entry.text);
  }
  Bytes8 image;
  image.Text("MDCI").U8(version).U8(flags).U64(14 + body.size() + 4);
  for (std::byte byte : body.get()) image.U8(std::to_integer<std::uint64_t>(byte));
  return image.Seal().get();
}

ErrorCode FailureOf(const std::vector<std::byte>& image) {
  auto structures = DecodeCacheImage(ReaderOf(image), kSizes, kEnd);
  REQUIRE_FALSE(structures);
  return structures.error().code;
}

TEST_CASE("the structures of a cache image come in the order of their addresses") {
  auto image = Image({{500, 4, "late", 2}, {96, 5, "early"}, {101, 1, "x"}});
  auto structures = DecodeCacheImage(ReaderOf(image), kSizes, kEnd);
  REQUIRE(structures);
  REQUIRE(structures->size() == 3);
  CHECK((*structures)[0].address == 96);
  CHECK(std::memcmp((*structures)[0].bytes.data(), "early", 5) == 0);
  CHECK((*structures)[1].address == 101);
  CHECK((*structures)[2].address == 500);
  CHECK(std::memcmp((*structures)[2].bytes.data(), "late", 4) == 0);
  CheckTruncations(image, [](const std::vector<std::byte>& bytes) { return StatusOf(DecodeCacheImage(ReaderOf(bytes), kSizes, kEnd)); });
}

TEST_CASE("damaged cache images are refused") {
  auto image = Image({{96, 5, "early"}});
  image[20] ^= std::byte{1};
  CHECK(FailureOf(image) == ErrorCode::kCorrupt);  // the checksum
  CHECK(FailureOf(Image({{96, 5, "early"}, {100, 4, "late"}})) == ErrorCode::kCorrupt);
  CHECK(FailureOf(Image({{kEnd - 4, 5, "early"}})) == ErrorCode::kCorrupt);
  CHECK(FailureOf(Image({{~0ull, 5, "early"}})) == ErrorCode::kCorrupt);
  CHECK(FailureOf(Image({{96, 0, ""}})) == ErrorCode::kCorrupt);
  CHECK(FailureOf(Image({{96, 500, "early"}})) == ErrorCode::kCorrupt);
  CHECK(FailureOf(Image({{96, 5, "early"}}, 1)) == ErrorCode::kUnsupported);
  CHECK(FailureOf(Image({{96, 5, "early"}}, 0, 1)) == ErrorCode::kUnsupported);
}

TEST_CASE("structures of a cache image lie over the file's own bytes") {
  std::vector<std::byte> bytes(200, std::byte{'.'});
  const auto image = Image({{10, 3, "abc"}, {13, 2, "de"}, {20, 4, "fghi"}});
  const std::uint64_t base = 4, at = 100;
  bytes.resize(base + at);
  bytes.insert(bytes.end(), image.begin(), image.end());
  auto file = std::make_shared<File>(MakeMemorySource("made.h5", bytes), MakeRefusingOpener(), Limits::Strict());
  file->SetLayout(kSizes, base);
  auto source = OpenCacheImage(file, {at, image.size()});
  REQUIRE(source);
  auto read = [&](std::uint64_t offset, std::size_t n) {
    std::string text(n, ' ');
    CHECK((*source)->ReadAt(offset, std::as_writable_bytes(std::span(text))));
    return text;
  };
  CHECK(read(base + 8, 18) == "..abcde.....fghi..");
  CHECK(read(base + 11, 3) == "bcd");
  CHECK(read(base + 15, 5) == ".....");
  CHECK(read(base + 22, 1) == "h");
  std::string first(4, ' '), second(2, ' ');
  const ReadRequest requests[] = {{base + 12, std::as_writable_bytes(std::span(first))}, {base + 23, std::as_writable_bytes(std::span(second))}};
  CHECK((*source)->ReadMany(requests));
  CHECK(first == "cde.");
  CHECK(second == "i.");
}

TEST_CASE("a file whose metadata lies in a cache image is read whole") {
  FixtureFile fixture = OpenFixture("objects/cache_image.h5");
  CHECK(fixture.At("/contiguous").shape == Shape{5, 6});
  CHECK(fixture.At("/chunked/fixed_array").chunk_shape == Shape{3, 7});
  CHECK(fixture.At("/chunked/btree").shape == Shape{20, 30});
  CHECK(fixture.At("/compact").shape == Shape{4});
  CHECK(fixture.map.Find("/vlen/ragged") != nullptr);
}

}  // namespace
}  // namespace rutter::hdf5
