#include "fuzz/corpus.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "formats/registry.h"

namespace rutter::fuzz {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kHeadBytes = 64u << 10;

std::vector<std::byte> ReadFile(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error) return {};
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

bool Claimed(const SeedFile& seed) {
  auto head = std::span(seed.bytes).first(std::min(seed.bytes.size(), kHeadBytes));
  return std::ranges::any_of(AllFormats(), [&](const Format* format) {
    return format->sniff(head, seed.path) > Confidence::kNo;
  });
}

// The name without its last ending, twice where another file shares less ("x.ap.bin" and "x.ap.meta").
void LoadSiblings(SeedFile& seed, std::uint64_t max_bytes) {
  fs::path path(seed.path);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), error)) {
    if (entry.path() == path || entry.path().stem() != path.stem() || !entry.is_regular_file()) continue;
    if (entry.file_size() <= max_bytes) seed.siblings.emplace_back(entry.path().filename().string(), ReadFile(entry.path()));
  }
}

}  // namespace

std::vector<std::pair<std::string, std::span<const std::byte>>> SeedFile::SiblingSpans() const {
  std::vector<std::pair<std::string, std::span<const std::byte>>> spans;
  for (const auto& [name, content] : siblings) spans.emplace_back(name, content);
  return spans;
}

std::vector<SeedFile> LoadSeeds(const std::vector<std::string>& inputs, std::uint64_t max_bytes) {
  std::vector<fs::path> paths;
  for (const std::string& input : inputs) {
    std::error_code error;
    if (!fs::is_directory(input, error)) {
      paths.emplace_back(input);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(input)) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<SeedFile> seeds;
  for (const fs::path& path : paths) {
    std::error_code error;
    auto size = fs::file_size(path, error);
    if (error || size == 0 || size > max_bytes) continue;
    SeedFile seed;
    seed.path = path.string();
    seed.bytes = ReadFile(path);
    if (!Claimed(seed)) continue;
    LoadSiblings(seed, max_bytes);
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

}  // namespace rutter::fuzz
