#pragma once
// Messages that say how a group keeps its links.
// Sources: HDF5 4.0, "The Link Info Message", "The Group Info Message", "The Symbol Table Message".

#include <cstdint>
#include <optional>

#include "base/byte_reader.h"
#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

/// New-style groups: links are dense where `heap` is there, else compact.
struct LinkInfo {
  bool tracks_creation_order = false, indexes_creation_order = false;
  std::optional<std::uint64_t> max_creation_index;
  std::optional<std::uint64_t> heap;            ///< Fractal heap.
  std::optional<std::uint64_t> name_index;      ///< Version 2 B-tree, records of type 5.
  std::optional<std::uint64_t> creation_index;  ///< Version 2 B-tree, records of type 6.
};
Result<LinkInfo> DecodeLinkInfo(ByteReader reader, const Sizes& sizes);

/// Hints for writers; absent fields are the format's defaults.
struct GroupInfo {
  std::optional<std::uint16_t> max_compact, min_dense, estimated_entries, estimated_name_bytes;
};
Result<GroupInfo> DecodeGroupInfo(ByteReader reader);

/// Old-style groups. Both addresses are there.
struct SymbolTable {
  std::uint64_t btree = 0;  ///< Version 1 B-tree, node type 0.
  std::uint64_t heap = 0;   ///< Local heap of names.
};
/// Errors: kCorrupt (an undefined address).
Result<SymbolTable> DecodeSymbolTable(ByteReader reader, const Sizes& sizes);

}  // namespace rutter::hdf5
