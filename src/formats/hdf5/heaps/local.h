#pragma once
// Local heap: the names of an old-style group. Source: HDF5 4.0, "Disk Format: Level 1D - Local Heaps".

#include <string_view>

#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

class LocalHeap {
 public:
  /// Errors: kCorrupt, kTruncated, kLimit.
  static Result<LocalHeap> Open(File& file, std::uint64_t address);
  /// The NUL-terminated name at `offset`, inside the data segment only; valid while the File lives.
  Result<std::string_view> Name(std::uint64_t offset) const;

 private:
  File* file_ = nullptr;
  std::uint64_t data_address_ = 0;
  std::span<const std::byte> data_;
};

}  // namespace rutter::hdf5
