#include "formats/hdf5/path_table.h"

namespace rutter::hdf5 {

bool PathTable::Add(std::uint64_t address, std::uint32_t parent, std::string_view name) {
  if (!by_address_.emplace(address, static_cast<std::uint32_t>(entries_.size())).second) return false;
  entries_.push_back({parent, static_cast<std::uint32_t>(name.size()), names_.size()});
  names_.append(name);
  return true;
}

std::uint32_t PathTable::Find(std::uint64_t address) const {
  auto found = by_address_.find(address);
  return found == by_address_.end() ? kNone : found->second;
}

std::string PathTable::Path(std::uint32_t entry) const {
  if (entries_[entry].parent == kNone) return "/";
  std::size_t bytes = 0;
  for (std::uint32_t at = entry; entries_[at].parent != kNone; at = entries_[at].parent) bytes += 1 + entries_[at].name_bytes;
  std::string path(bytes, '/');
  for (std::uint32_t at = entry; entries_[at].parent != kNone; at = entries_[at].parent) {
    bytes -= entries_[at].name_bytes;
    path.replace(bytes, entries_[at].name_bytes, names_, entries_[at].name_offset, entries_[at].name_bytes);
    --bytes;
  }
  return path;
}

std::string PathTable::PathOf(std::uint64_t address) const {
  std::uint32_t entry = Find(address);
  return entry == kNone ? std::string() : Path(entry);
}

}  // namespace rutter::hdf5
