// Links in a fractal heap, found through the name index.

#include <utility>

#include "formats/hdf5/btree/v2.h"
#include "formats/hdf5/groups/group.h"
#include "formats/hdf5/heaps/fractal.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kRecord = "link name record", kSpec = "HDF5 4.0, Version 2 B-trees, type 5";
constexpr std::uint8_t kNameIndexType = 5;
constexpr std::size_t kHashBytes = 4, kHeapIdBytes = 7;

}  // namespace

Status ListDense(ObjectReader& objects, const LinkInfo& info, GroupLinks& links) {
  File& file = objects.file();
  if (!info.name_index) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "a group with a link heap and no name index", *info.heap, "link info message",
                                 "HDF5 4.0, The Link Info Message"));
  }
  RUTTER_ASSIGN(auto heap, FractalHeap::Open(file, *info.heap));
  if (heap->id_length() != kHeapIdBytes) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "a link heap with ids of " + std::to_string(heap->id_length()) + " bytes", *info.heap, kRecord, kSpec));
  }
  return VisitBTreeV2(file, *info.name_index, kNameIndexType, [&](std::span<const std::byte> record) -> Status {
    if (record.size() < kHashBytes + kHeapIdBytes) {
      return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "a record of " + std::to_string(record.size()) + " bytes", *info.name_index, kRecord, kSpec));
    }
    GroupEntry entry;
    auto object = heap->Object(record.subspan(kHashBytes, kHeapIdBytes));
    if (object) {
      RUTTER_TRY(objects.kept().Charge(object->size()));
      links.owned.push_back(*std::move(object));
      ByteReader reader(links.owned.back(), file.Absolute(*info.heap), {file.name(), "link message", "HDF5 4.0, The Link Message"});
      auto link = DecodeLink(std::move(reader), file.sizes());
      if (link) {
        entry.link = *link;
      } else {
        entry.failure = std::make_unique<Error>(std::move(link).error());
      }
    } else {
      entry.failure = std::make_unique<Error>(std::move(object).error());
    }
    links.entries.push_back(std::move(entry));
    return {};
  });
}

}  // namespace rutter::hdf5
