#include "formats/npy/format.h"

#include <doctest/doctest.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "formats/npy/header.h"
#include "formats/registry.h"

using namespace rutter;

namespace {

std::string Npy(const std::string& dictionary, const std::string& data, unsigned major = 1) {
  std::string file = "\x93NUMPY";
  file.push_back(static_cast<char>(major));
  file.push_back('\0');
  for (unsigned i = 0; i < (major == 1 ? 2u : 4u); ++i) file.push_back(static_cast<char>(dictionary.size() >> (8 * i)));
  return file + dictionary + data;
}

std::vector<std::byte> BytesOf(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

OpenOptions Options() {
  OpenOptions options;
  options.opener = MakeRefusingOpener();
  return options;
}

Result<Map> Describe(const std::string& file, const std::string& name = "a.npy", const OpenOptions& options = Options()) {
  const Format* chosen = nullptr;
  RUTTER_ASSIGN(auto opened, OpenWithAnyFormat(MakeMemorySource(name, BytesOf(file)), options, &chosen));
  CHECK(chosen == &kNpyFormat);
  return opened->Describe();
}

Map Opened(const std::string& file) {
  auto map = Describe(file);
  REQUIRE(map);
  return *std::move(map);
}

const Array& Data(const Map& map) {
  const Node* node = map.Find("/data");
  REQUIRE(node != nullptr);
  REQUIRE(node->array != nullptr);
  return *node->array;
}

struct Placed {
  Shape chunk;
  std::uint64_t offset, length;
};

std::vector<Placed> Chunks(const Array& array) {
  std::vector<Placed> placed;
  Shape grid = array.ChunkGrid();
  Status status = array.index->Locate({Shape(grid.size(), 0), grid}, [&](std::span<const std::uint64_t> chunk, const ChunkRef& ref) -> Status {
    placed.push_back({Shape(chunk.begin(), chunk.end()), ref.offset, ref.length});
    return {};
  });
  REQUIRE(status);
  return placed;
}

const std::string kDictionary = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }\n";

}  // namespace

TEST_CASE("an array in C order") {
  for (unsigned version : {1u, 2u, 3u}) {
    CAPTURE(version);
    Map map = Opened(Npy(kDictionary, std::string(12, 'x'), version));
    const Array& array = Data(map);
    CHECK(map.format == "npy");
    CHECK(array.shape == Shape{2, 3});
    CHECK_FALSE(array.column_major);
    CHECK(array.dimension_names == std::vector<std::string>{"dim_0", "dim_1"});
    auto chunks = Chunks(array);
    REQUIRE(chunks.size() == 1);
    CHECK(chunks[0].offset == (version == 1 ? 10 : 12) + kDictionary.size());
    CHECK(chunks[0].length == 12);
    CHECK(map.notes.empty());
  }
}

TEST_CASE("an array in Fortran order is split along its last axis") {
  Map map = Opened(Npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1000, 4, 1024)}", std::string(1000 * 4 * 1024 * 8, '\0')));
  const Array& array = Data(map);
  CHECK(array.column_major);
  CHECK(array.chunk_shape[0] == 1000);
  CHECK(array.chunk_shape[1] == 4);
  CHECK(array.chunk_shape[2] < 1024);
  const auto& index = dynamic_cast<const FlatIndex&>(*array.index);
  CHECK(index.byte_strides()[0] == 8);
  CHECK(index.byte_strides()[1] == 8000);
  CHECK(index.byte_strides()[2] == 32000);
  auto chunks = Chunks(array);
  CHECK(chunks.size() == 1024 / array.chunk_shape[2]);
  CHECK(chunks[1].offset - chunks[0].offset == chunks[0].length);
}

TEST_CASE("Fortran order of one axis is C order") {
  Map map = Opened(Npy("{'descr': '|u1', 'fortran_order': True, 'shape': (4,)}", "abcd"));
  CHECK_FALSE(Data(map).column_major);
}

TEST_CASE("scalars and empty arrays") {
  Map scalar = Opened(Npy("{'descr': '<f8', 'fortran_order': False, 'shape': ()}", std::string(8, '\0')));
  CHECK(Data(scalar).shape.empty());
  CHECK(Chunks(Data(scalar)).size() == 1);
  Map empty = Opened(Npy("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 7)}", ""));
  CHECK(Data(empty).chunk_shape == Shape{1, 7});
  CHECK(Chunks(Data(empty)).empty());
}

TEST_CASE("dates carry their units") {
  Map map = Opened(Npy("{'descr': '<M8[us]', 'fortran_order': False, 'shape': (1,)}", std::string(8, '\0')));
  const Node* node = map.Find("/data");
  CHECK(*node->FindAttribute("units")->value.As<std::string>() == "microseconds since 1970-01-01");
  CHECK(*node->FindAttribute("numpy_dtype")->value.As<std::string>() == "<M8[us]");
}

TEST_CASE("fewer bytes than the shape says") {
  Map map = Opened(Npy(kDictionary, std::string(11, 'x')));
  REQUIRE(Data(map).failure);
  CHECK(Data(map).failure->code == ErrorCode::kTruncated);
}

TEST_CASE("more bytes than the shape says") {
  Map map = Opened(Npy(kDictionary, std::string(15, 'x')));
  CHECK_FALSE(Data(map).failure);
  REQUIRE(map.notes.size() == 1);
  CHECK(map.notes[0].find("3 bytes") == 0);
}

TEST_CASE("objects are refused by name, with a way out") {
  Map map = Opened(Npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", "pickle"));
  REQUIRE(Data(map).failure);
  CHECK(Data(map).failure->code == ErrorCode::kUnsupported);
  CHECK(Data(map).failure->message.find("Python objects") != std::string::npos);
  CHECK_FALSE(Data(map).failure->hint.empty());
  CHECK(Data(map).shape == Shape{3});
}

TEST_CASE("an npz is refused by name, found by its content too") {
  std::string zip = "PK\x03\x04" + std::string(22, '\0');
  zip += '\x05';
  zip += std::string(3, '\0') + "x.npyrest";
  for (const char* name : {"a.npz", "noname"}) {
    auto map = Describe(zip, name);
    REQUIRE_FALSE(map);
    CHECK(map.error().code == ErrorCode::kUnsupported);
    CHECK(map.error().message.find(".npz") != std::string::npos);
  }
}

TEST_CASE("every truncation of a file is a typed error") {
  std::string file = Npy(kDictionary, std::string(12, 'x'), 2);
  for (std::size_t length = 6; length < file.size(); ++length) {
    CAPTURE(length);
    auto map = Describe(file.substr(0, length));
    if (map) {
      REQUIRE(Data(*map).failure);
      CHECK(Data(*map).failure->code == ErrorCode::kTruncated);
    } else {
      CHECK((map.error().code == ErrorCode::kCorrupt || map.error().code == ErrorCode::kTruncated));
    }
  }
}

TEST_CASE("hostile headers") {
  auto code = [](const std::string& file, const OpenOptions& options = Options()) {
    auto map = Describe(file, "a.npy", options);
    REQUIRE_FALSE(map);
    return map.error().code;
  };
  CHECK(code(Npy(kDictionary, "", 4)) == ErrorCode::kUnsupported);
  CHECK(code(Npy("[1]", "")) == ErrorCode::kCorrupt);
  CHECK(code(Npy("{'descr': '<i2', 'fortran_order': False}", "")) == ErrorCode::kCorrupt);
  CHECK(code(Npy("{'descr': '<i2', 'fortran_order': 1, 'shape': ()}", "")) == ErrorCode::kCorrupt);
  CHECK(code(Npy("{'descr': '<i2', 'fortran_order': False, 'shape': 3}", "")) == ErrorCode::kCorrupt);
  CHECK(code(Npy("{'descr': '|S\xFF', 'fortran_order': False, 'shape': ()}", "", 3)) == ErrorCode::kCorrupt);
  std::string deep;
  for (int i = 0; i < 33; ++i) deep += "1,";
  CHECK(code(Npy("{'descr': '<i2', 'fortran_order': False, 'shape': (" + deep + ")}", "")) == ErrorCode::kLimit);
  OpenOptions small = Options();
  small.limits.metadata_bytes = 16;
  CHECK(code(Npy(kDictionary, ""), small) == ErrorCode::kLimit);
  Map huge = Opened(Npy("{'descr': '<i2', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", ""));
  REQUIRE(Data(huge).failure);
  CHECK(Data(huge).failure->code == ErrorCode::kCorrupt);
  Map nothing = Opened(Npy("{'descr': '|S0', 'fortran_order': False, 'shape': (4,)}", ""));
  REQUIRE(Data(nothing).failure);
  CHECK(Data(nothing).failure->code == ErrorCode::kUnsupported);
  // Nothing is stored of a shape with a zero, however large its other axes are.
  Map flat = Opened(Npy("{'descr': '<i2', 'fortran_order': True, 'shape': (4294967296, 0, 4294967296, 4294967296)}", ""));
  CHECK_FALSE(Data(flat).failure);
  CHECK(Data(flat).NumElements() == 0u);
}

TEST_CASE("inspect tells the header") {
  auto opened = OpenWithAnyFormat(MakeMemorySource("a.npy", BytesOf(Npy(kDictionary, std::string(12, 'x')))), Options());
  REQUIRE(opened);
  auto report = (*opened)->Inspect();
  REQUIRE(report);
  CHECK((*report)["descr"] == "<i2");
  CHECK((*report)["data_offset"] == 10 + kDictionary.size());
}
