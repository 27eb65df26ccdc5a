#pragma once
// Which path leads to the object at an address: the visited set of the walk, kept for references.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rutter::hdf5 {

/// Objects in the order in which they were met. Not thread-safe to change; safe to read.
class PathTable {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  /// Adds an object below entry `parent` (kNone: the root itself). False where the address is known already.
  bool Add(std::uint64_t address, std::uint32_t parent, std::string_view name);
  /// The entry of an address; kNone where it was never met.
  std::uint32_t Find(std::uint64_t address) const;
  /// "/" for the root.
  std::string Path(std::uint32_t entry) const;
  /// The path of the object at an address; empty where no path leads to it.
  std::string PathOf(std::uint64_t address) const;
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint32_t parent = kNone;
    std::uint32_t name_bytes = 0;
    std::uint64_t name_offset = 0;
  };
  std::vector<Entry> entries_;
  std::string names_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_address_;
};

}  // namespace rutter::hdf5
