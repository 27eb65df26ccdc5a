#include "formats/hdf5/describe.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/thread_pool.h"
#include "formats/hdf5/cache_image.h"
#include "formats/hdf5/fetch_ahead.h"
#include "formats/hdf5/groups/group.h"
#include "formats/hdf5/object_describer.h"
#include "formats/hdf5/path_table.h"

namespace rutter::hdf5 {
namespace {

constexpr std::size_t kWorthThreads = 256;  ///< Objects; fewer are described sooner than other threads wake.
constexpr std::size_t kBatchObjects = 32;
constexpr unsigned kMaxThreads = 4;

/// An object that is to be described. Its header goes with it, so that it is read once; null where too many would wait.
struct FoundObject {
  Node* node = nullptr;
  std::unique_ptr<ObjectHeader> header;
};

/// Headers to be used again. Not thread-safe.
class HeaderPool {
 public:
  /// Takes the content of `header`, which gets room of an earlier one for it. Null where that would keep too much.
  std::unique_ptr<ObjectHeader> Keep(ObjectHeader& header) {
    if (header.messages.size() > kMaxMessages || header.chunks.size() > kMaxMessages) return nullptr;
    std::unique_ptr<ObjectHeader> kept;
    if (!free_.empty()) {
      kept = std::move(free_.back());
      free_.pop_back();
    } else if (made_ < kMaxHeaders) {
      kept = std::make_unique<ObjectHeader>();
      ++made_;
    } else {
      return nullptr;
    }
    std::swap(*kept, header);
    return kept;
  }
  void GiveBack(std::unique_ptr<ObjectHeader> header) {
    if (header != nullptr) free_.push_back(std::move(header));
  }

 private:
  static constexpr std::size_t kMaxHeaders = 1024, kMaxMessages = 64;  ///< 4 MB in all.
  std::vector<std::unique_ptr<ObjectHeader>> free_;
  std::size_t made_ = 0;
};

/// Objects that wait to be described, from the thread that finds them to those that describe them, and their headers back.
class ObjectQueue {
 public:
  void Push(std::vector<FoundObject>& objects, HeaderPool& pool) {
    std::lock_guard lock(mutex_);
    waiting_.insert(waiting_.end(), std::move_iterator(objects.begin()), std::move_iterator(objects.end()));
    objects.clear();
    for (auto& header : used_) pool.GiveBack(std::move(header));
    used_.clear();
    changed_.notify_one();
  }
  /// No more objects come.
  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  /// Replaces the objects of `batch`, which are described, by the next ones; by none once there will be no more.
  void Pop(std::vector<FoundObject>& batch) {
    std::unique_lock lock(mutex_);
    for (FoundObject& object : batch) {
      if (object.header != nullptr) used_.push_back(std::move(object.header));
    }
    batch.clear();
    changed_.wait(lock, [&] { return !waiting_.empty() || closed_; });
    const auto count = static_cast<std::ptrdiff_t>(std::min(kBatchObjects, waiting_.size()));
    std::move(waiting_.begin(), waiting_.begin() + count, std::back_inserter(batch));
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FoundObject> waiting_;
  std::vector<std::unique_ptr<ObjectHeader>> used_;
  bool closed_ = false;
};

/// Walks from group to group, breadth first; every object is described once, under the name met first. One thread lists
/// the groups, which fixes all names and their order; several describe what it finds.
class Walk {
 public:
  Walk(const OpenedFile& opened, Map& map, std::vector<std::shared_ptr<ByteSource>>& open_sources)
      : file_(opened.file),
        superblock_(opened.superblock),
        objects_(*file_, *opened.superblock),
        resolver_(std::make_shared<Resolver>(file_)),
        budget_(file_->limits()),
        map_(map) {
    const unsigned threads = std::clamp(ThreadPool::NumCores(), 1u, kMaxThreads);
    for (unsigned i = 0; i < threads; ++i) {
      describers_.push_back(std::make_unique<ObjectDescriber>(file_, *opened.superblock, objects_.shared_kept(), resolver_, budget_, map, open_sources));
    }
  }

  Status Run(std::uint64_t root_header) {
    if (file_->is_far()) RUTTER_TRY(FetchMetadataAhead(file_, *superblock_, root_header));
    Node& root = map_.root;
    paths_->Add(root_header, PathTable::kNone, "");
    RUTTER_TRY(file_->CountObject());
    RUTTER_TRY(MeetObject(root, root_header, 0, 0));
    RUTTER_TRY(DescribeFound());
    if (root.kind == NodeKind::kUnreadable) return Fail(std::move(*root.failure));
    if (root.kind != NodeKind::kGroup) {
      return Fail(file_->MakeErrorAt(ErrorCode::kCorrupt, "the root object is no group", root_header, "object header", "HDF5 4.0, Format Signature and Superblock"));
    }
    while (!groups_.empty() && found_.size() < kWorthThreads) RUTTER_TRY(ListNextGroup());
    RUTTER_TRY(found_.size() < kWorthThreads ? DescribeFound() : RunOnThreads());
    resolver_->SetPaths(paths_);
    for (const auto& describer : describers_) describer->Finish();
    return {};
  }

 private:
  struct PendingGroup {
    Node* node;
    std::uint32_t entry;  ///< In the path table.
    std::uint32_t depth;
    std::optional<SymbolTable> table;  ///< Where the header said that; then it need not be read again.
  };

  Status ListNextGroup() {
    PendingGroup group = groups_.front();
    groups_.pop_front();
    return ListChildren(group);
  }

  Status DescribeFound() {
    for (FoundObject& object : found_) {
      RUTTER_TRY(Describe(*describers_[0], object));
      headers_.GiveBack(std::move(object.header));
    }
    found_.clear();
    return {};
  }

  static Status Describe(ObjectDescriber& describer, const FoundObject& object) {
    return object.header == nullptr ? describer.Describe(*object.node) : describer.Describe(*object.node, *object.header);
  }

  /// Lists the groups that are left while other threads describe what was found; then helps them.
  Status RunOnThreads() {
    ObjectQueue queue;
    auto list = [&]() -> Status {
      queue.Push(found_, headers_);
      while (!groups_.empty()) {
        RUTTER_TRY(ListNextGroup());
        if (found_.size() < kBatchObjects && !groups_.empty()) continue;
        queue.Push(found_, headers_);
      }
      return {};
    };
    return ThreadPool::Shared().ParallelFor(describers_.size(), static_cast<unsigned>(describers_.size()), nullptr, [&](std::uint64_t task, unsigned) -> Status {
      if (task == 0) {
        struct Closer {
          ObjectQueue& queue;
          ~Closer() { queue.Close(); }
        } closer{queue};
        RUTTER_TRY(list());
      }
      std::vector<FoundObject> batch;
      for (queue.Pop(batch); !batch.empty(); queue.Pop(batch)) {
        for (const FoundObject& object : batch) RUTTER_TRY(Describe(*describers_[task], object));
      }
      return {};
    });
  }

  /// Notes the object at `address` as one to be described, and to be listed where it is a group.
  Status MeetObject(Node& node, std::uint64_t address, std::uint32_t entry, std::uint32_t depth) {
    node.address = address;
    if (auto status = objects_.Read(address, header_); !status) return MakeUnreadable(node, std::move(status).error());
    if (IsGroup(header_)) groups_.push_back({&node, entry, depth, OldStyleTable(*file_, header_)});
    if (AddsSources(header_)) return describers_[0]->Describe(node, header_);
    found_.push_back({&node, headers_.Keep(header_)});
    return {};
  }

  Status ListChildren(const PendingGroup& group) {
    Node& parent = *group.node;
    if (group.table) {
      RUTTER_TRY(ListGroup(objects_, *group.table, links_));
    } else {
      RUTTER_TRY(objects_.Read(parent.address, header_));
      RUTTER_TRY(ListGroup(objects_, header_, links_));
    }
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
        RUTTER_TRY(MakeUnreadable(child, std::move(*entry.failure)));
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
      return MakeUnreadable(child, file_->MakeErrorAt(ErrorCode::kLimit, "groups nested deeper than " + std::to_string(file_->limits().group_depth) + " (Limits::group_depth)",
                                                  link.address, "group", ""));
    }
    // The header and the list of links are reused for every object; the links of this group wait meanwhile.
    return MeetObject(child, link.address, entry, group.depth + 1);
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
  std::shared_ptr<const Superblock> superblock_;
  ObjectReader objects_;
  std::shared_ptr<Resolver> resolver_;
  ValueBudget budget_;
  std::vector<std::unique_ptr<ObjectDescriber>> describers_;  ///< The first is the walk's own.
  Map& map_;
  std::shared_ptr<PathTable> paths_ = std::make_shared<PathTable>();
  std::deque<PendingGroup> groups_;
  std::vector<FoundObject> found_;  ///< Not yet described.
  HeaderPool headers_;
  ObjectHeader header_;
  GroupLinks links_;
};

}  // namespace

Result<OpenedFile> OpenHdf5(std::shared_ptr<ByteSource> source, std::shared_ptr<SourceOpener> opener, const Limits& limits) {
  OpenedFile opened;
  opened.file = std::make_shared<File>(source, opener, limits);
  RUTTER_ASSIGN(auto superblock, ReadSuperblock(*opened.file));
  if (superblock.cache_image) {
    RUTTER_ASSIGN(auto metadata, OpenCacheImage(opened.file, *superblock.cache_image));
    opened.file = std::make_shared<File>(std::move(source), std::move(opener), limits, std::move(metadata));
    opened.file->SetLayout(superblock.sizes, superblock.position);
  }
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
