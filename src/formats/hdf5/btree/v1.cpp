#include "formats/hdf5/btree/v1.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/inline_vector.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.A.1 Version 1 B-trees";
constexpr std::string_view kStructure = "group B-tree node";

struct GroupNode {
  std::uint8_t level = 0;
  std::uint64_t bytes = 0;
  InlineVector<std::uint64_t, 8> children;
};

/// Addresses that were met. Most trees have a few nodes, for which a search costs less than a set.
class Visited {
 public:
  /// False where it was met before.
  bool Add(std::uint64_t address) {
    if (few_.size() < kFew) {
      if (std::find(few_.begin(), few_.end(), address) != few_.end()) return false;
      few_.push_back(address);
      return true;
    }
    if (many_.empty()) many_.insert(few_.begin(), few_.end());
    return many_.insert(address).second;
  }

 private:
  static constexpr std::size_t kFew = 16;
  InlineVector<std::uint64_t, kFew> few_;
  std::unordered_set<std::uint64_t> many_;
};

Result<GroupNode> ReadGroupNode(File& file, std::uint64_t address) {
  const Sizes& sizes = file.sizes();
  RUTTER_ASSIGN(ByteReader head, file.Open(address, 8 + 2u * sizes.offsets, kStructure, kSpec));
  GroupNode node;
  head.Signature("TREE");
  if (std::uint8_t type = head.U8(); head.ok() && type != 0) {
    head.Fail(ErrorCode::kCorrupt, "node type " + std::to_string(type) + " in a group's tree");
  }
  node.level = head.U8();
  std::uint16_t count = head.U16();
  head.Skip(2u * sizes.offsets);  // siblings: the parent names every child
  RUTTER_TRY(head.Check());

  const std::uint64_t entry_bytes = sizes.lengths + sizes.offsets;
  node.bytes = 8 + 2u * sizes.offsets + count * entry_bytes + (count == 0 ? 0 : sizes.lengths);
  RUTTER_ASSIGN(ByteReader r, file.Open(address, node.bytes, kStructure, kSpec));
  r.Skip(8 + 2u * sizes.offsets);
  node.children.reserve(count);
  for (unsigned i = 0; i < count && r.ok(); ++i) {
    r.Skip(sizes.lengths);  // key: a name's offset in the local heap
    std::optional<std::uint64_t> child = r.Address(sizes.offsets);
    if (r.ok() && !child) r.Fail(ErrorCode::kCorrupt, "a child has no address");
    node.children.push_back(child.value_or(0));
  }
  return r.Finish(std::move(node));
}

}  // namespace

Status VisitGroupBTree(File& file, std::uint64_t root_address, const std::function<Status(std::uint64_t node_address)>& visit) {
  struct Pending {
    std::uint64_t address;
    int level;  ///< -1: a symbol table node; kAnyLevel: the root.
  };
  constexpr int kAnyLevel = 1'000;
  std::vector<Pending> stack;
  stack.reserve(8);
  stack.push_back({root_address, kAnyLevel});
  Visited visited;
  std::uint64_t walked_bytes = 0;
  while (!stack.empty()) {
    Pending next = stack.back();
    stack.pop_back();
    auto corrupt = [&](std::string message) {
      return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, std::move(message), next.address, kStructure, kSpec));
    };
    if (!visited.Add(next.address)) return corrupt("the tree reaches a node twice");
    if (next.level == -1) {
      RUTTER_TRY(visit(next.address));
      continue;
    }
    RUTTER_ASSIGN(GroupNode node, ReadGroupNode(file, next.address));
    if (next.level == kAnyLevel && node.level >= file.limits().depth) {
      return Fail(file.MakeErrorAt(ErrorCode::kLimit, "level " + std::to_string(node.level) + " (Limits::depth)", next.address,
                                   kStructure, kSpec));
    }
    if (next.level != kAnyLevel && node.level != next.level) return corrupt("the level does not fall by one");
    // Nodes do not overlap in a sound file, so all of them together fit it: this bounds the walk over a hostile one.
    walked_bytes += node.bytes;
    if (walked_bytes > file.end()) return corrupt("the nodes of the tree overlap");
    if (file.is_far()) {
      std::vector<std::pair<std::uint64_t, std::uint64_t>> next_level;
      for (std::uint64_t child : node.children) next_level.emplace_back(child, kUsualGroupNodeBytes);
      file.Prefetch(next_level);
    }
    for (auto child = node.children.rbegin(); child != node.children.rend(); ++child) stack.push_back({*child, node.level - 1});
  }
  return {};
}

}  // namespace rutter::hdf5
