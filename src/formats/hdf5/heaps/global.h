#pragma once
// Global heap: variable-length data. Source: HDF5 4.0, "Disk Format: Level 1E - Global Heap".

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

/// Objects of the global heap collections of one file. Thread-safe; collections are parsed once and kept.
class GlobalHeap {
 public:
  explicit GlobalHeap(File& file);
  ~GlobalHeap();
  /// The bytes of object `index` of the collection at `address`; valid while the File lives.
  /// Errors: kCorrupt (no such object, a size past the collection, a list that does not advance), kTruncated, kLimit.
  Result<std::span<const std::byte>> Object(std::uint64_t address, std::uint32_t index);

 private:
  struct Collection;
  static constexpr unsigned kRecentBits = 8;

  /// Kept from now on, failed or not.
  const Collection& Load(std::uint64_t address);
  static std::size_t RecentSlot(std::uint64_t address) { return static_cast<std::size_t>(address * 0x9E3779B97F4A7C15ull >> (64 - kRecentBits)); }

  File& file_;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::unique_ptr<const Collection>> collections_;  ///< Failed ones too.
  /// Into `collections_`, for readers that do not wait for each other.
  std::array<std::atomic<const Collection*>, 1u << kRecentBits> recent_{};
  std::uint64_t parsed_bytes_ = 0;  ///< Of all collections; they do not overlap, so it stays below the file's size.
};

}  // namespace rutter::hdf5
