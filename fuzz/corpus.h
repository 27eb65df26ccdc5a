#pragma once
// The files that the drivers damage: small real ones that a format of the engine knows.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rutter::fuzz {

struct SeedFile {
  std::string path;
  std::vector<std::byte> bytes;
  std::vector<std::pair<std::string, std::vector<std::byte>>> siblings;  ///< Files of the same stem beside it.

  std::vector<std::pair<std::string, std::span<const std::byte>>> SiblingSpans() const;
};

/// Files of at most `max_bytes` in these files and folders (searched to any depth, sorted by path) that a registered
/// format claims by content or, with a sidecar, by name.
std::vector<SeedFile> LoadSeeds(const std::vector<std::string>& inputs, std::uint64_t max_bytes);

}  // namespace rutter::fuzz
