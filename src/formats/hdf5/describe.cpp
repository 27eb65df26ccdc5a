#include "formats/hdf5/describe.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "formats/hdf5/attributes.h"
#include "formats/hdf5/dataset.h"
#include "formats/hdf5/groups/group.h"
#include "formats/hdf5/path_table.h"

namespace rutter::hdf5 {
namespace {

/// Walks from group to group, breadth first; every object is described once, under the name met first.
class Walk {
 public:
  Walk(const OpenedFile& opened, Map& map, std::vector<std::shared_ptr<ByteSource>>& open_sources)
      : file_(opened.file),
        objects_(*file_, *opened.superblock),
        resolver_(std::make_shared<Resolver>(file_)),
        attributes_(objects_, *resolver_),
        datasets_{file_, objects_, resolver_, map.sources, open_sources},
        map_(map) {}

  Status Run(std::uint64_t root_header) {
    Node& root = map_.root;
    paths_->Add(root_header, PathTable::kNone, "");
    RUTTER_TRY(file_->CountObject());
    RUTTER_TRY(DescribeObject(root, root_header, 0, 0));
    if (root.kind == NodeKind::kUnreadable) return Fail(std::move(*root.failure));
    if (root.kind != NodeKind::kGroup) {
      return Fail(file_->MakeErrorAt(ErrorCode::kCorrupt, "the root object is no group", root_header, "object header", "HDF5 4.0, Format Signature and Superblock"));
    }
    while (!groups_.empty()) {
      PendingGroup group = std::move(groups_.front());
      groups_.pop_front();
      RUTTER_TRY(ListChildren(group));
    }
    resolver_->SetPaths(paths_);
    attributes_.Finish();
    return {};
  }

 private:
  struct PendingGroup {
    Node* node;
    std::uint32_t entry;  ///< In the path table.
    std::uint32_t depth;
  };

  /// Reads the object at `address` into `node`. Damage makes the node unreadable.
  Status DescribeObject(Node& node, std::uint64_t address, std::uint32_t entry, std::uint32_t depth) {
    node.address = address;
    if (auto status = objects_.Read(address, header_); !status) return Unreadable(node, std::move(status).error());
    if (IsGroup(header_)) {
      node.kind = NodeKind::kGroup;
      groups_.push_back({&node, entry, depth});
    } else if (IsDataset(header_)) {
      node.kind = NodeKind::kArray;
      node.array = std::make_unique<Array>();
      if (auto status = DescribeDataset(datasets_, header_, *node.array); !status) {
        node.array.reset();
        RUTTER_TRY(Unreadable(node, std::move(status).error()));
      } else if (node.array->failure && node.array->failure->where.path.empty()) {
        node.array->failure->where.path = node.Path();
      }
    } else if (const HeaderMessage* message = header_.Find(MessageType::kDatatype)) {
      node.kind = NodeKind::kNamedType;
      auto known = objects_.Datatype(*message);
      if (!known) {
        RUTTER_TRY(Unreadable(node, std::move(known).error()));
      } else {
        node.named_type = std::move(known->dtype);
      }
    } else {
      RUTTER_TRY(Unreadable(node, file_->MakeErrorAt(ErrorCode::kUnsupported, "the object is neither a group nor a dataset nor a datatype", address,
                                                     "object header", "HDF5 4.0, Data Object Headers")));
    }
    RUTTER_TRY(attributes_.Read(header_, node));
    if (node.attributes_failure && node.attributes_failure->where.path.empty()) node.attributes_failure->where.path = node.Path();
    for (Attribute& attribute : node.attributes) {
      if (attribute.failure) attribute.failure->where.path = node.Path();
    }
    return {};
  }

  /// The source failing is the whole file's affair; everything else stays on the node.
  static Status Unreadable(Node& node, Error error) {
    if (error.code == ErrorCode::kIo || error.code == ErrorCode::kSourceChanged) return Fail(std::move(error));
    if (error.where.path.empty()) error.where.path = node.Path();
    node.kind = NodeKind::kUnreadable;
    node.failure = std::move(error);
    return {};
  }

  Status ListChildren(const PendingGroup& group) {
    Node& parent = *group.node;
    RUTTER_TRY(objects_.Read(parent.address, header_));
    RUTTER_TRY(ListGroup(objects_, header_, links_));
    if (links_.failure) SetGroupFailure(parent, std::move(*links_.failure));
    auto& entries = links_.entries;
    auto by_name = [](const GroupEntry& a, const GroupEntry& b) { return a.link.name < b.link.name; };
    if (!std::is_sorted(entries.begin(), entries.end(), by_name)) std::stable_sort(entries.begin(), entries.end(), by_name);
    parent.children.reserve(entries.size());
    std::string_view previous;
    std::size_t nameless = 0;
    for (GroupEntry& entry : entries) {
      std::string name(entry.link.name);
      if (name.empty() || name == "." || name.find('/') != std::string::npos) {
        // No path could lead there.
        if (!entry.failure) {
          entry.failure = std::make_unique<Error>(
              file_->MakeErrorAt(ErrorCode::kCorrupt, "\"" + name + "\" is no name for a link", parent.address, "group", "HDF5 4.0, The Link Message"));
        }
        name = "unreadable link " + std::to_string(nameless++);
      } else if (entry.link.name == previous) {
        SetGroupFailure(parent, file_->MakeErrorAt(ErrorCode::kCorrupt, "two links are named \"" + name + "\"", parent.address, "group", ""));
        continue;
      } else {
        previous = entry.link.name;
      }
      Node& child = *parent.children.emplace_back(std::make_unique<Node>());
      child.parent = &parent;
      child.name = std::move(name);
      if (entry.failure) {
        RUTTER_TRY(Unreadable(child, std::move(*entry.failure)));
      } else {
        RUTTER_TRY(DescribeLink(child, entry.link, group));
      }
    }
    if (links_.tracks_creation_order) OrderByCreation(parent);
    return {};
  }

  Status DescribeLink(Node& child, const LinkMessage& link, const PendingGroup& group) {
    switch (link.kind) {
      case LinkKind::kSoft:
        child.kind = NodeKind::kSoftLink;
        child.target = std::string(link.target);
        return {};
      case LinkKind::kExternal:
        child.kind = NodeKind::kExternalLink;
        child.target = std::string(link.target);
        child.target_file = std::string(link.target_file);
        return {};
      case LinkKind::kUser:
        child.kind = NodeKind::kUserLink;
        child.link_class = link.link_class;
        child.target = std::string(link.target);
        return {};
      case LinkKind::kHard: break;
    }
    std::uint32_t entry = static_cast<std::uint32_t>(paths_->size());
    if (!paths_->Add(link.address, group.entry, child.name)) {
      child.kind = NodeKind::kHardLink;
      child.address = link.address;
      child.target = paths_->PathOf(link.address);
      return objects_.kept().Charge(child.target.size());
    }
    RUTTER_TRY(file_->CountObject());
    if (group.depth + 1 >= file_->limits().group_depth) {
      return Unreadable(child, file_->MakeErrorAt(ErrorCode::kLimit, "groups nested deeper than " + std::to_string(file_->limits().group_depth) + " (Limits::group_depth)",
                                                  link.address, "group", ""));
    }
    // The header and the list of links are reused for every object; the links of this group wait meanwhile.
    return DescribeObject(child, link.address, entry, group.depth + 1);
  }

  static void SetGroupFailure(Node& group, Error error) {
    if (group.failure) return;
    if (error.where.path.empty()) error.where.path = group.Path();
    group.failure = std::move(error);
  }

  /// Nodes stand in the order of their names; creation order is what such a group's writer asked for.
  void OrderByCreation(Node& parent) {
    std::vector<std::pair<std::uint64_t, std::string_view>> order;
    order.reserve(links_.entries.size());
    for (const GroupEntry& entry : links_.entries) order.emplace_back(entry.link.creation_order.value_or(~0ull), entry.link.name);
    // Only where every link became a node the two lists go together.
    if (order.size() != parent.children.size()) return;
    std::vector<std::size_t> places(order.size());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return order[a].first < order[b].first; });
    std::vector<std::unique_ptr<Node>> sorted;
    sorted.reserve(places.size());
    for (std::size_t place : places) sorted.push_back(std::move(parent.children[place]));
    parent.children = std::move(sorted);
  }

  std::shared_ptr<File> file_;
  ObjectReader objects_;
  std::shared_ptr<Resolver> resolver_;
  AttributeReader attributes_;
  DatasetContext datasets_;
  Map& map_;
  std::shared_ptr<PathTable> paths_ = std::make_shared<PathTable>();
  std::deque<PendingGroup> groups_;
  ObjectHeader header_;
  GroupLinks links_;
};

}  // namespace

Result<OpenedFile> OpenHdf5(std::shared_ptr<ByteSource> source, std::shared_ptr<SourceOpener> opener, const Limits& limits) {
  OpenedFile opened;
  opened.file = std::make_shared<File>(std::move(source), std::move(opener), limits);
  RUTTER_ASSIGN(auto superblock, ReadSuperblock(*opened.file));
  opened.root_header = superblock.root_header;
  opened.superblock = std::make_shared<const Superblock>(std::move(superblock));
  return opened;
}

Result<Map> DescribeFile(const OpenedFile& opened, std::vector<std::shared_ptr<ByteSource>>& open_sources) {
  Map map;
  map.format = "hdf5";
  map.notes = opened.superblock->notes;
  map.sources = {MainSource(*opened.file)};
  open_sources = {opened.file->source()};
  RUTTER_TRY(Walk(opened, map, open_sources).Run(opened.root_header));
  return map;
}

}  // namespace rutter::hdf5
