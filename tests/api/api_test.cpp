// The public C++ interface, through its own headers alone.

#include <doctest/doctest.h>
#include <rutter/rutter.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "io/http/range_server.h"
#include "project_folder.h"

namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("rutter-api-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string operator/(const char* name) const { return (path / name).string(); }
};

/// A NumPy file of rows x columns int32, element (i, j) = 100 i + j.
std::vector<std::byte> NpyFile(std::uint32_t rows, std::uint32_t columns) {
  std::string head = "{'descr': '<i4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " + std::to_string(columns) + "), }";
  head.resize(117, ' ');
  std::string text = std::string("\x93NUMPY\1\0\x76\0", 10) + head + "\n";
  std::vector<std::byte> bytes(text.size() + std::size_t{4} * rows * columns);
  std::memcpy(bytes.data(), text.data(), text.size());
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      const std::uint32_t value = 100 * i + j;
      std::memcpy(bytes.data() + text.size() + std::size_t{4} * (std::size_t{i} * columns + j), &value, 4);
    }
  }
  return bytes;
}

void Save(const std::string& path, const std::vector<std::byte>& bytes) {
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

std::string ArrayPath(const rutter::File& file) {
  auto nodes = file.List();
  REQUIRE(nodes);
  for (const rutter::NodeInfo& node : *nodes) {
    if (node.kind == rutter::NodeKind::kArray) return node.path;
  }
  return {};
}

std::uint32_t At(const std::vector<std::byte>& bytes, std::size_t index) {
  std::uint32_t value;
  std::memcpy(&value, bytes.data() + 4 * index, 4);
  return value;
}

}  // namespace

TEST_CASE("a file is listed, read, saved, mapped and checked through the public interface") {
  Folder folder;
  Save(folder / "a.npy", NpyFile(50, 8));
  auto file = rutter::File::Open(folder / "a.npy");
  REQUIRE(file);
  CHECK(file->is_data_file());
  CHECK(file->format() == "npy");
  auto array = file->OpenArray(ArrayPath(*file));
  REQUIRE(array);
  CHECK(array->info().shape == rutter::Shape{50, 8});
  CHECK(array->info().type.kind == rutter::ElementKind::kInteger);
  CHECK(array->info().type.size_bytes == 4);
  CHECK(array->info().type.numpy == "<i4");

  auto slice = rutter::ParseSlice("10:20:3,::-1", array->info().shape);
  REQUIRE(slice);
  CHECK(rutter::ResultShape(*slice) == rutter::Shape{4, 8});
  auto bytes = array->Read(*slice);
  REQUIRE(bytes);
  CHECK(At(*bytes, 0) == 1007);
  CHECK(At(*bytes, 31) == 1900);
  std::vector<std::byte> own(bytes->size());
  REQUIRE(array->Read(*slice, own));
  CHECK((own == *bytes));
  CHECK(array->Read(*slice, std::span(own).first(8)).error().code == rutter::ErrorCode::kInvalidArgument);
  auto json = array->ReadJson(*rutter::ParseSlice("3,:2", array->info().shape));
  REQUIRE(json);
  CHECK(json->find("[300,301]") != std::string::npos);

  rutter::ReadOptions options;
  REQUIRE(array->Save(*slice, folder / "part.npy", options));
  CHECK(options.progress.done() == bytes->size());
  auto part = rutter::File::Open(folder / "part.npy");
  REQUIRE(part);
  auto again = part->OpenArray(ArrayPath(*part));
  REQUIRE(again);
  CHECK((*again->Read(rutter::WholeSlice(again->info().shape)) == *bytes));

  auto map = file->WriteMap(folder / "a.json");
  REQUIRE(map);
  CHECK(map->arrays == 1);
  CHECK(file->WriteMap(folder / "a.what").error().code == rutter::ErrorCode::kInvalidArgument);
  auto mapped = rutter::File::Open(folder / "a.json");
  REQUIRE(mapped);
  CHECK_FALSE(mapped->is_data_file());
  auto through = mapped->OpenArray(array->path());
  REQUIRE(through);
  CHECK((*through->Read(*slice) == *bytes));
  auto check = mapped->Check({.decode = true, .progress = {}});
  REQUIRE(check);
  CHECK(check->arrays == 1);
  CHECK(file->counters().wanted_bytes > 0);
}

TEST_CASE("failures come with their code and place") {
  Folder folder;
  auto none = rutter::File::Open(folder / "none.npy");
  REQUIRE_FALSE(none);
  CHECK(none.error().code == rutter::ErrorCode::kNotFound);
  CHECK(none.error().source == folder / "none.npy");
  CHECK(std::string(rutter::ErrorCodeName(none.error().code)) == "not-found");
  CHECK(none.error().ToString().find("not-found") != std::string::npos);
  auto bytes = NpyFile(50, 8);
  bytes.resize(bytes.size() - 400);
  Save(folder / "short.npy", bytes);
  auto file = rutter::File::Open(folder / "short.npy");
  REQUIRE(file);
  auto array = file->OpenArray(ArrayPath(*file));
  REQUIRE_FALSE(array);
  CHECK(array.error().code == rutter::ErrorCode::kTruncated);
  CHECK(file->OpenArray("/").error().code == rutter::ErrorCode::kInvalidArgument);
  CHECK(rutter::ParseSlice("1:2,3:4,5:6", {10, 10}).error().code == rutter::ErrorCode::kInvalidArgument);
}

TEST_CASE("what a damaged file does not give is told by its list, the report of its map, and the list of the map") {
  Folder folder;
  fs::copy_file(rutter::ProjectFolder() / "fixtures/regress/map_read/group_without_its_heap.h5", folder / "cut.h5");
  auto file = rutter::File::Open(folder / "cut.h5");
  REQUIRE(file);
  auto report = file->WriteMap(folder / "cut.json");
  REQUIRE(report);
  REQUIRE(report->unmapped.size() == 1);
  CHECK(report->unmapped[0].path == "/");
  CHECK(report->unmapped[0].part == rutter::UnmappedPart::kMembers);
  CHECK(report->unmapped[0].reason.code == rutter::ErrorCode::kTruncated);
  auto map = rutter::File::Open(folder / "cut.json");
  REQUIRE(map);
  for (const rutter::File* either : {&*file, &*map}) {
    auto nodes = either->List();
    REQUIRE(nodes);
    REQUIRE(nodes->size() == 1);
    CHECK(nodes->front().kind == rutter::NodeKind::kGroup);
    REQUIRE(nodes->front().failure);
    CHECK(nodes->front().failure->code == rutter::ErrorCode::kTruncated);
    CHECK(!nodes->front().attributes_failure);
  }
}

TEST_CASE("one handle is shared by many threads") {
  Folder folder;
  Save(folder / "a.npy", NpyFile(400, 16));
  auto file = rutter::File::Open(folder / "a.npy");
  REQUIRE(file);
  auto array = file->OpenArray(ArrayPath(*file));
  REQUIRE(array);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t, own = *array] {
      for (unsigned round = 0; round < 20; ++round) {
        const std::uint64_t row = (t * 37 + round * 11) % 400;
        auto bytes = own.Read({{row, 1, 1, true}, {0, 16, 1, false}});
        if (!bytes || At(*bytes, 15) != 100 * row + 15) ++wrong;
        if (file->counters().wanted_bytes == 0) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a token used on another thread ends a wait for a silent server") {
  rutter::RangeServer server(NpyFile(200'000, 8));
  rutter::OpenOptions open;
  auto file = rutter::File::Open(server.Url(), open);
  REQUIRE(file);
  auto array = file->OpenArray(ArrayPath(*file));
  REQUIRE(array);
  server.silent = true;
  const int before = server.requests;
  rutter::ReadOptions options;
  std::thread canceller([&] {
    while (server.requests == before) std::this_thread::yield();
    options.cancel.Cancel();
  });
  auto bytes = array->Read(rutter::WholeSlice(array->info().shape), options);
  canceller.join();
  REQUIRE_FALSE(bytes);
  CHECK(bytes.error().code == rutter::ErrorCode::kCancelled);
  // Others go on: only that read was given up.
  server.silent = false;
  CHECK(array->Read(*rutter::ParseSlice("7,:", array->info().shape)));

  server.silent = true;
  const int then = server.requests;
  std::thread closer([&] {
    while (server.requests == then) std::this_thread::yield();
    open.cancel.Cancel();
  });
  auto check = array->Read(*rutter::ParseSlice("150000:", array->info().shape));
  closer.join();
  REQUIRE_FALSE(check);
  CHECK(check.error().code == rutter::ErrorCode::kCancelled);
  CHECK(rutter::File::Open(server.Url(), open).error().code == rutter::ErrorCode::kCancelled);
}
