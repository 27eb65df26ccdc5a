// Links as messages of the group's own header.

#include <utility>

#include "formats/hdf5/groups/group.h"

namespace rutter::hdf5 {

void ListCompact(ObjectReader& objects, const ObjectHeader& header, GroupLinks& links) {
  const File& file = objects.file();
  for (const HeaderMessage& message : header.messages) {
    if (message.type != MessageType::kLink) continue;
    GroupEntry entry;
    auto link = DecodeLink(message.Reader(file, "link message", "HDF5 4.0, The Link Message"), file.sizes());
    if (link) {
      entry.link = *link;
    } else {
      entry.failure = std::make_unique<Error>(std::move(link).error());
    }
    links.entries.push_back(std::move(entry));
  }
}

}  // namespace rutter::hdf5
