#pragma once
// The links of one group, however it keeps them.
// Sources: HDF5 4.0, "Disk Format: Level 1B - Group Symbol Table Nodes", "Level 1C - Symbol Table Entry", "Level 1D - Local
// Heaps" (old style); "The Link Info Message", "The Link Message" (compact and dense).

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "formats/hdf5/messages/group_messages.h"
#include "formats/hdf5/messages/link.h"
#include "formats/hdf5/object_reader.h"

namespace rutter::hdf5 {

/// A link, or what is left of one that cannot be read.
struct GroupEntry {
  LinkMessage link;
  std::unique_ptr<Error> failure;  ///< Set: `link` may lack anything, its name too.
};

/// Views in `entries` point into the File or into `owned`.
struct GroupLinks {
  std::vector<GroupEntry> entries;
  std::vector<std::vector<std::byte>> owned;
  bool tracks_creation_order = false;
  std::optional<Error> failure;  ///< The list is not complete: an index is damaged.

  void Clear();
};

/// True where the header is a group's.
bool IsGroup(const ObjectHeader& header);

/// Where an old-style group keeps its links; nullopt for other groups, and where that cannot be decoded.
std::optional<SymbolTable> OldStyleTable(const File& file, const ObjectHeader& header);

/// Lists a group's links in the order of its index. Damage stays on the entry, or in GroupLinks::failure.
/// Errors: kLimit of the whole file only.
Status ListGroup(ObjectReader& objects, const ObjectHeader& header, GroupLinks& links);
/// The same for an old-style group, of which `table` was found before.
Status ListGroup(ObjectReader& objects, const SymbolTable& table, GroupLinks& links);

/// The three ways; the first failure of an index is returned, with what was listed before it kept.
Status ListOldStyle(File& file, const SymbolTable& table, GroupLinks& links);
void ListCompact(ObjectReader& objects, const ObjectHeader& header, GroupLinks& links);
Status ListDense(ObjectReader& objects, const LinkInfo& info, GroupLinks& links);

/// Entries of one symbol table node. Source: HDF5 4.0, "Group Symbol Table Nodes"; the name's offset is as wide as a length,
/// though the specification calls it as wide as an address: so libhdf5 writes and reads it.
struct SymbolTableEntry {
  std::uint64_t name_offset = 0;              ///< In the group's local heap.
  std::optional<std::uint64_t> header;
  std::uint32_t cache_type = 0;               ///< 2: a soft link.
  std::uint32_t soft_link_offset = 0;         ///< In the local heap.
};
Result<std::vector<SymbolTableEntry>> DecodeSymbolTableNode(ByteReader reader, const Sizes& sizes);

}  // namespace rutter::hdf5
