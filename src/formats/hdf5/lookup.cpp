// One dataset by its path: what virtual datasets and external links ask for.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/hdf5/dataset.h"
#include "formats/hdf5/describe.h"
#include "formats/hdf5/groups/group.h"

namespace rutter::hdf5 {
namespace {

constexpr unsigned kMaxLinkHops = 64;
constexpr std::size_t kMaxPathParts = 4'096;

Error NotFound(const File& file, const std::string& path) {
  Error error = MakeError(ErrorCode::kNotFound, "no object \"" + path + "\"");
  error.where.source = file.name();
  return error;
}

/// Pushes the parts of a path in front of what is still to be walked; the next part is at the back.
void PushParts(std::string_view path, std::vector<std::string>& parts) {
  std::vector<std::string> fresh;
  while (!path.empty()) {
    std::size_t slash = std::min(path.find('/'), path.size());
    std::string_view part = path.substr(0, slash);
    if (!part.empty() && part != ".") fresh.emplace_back(part);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  parts.insert(parts.end(), std::make_move_iterator(fresh.rbegin()), std::make_move_iterator(fresh.rend()));
}

struct Found {
  OpenedFile file;
  std::uint64_t header = 0;
};

Result<Found> FindObject(OpenedFile opened, const std::string& path) {
  std::vector<std::string> parts;
  PushParts(path, parts);
  Found at{std::move(opened), 0};
  at.header = at.file.root_header;
  unsigned hops = 0;
  ObjectHeader header;
  GroupLinks links;
  auto objects = std::make_unique<ObjectReader>(*at.file.file, *at.file.superblock);
  while (!parts.empty()) {
    if (parts.size() > kMaxPathParts || hops > kMaxLinkHops) {
      return Fail(at.file.file->MakeErrorAt(ErrorCode::kLimit, "links that lead to links more than " + std::to_string(kMaxLinkHops) + " times", at.header, "link", ""));
    }
    std::string part = std::move(parts.back());
    parts.pop_back();
    RUTTER_TRY(objects->Read(at.header, header));
    if (!IsGroup(header)) return Fail(NotFound(*at.file.file, path));
    RUTTER_TRY(ListGroup(*objects, header, links));
    auto entry = std::find_if(links.entries.begin(), links.entries.end(), [&](const GroupEntry& e) { return e.link.name == part; });
    if (entry == links.entries.end()) {
      if (links.failure) return Fail(std::move(*links.failure));
      return Fail(NotFound(*at.file.file, path));
    }
    if (entry->failure) return Fail(std::move(*entry->failure));
    const LinkMessage& link = entry->link;
    switch (link.kind) {
      case LinkKind::kHard: at.header = link.address; break;
      case LinkKind::kSoft:
        ++hops;
        if (link.target.starts_with("/")) at.header = at.file.root_header;
        PushParts(link.target, parts);
        break;
      case LinkKind::kExternal: {
        ++hops;
        const File& file = *at.file.file;
        RUTTER_ASSIGN(auto source, file.opener()->Open(link.target_file, file.name()));
        std::string target(link.target);
        RUTTER_ASSIGN(auto other, OpenHdf5(std::move(source), file.opener(), file.limits()));
        links.Clear();
        at.file = std::move(other);
        at.header = at.file.root_header;
        objects = std::make_unique<ObjectReader>(*at.file.file, *at.file.superblock);
        PushParts(target, parts);
        break;
      }
      case LinkKind::kUser:
        return Fail(at.file.file->MakeErrorAt(ErrorCode::kUnsupported, "a user-defined link of class " + std::to_string(link.link_class), at.header, "link", "HDF5 4.0, The Link Message"));
    }
  }
  return at;
}

}  // namespace

Result<std::shared_ptr<const MosaicSource>> OpenDataset(const OpenedFile& opened, const std::string& path) {
  RUTTER_ASSIGN(Found found, FindObject(opened, path));
  const std::shared_ptr<File>& file = found.file.file;
  ObjectReader objects(*file, *found.file.superblock);
  ObjectHeader header;
  RUTTER_TRY(objects.Read(found.header, header));
  if (IsGroup(header) || !IsDataset(header)) {
    Error error = NotFound(*file, path);
    error.code = ErrorCode::kInvalidArgument;
    error.message = "\"" + path + "\" is no dataset";
    return Fail(std::move(error));
  }
  auto result = std::make_shared<MosaicSource>();
  auto array = std::make_shared<Array>();
  auto open_sources = std::make_shared<std::vector<std::shared_ptr<ByteSource>>>();
  result->sources.push_back(MainSource(*file));
  open_sources->push_back(file->source());
  DatasetContext context{file, objects, std::make_shared<Resolver>(file), result->sources, *open_sources};
  RUTTER_TRY(DescribeDataset(context, header, *array));
  result->array = std::move(array);
  result->pool = std::move(open_sources);
  return std::shared_ptr<const MosaicSource>(std::move(result));
}

}  // namespace rutter::hdf5
