#include "ops/map_file.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "ops/cost.h"

using namespace rutter;
namespace fs = std::filesystem;

namespace {

/// A folder with a NumPy file of 1,000 numbers.
struct Folder {
  fs::path path;
  Folder() {
    char name[] = "/tmp/rutter-map-XXXXXX";
    path = ::mkdtemp(name);
    std::string head = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000,), }";
    head.resize(117, ' ');
    std::ofstream file(path / "a.npy", std::ios::binary);
    file << std::string("\x93NUMPY\1\0\x76\0", 10) << head << '\n' << std::string(8000, '\0');
  }
  ~Folder() { fs::remove_all(path); }
  std::string File(const char* name) const { return (path / name).string(); }
  std::size_t NumFiles() const { return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator())); }
};

}  // namespace

TEST_CASE("the ending names the kind of map") {
  CHECK(*DialectOfEnding("a.json") == Dialect::kKerchunk);
  CHECK(*DialectOfEnding("a.lindi.json") == Dialect::kLindi);
  CHECK(*DialectOfEnding("a.zarr3.json") == Dialect::kKerchunkZarr3);
  CHECK(DialectOfEnding("a.zip").error().code == ErrorCode::kInvalidArgument);
}

TEST_CASE("a map that is cancelled while it is written leaves no file") {
  Folder folder;
  auto cancel = std::make_shared<std::atomic<bool>>(false);
  OpenAnyOptions options;
  options.cancel = cancel;
  auto dataset = OpenAny(folder.File("a.npy"), options);
  REQUIRE(dataset);
  WriteOptions write;
  write.cancel = cancel.get();
  int pieces = 0;
  auto report = WriteReferences(dataset->map, *dataset->reader, write, [&](std::string_view) -> Status {
    ++pieces;
    *cancel = true;
    return {};
  });
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::kCancelled);
  CHECK(pieces == 1);
  auto file = WriteMapFile(*dataset, folder.File("a.json"), {});
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::kCancelled);
  CHECK(folder.NumFiles() == 1);
  // Nothing more can be opened or read with that flag.
  CHECK(OpenAny(folder.File("a.npy"), options).error().code == ErrorCode::kCancelled);
  VisitNodes(dataset->map.root, [&](const Node& node) {
    if (node.array != nullptr) CHECK(dataset->reader->ReadValues(*node.array, 1000).error().code == ErrorCode::kCancelled);
  });
}

TEST_CASE("what a file costs is counted") {
  Folder folder;
  auto dataset = OpenAny(folder.File("a.npy"));
  REQUIRE(dataset);
  const Cost opened = CostOf(*dataset);
  const Node* node = nullptr;
  VisitNodes(dataset->map.root, [&](const Node& each) {
    if (each.array != nullptr) node = &each;
  });
  REQUIRE(node != nullptr);
  std::vector<std::byte> out(800);
  REQUIRE(dataset->reader->Read(*node->array, {{{100, 100, 1, false}}}, out));
  const Cost after = CostOf(*dataset);
  CHECK(after.requests == 0);
  CHECK(after.wanted_bytes - opened.wanted_bytes == 800);
  CHECK(after.local_bytes - opened.local_bytes == 800);
  CHECK(after.local_reads > opened.local_reads);
}
