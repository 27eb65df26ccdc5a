#include "formats/hdf5/describe.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "formats/hdf5/checksum.h"
#include "formats/hdf5/format.h"
#include "formats/hdf5/literal.h"
#include "io/byte_source.h"
#include "io/source_opener.h"

namespace rutter::hdf5 {
namespace {

using ByteList = std::vector<std::byte>;

void Append(ByteList& out, const ByteList& more) { out.insert(out.end(), more.begin(), more.end()); }

void AppendNumber(ByteList& out, std::uint64_t number, unsigned width) {
  for (unsigned i = 0; i < width; ++i) out.push_back(static_cast<std::byte>(number >> (8 * i)));
}

void AppendChecksum(ByteList& out, std::size_t from) { AppendNumber(out, Lookup3(std::span(out).subspan(from)), 4); }

/// An object header of version 2 with these messages.
ByteList Header(const ByteList& messages) {
  ByteList out = Hex("\"OHDR\" 02 02");
  AppendNumber(out, messages.size(), 4);
  Append(out, messages);
  AppendChecksum(out, 0);
  return out;
}

ByteList GroupMessages() { return Hex("02 1200 00 00 00 ffffffffffffffff ffffffffffffffff  0a 0200 00 00 00"); }

/// An attribute "n": a 32-bit integer.
ByteList NumberAttribute(std::uint32_t number) {
  ByteList out = Hex("0c 1f00 00  03 00 0200 0c00 0400 00 \"n\" 00  10 08 0000 04000000 0000 2000  02 00 00 00");
  AppendNumber(out, number, 4);
  return out;
}

/// A file of `count` groups below the root, g00000, g00001, ..., each with an attribute that tells its number. Every
/// hundredth header is damaged, and every hundredth has many messages.
ByteList ManyGroups(std::uint32_t count) {
  ByteList children;
  std::vector<std::uint64_t> places;
  for (std::uint32_t i = 0; i < count; ++i) {
    places.push_back(children.size());
    ByteList messages = GroupMessages();
    Append(messages, NumberAttribute(i));
    for (int nil = 0; i % 100 == 50 && nil < 200; ++nil) Append(messages, Hex("00 0100 00 00"));
    ByteList header = Header(messages);
    if (i % 100 == 99) header.back() ^= std::byte{1};
    Append(children, header);
  }
  constexpr std::size_t kSuperblockBytes = 48;
  std::size_t root_bytes = Header(GroupMessages()).size() + count * (4 + 3 + 6 + 8), first = kSuperblockBytes + root_bytes;
  ByteList links = GroupMessages();
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string name = std::to_string(100'000 + i);
    name[0] = 'g';
    Append(links, Hex("06 1100 00 01 00 06 \"" + name + "\""));
    AppendNumber(links, first + places[i], 8);
  }
  ByteList root = Header(links), file = Hex("89 \"HDF\" 0d0a1a0a 03 08 08 00  0000000000000000 ffffffffffffffff");
  REQUIRE(root.size() == root_bytes);
  AppendNumber(file, first + children.size(), 8);
  AppendNumber(file, kSuperblockBytes, 8);
  AppendChecksum(file, 0);
  REQUIRE(file.size() == kSuperblockBytes);
  Append(file, root);
  Append(file, children);
  return file;
}

void CheckManyGroups(const Map& map, std::uint32_t count) {
  REQUIRE(map.root.children.size() == count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const Node& node = *map.root.children[i];
    CAPTURE(node.name);
    CHECK(node.name == "g" + std::to_string(100'000 + i).substr(1));
    if (i % 100 == 99) {
      CHECK(node.kind == NodeKind::kUnreadable);
      REQUIRE(node.failure);
      CHECK(node.failure->where.path == "/" + node.name);
      continue;
    }
    CHECK(node.kind == NodeKind::kGroup);
    REQUIRE(node.attributes.size() == 1);
    REQUIRE(node.attributes[0].value.As<std::int64_t>() != nullptr);
    CHECK(*node.attributes[0].value.As<std::int64_t>() == i);
  }
}

TEST_CASE("describe: several threads give the tree that one gives") {
  for (std::uint32_t count : {1u, 255u, 256u, 3000u}) {
    CAPTURE(count);
    ByteList bytes = ManyGroups(count);
    OpenOptions options{{}, MakeRefusingOpener()};
    auto in_memory = kHdf5Format.open(MakeMemorySource("a.h5", bytes), options);
    REQUIRE(in_memory);
    auto map = (*in_memory)->Describe();
    REQUIRE(map);
    CheckManyGroups(*map, count);

    // From a file, whose blocks the threads read and share.
    auto path = (std::filesystem::temp_directory_path() / ("rutter_describe_" + std::to_string(::getpid()) + ".h5")).string();
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    auto source = OpenFile(path);
    REQUIRE(source);
    auto on_disk = kHdf5Format.open(*source, options);
    REQUIRE(on_disk);
    auto read = (*on_disk)->Describe();
    REQUIRE(read);
    CheckManyGroups(*read, count);
    std::filesystem::remove(path);
  }
}

TEST_CASE("describe: a budget of the whole file ends the work of all threads") {
  Limits limits;
  limits.attributes = 1'000;
  OpenOptions options{limits, MakeRefusingOpener()};
  auto file = kHdf5Format.open(MakeMemorySource("a.h5", ManyGroups(3000)), options);
  REQUIRE(file);
  auto map = (*file)->Describe();
  REQUIRE_FALSE(map);
  CHECK(map.error().code == ErrorCode::kLimit);
}

}  // namespace
}  // namespace rutter::hdf5
