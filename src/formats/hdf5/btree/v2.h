#pragma once
// Version 2 B-trees. Source: HDF5 4.0, "Disk Format: Level 1A2 - Version 2 B-trees".

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

/// The header of a version 2 B-tree.
struct BTreeV2Header {
  std::uint8_t type = 0;  ///< 1 to 11: what the records are.
  std::uint32_t node_bytes = 0;
  std::uint16_t record_bytes = 0, depth = 0;
  std::uint8_t split_percent = 0, merge_percent = 0;
  std::optional<std::uint64_t> root;
  std::uint16_t root_records = 0;
  std::uint64_t total_records = 0;
};

Result<BTreeV2Header> ReadBTreeV2Header(File& file, std::uint64_t address);

/// Visits every record in order. Iterative, level by level where that lets reads be batched; visited set; depth <=
/// Limits::depth; checksums verified. `expected_type` 0 accepts any. Records are valid during the call.
Status VisitBTreeV2(File& file, std::uint64_t header_address, std::uint8_t expected_type,
                    const std::function<Status(std::span<const std::byte> record)>& visit);

}  // namespace rutter::hdf5
