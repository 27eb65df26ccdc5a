// Symbol tables: a version 1 B-tree of symbol table nodes, names in a local heap.

#include <utility>

#include "formats/hdf5/btree/v1.h"
#include "formats/hdf5/groups/group.h"
#include "formats/hdf5/heaps/local.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kNode = "symbol table node", kSpec = "HDF5 4.0, Group Symbol Table Nodes";
constexpr std::uint64_t kNodePrefixBytes = 8;
constexpr std::uint64_t kScratchBytes = 16;
constexpr std::uint32_t kSoftLinkCached = 2;

std::uint64_t EntryBytes(const Sizes& sizes) { return std::uint64_t{sizes.lengths} + sizes.offsets + 8 + kScratchBytes; }

GroupEntry ReadEntry(const File& file, const LocalHeap& heap, const SymbolTableEntry& stored, std::uint64_t node) {
  GroupEntry entry;
  auto fail = [&](Error error) {
    entry.failure = std::make_unique<Error>(std::move(error));
    return std::move(entry);
  };
  auto name = heap.Name(stored.name_offset);
  if (!name) return fail(std::move(name).error());
  entry.link.name = *name;
  if (stored.cache_type == kSoftLinkCached) {
    entry.link.kind = LinkKind::kSoft;
    entry.link.link_class = 1;
    auto target = heap.Name(stored.soft_link_offset);
    if (!target) return fail(std::move(target).error());
    entry.link.target = *target;
  } else if (!stored.header) {
    return fail(file.MakeErrorAt(ErrorCode::kCorrupt, "a link to the undefined address", node, kNode, kSpec));
  } else {
    entry.link.address = *stored.header;
  }
  return entry;
}

}  // namespace

Result<std::vector<SymbolTableEntry>> DecodeSymbolTableNode(ByteReader reader, const Sizes& sizes) {
  std::vector<SymbolTableEntry> entries;
  reader.Signature("SNOD");
  reader.Version(1);
  reader.Skip(1);
  std::uint64_t count = reader.U16();
  if (!reader.Fits(count, EntryBytes(sizes))) return reader.Finish(std::move(entries));
  entries.resize(count);
  for (SymbolTableEntry& entry : entries) {
    entry.name_offset = reader.Uint(sizes.lengths);
    entry.header = reader.Address(sizes.offsets);
    entry.cache_type = reader.U32();
    reader.Skip(4);
    ByteReader scratch = reader;
    entry.soft_link_offset = scratch.U32();
    reader.Skip(kScratchBytes);
  }
  return reader.Finish(std::move(entries));
}

Status ListOldStyle(File& file, const SymbolTable& table, GroupLinks& links) {
  const std::pair<std::uint64_t, std::uint64_t> tree{table.btree, kUsualGroupNodeBytes};
  if (file.is_far()) file.Prefetch({&tree, 1});
  auto heap = LocalHeap::Open(file, table.heap);
  // A probe wants to know at once what lies below, whether or not the names are here.
  if (!heap && !file.is_probing()) return Fail(std::move(heap).error());
  RUTTER_TRY(VisitGroupBTree(file, table.btree, [&](std::uint64_t node) -> Status {
    RUTTER_ASSIGN(ByteReader prefix, file.Open(node, kNodePrefixBytes, kNode, kSpec));
    prefix.Skip(6);
    std::uint64_t bytes = kNodePrefixBytes + prefix.U16() * EntryBytes(file.sizes());
    RUTTER_ASSIGN(ByteReader reader, file.Open(node, bytes, kNode, kSpec));
    RUTTER_ASSIGN(auto entries, DecodeSymbolTableNode(std::move(reader), file.sizes()));
    for (const SymbolTableEntry& entry : entries) {
      if (heap) {
        links.entries.push_back(ReadEntry(file, *heap, entry, node));
      } else if (entry.header && entry.cache_type != kSoftLinkCached) {
        links.entries.emplace_back().link.address = *entry.header;
      }
    }
    return {};
  }));
  return heap ? Status() : Status(Fail(std::move(heap).error()));
}

}  // namespace rutter::hdf5
