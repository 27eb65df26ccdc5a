#include "io/disk_cache.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

using namespace rutter;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kNow = 1'800'000'000;
const Fingerprint kVersion{1'000'000, std::nullopt, "\"v1\"", ""};

std::byte ByteAt(std::uint64_t offset) { return static_cast<std::byte>(offset * 2654435761u >> 11); }

std::vector<std::byte> Bytes(std::uint64_t offset, std::size_t length) {
  std::vector<std::byte> bytes(length);
  for (std::size_t k = 0; k < length; ++k) bytes[k] = ByteAt(offset + k);
  return bytes;
}

bool Reads(DiskCache::Version& version, std::uint64_t offset, std::size_t length) {
  std::vector<std::byte> out(length);
  return version.Read(offset, out) && out == Bytes(offset, length);
}

struct Folder {
  std::string path;
  Folder() : path((fs::temp_directory_path() / "rutter-cache-XXXXXX").string()) { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { fs::remove_all(path); }
  DiskCacheOptions Options(std::uint64_t max_bytes = 1 << 30) const { return {path, max_bytes, 300}; }
  std::vector<fs::path> Segments() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".seg") found.push_back(entry.path());
    }
    return found;
  }
};

}  // namespace

TEST_CASE("what one cache keeps, the next one finds, over the borders of what was written") {
  Folder folder;
  {
    DiskCache cache(folder.Options());
    auto version = cache.Open("http://h/a", kVersion, kNow);
    REQUIRE(version != nullptr);
    CHECK(cache.Open("http://h/a", kVersion, kNow) == version);
    version->Write(100, Bytes(100, 50));
    version->Write(150, Bytes(150, 1'000));
    version->Write(120, Bytes(120, 10));
    CHECK(Reads(*version, 100, 1'050));
    CHECK_FALSE(Reads(*version, 99, 10));
  }
  DiskCache cache(folder.Options());
  auto version = cache.Open("http://h/a", kVersion, kNow);
  CHECK(Reads(*version, 100, 1'050));
  CHECK(Reads(*version, 149, 2));
  CHECK_FALSE(Reads(*version, 1'149, 2));
  CHECK_FALSE(Reads(*cache.Open("http://h/b", kVersion, kNow), 100, 10));
  CHECK_FALSE(Reads(*cache.Open("http://h/a", {1'000'001, std::nullopt, "\"v1\"", ""}, kNow), 100, 10));
  CHECK_FALSE(Reads(*cache.Open("http://h/a", {1'000'000, std::nullopt, "\"v2\"", ""}, kNow), 100, 10));
}

TEST_CASE("what no validator proves is not kept") {
  Folder folder;
  DiskCache cache(folder.Options());
  CHECK(cache.Open("http://h/a", {10, std::nullopt, "", ""}, kNow) == nullptr);
  CHECK(cache.Open("http://h/a", {10, std::nullopt, "W/\"v1\"", ""}, kNow) == nullptr);
  CHECK(cache.Open("http://h/a", {10, std::nullopt, "", "yesterday"}, kNow) == nullptr);
  CHECK(cache.Open("http://h/a", {10, std::nullopt, "", "Fri, 15 Jan 2027 07:59:30 GMT"}, kNow) == nullptr);  // half a minute before
  CHECK(cache.Open("http://h/a", {10, std::nullopt, "", "Fri, 15 Jan 2027 07:58:00 GMT"}, kNow) != nullptr);
}

TEST_CASE("every truncation and every flipped bit of a segment is noticed") {
  Folder folder;
  {
    DiskCache cache(folder.Options());
    auto version = cache.Open("http://h/a", kVersion, kNow);
    for (std::uint64_t k = 0; k < 4; ++k) version->Write(1'000 * k, Bytes(1'000 * k, 40));
  }
  const fs::path path = folder.Segments().at(0);
  std::string whole(fs::file_size(path), '\0');
  std::ifstream(path, std::ios::binary).read(whole.data(), static_cast<std::streamsize>(whole.size()));
  auto wrong = [&](const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc).write(content.data(), static_cast<std::streamsize>(content.size()));
    DiskCache cache(folder.Options());
    auto version = cache.Open("http://h/a", kVersion, kNow);
    int found = 0;
    for (std::uint64_t k = 0; k < 4; ++k) {
      std::vector<std::byte> out(40);
      if (!version->Read(1'000 * k, out)) continue;
      if (out != Bytes(1'000 * k, 40)) return 100;
      ++found;
    }
    return found;
  };
  CHECK(wrong(whole) == 4);
  for (std::size_t length = 0; length < whole.size(); ++length) CHECK(wrong(whole.substr(0, length)) == static_cast<int>(length / 80));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    CHECK(wrong(flipped) <= 3);
  }
}

TEST_CASE("a version is current for a while after the server told of it") {
  Folder folder;
  DiskCache cache(folder.Options());
  CHECK_FALSE(cache.Latest("http://h/a", kNow));
  cache.Confirm("http://h/a", kVersion, kNow);
  REQUIRE(cache.Latest("http://h/a", kNow + 300));
  CHECK(cache.Latest("http://h/a", kNow + 300)->etag == "\"v1\"");
  CHECK_FALSE(cache.Latest("http://h/a", kNow + 301));
  CHECK_FALSE(cache.Latest("http://h/a", kNow - 1));  // the clock was set back
  CHECK_FALSE(cache.Latest("http://h/b", kNow));
}

TEST_CASE("the oldest segments go when there are too many bytes") {
  Folder folder;
  DiskCache cache(folder.Options(100'000));
  for (int k = 0; k < 40; ++k) cache.Open("http://h/" + std::to_string(k), kVersion, kNow)->Write(0, Bytes(0, 10'000));
  std::uint64_t bytes = 0;
  for (const fs::path& path : folder.Segments()) bytes += fs::file_size(path);
  CHECK(bytes > 0);
  CHECK(bytes <= 100'000);
  CHECK(Reads(*cache.Open("http://h/39", kVersion, kNow), 0, 10'000));
}

TEST_CASE("many threads share one cache, and two caches one folder") {
  Folder folder;
  DiskCache first(folder.Options(1 << 20)), second(folder.Options(1 << 20));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 6; ++thread) {
    threads.emplace_back([&, thread] {
      DiskCache& cache = thread % 2 == 0 ? first : second;
      for (std::uint64_t k = 0; k < 60; ++k) {
        auto version = cache.Open("http://h/" + std::to_string(k % 3), kVersion, kNow);
        const std::uint64_t offset = (k * 7'919 + static_cast<std::uint64_t>(thread) * 104'729) % 900'000;
        version->Write(offset, Bytes(offset, 5'000));
        std::vector<std::byte> out(3'000);
        if (version->Read(offset + 1'000, out) && out != Bytes(offset + 1'000, 3'000)) ++wrong;
        cache.Confirm("http://h/" + std::to_string(k % 3), kVersion, kNow);
        if (auto latest = cache.Latest("http://h/1", kNow); latest && latest->etag != "\"v1\"") ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}
