#include "formats/hdf5/groups/group.h"

#include <utility>

namespace rutter::hdf5 {

void GroupLinks::Clear() {
  entries.clear();
  owned.clear();
  tracks_creation_order = false;
  failure.reset();
}

bool IsGroup(const ObjectHeader& header) {
  for (const HeaderMessage& message : header.messages) {
    if (message.type == MessageType::kSymbolTable || message.type == MessageType::kLinkInfo) return true;
  }
  return false;
}

namespace {

Result<SymbolTable> FindSymbolTable(const File& file, const ObjectHeader& header) {
  const HeaderMessage* message = header.Find(MessageType::kSymbolTable);
  if (message == nullptr) return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "no message says where the links are", header.address, "group", ""));
  return DecodeSymbolTable(message->Reader(file, "symbol table message", "HDF5 4.0, The Symbol Table Message"), file.sizes());
}

Status ChargeNames(ObjectReader& objects, const GroupLinks& links) {
  for (const GroupEntry& entry : links.entries) {
    RUTTER_TRY(objects.kept().Charge(entry.link.name.size() + entry.link.target.size() + entry.link.target_file.size()));
  }
  return {};
}

}  // namespace

std::optional<SymbolTable> OldStyleTable(const File& file, const ObjectHeader& header) {
  if (header.Find(MessageType::kLinkInfo) != nullptr || header.Find(MessageType::kSymbolTable) == nullptr) return std::nullopt;
  auto table = FindSymbolTable(file, header);
  return table ? std::optional(*table) : std::nullopt;
}

Status ListGroup(ObjectReader& objects, const SymbolTable& table, GroupLinks& links) {
  links.Clear();
  if (auto status = ListOldStyle(objects.file(), table, links); !status) links.failure = std::move(status).error();
  return ChargeNames(objects, links);
}

Status ListGroup(ObjectReader& objects, const ObjectHeader& header, GroupLinks& links) {
  links.Clear();
  File& file = objects.file();
  auto list = [&]() -> Status {
    if (const HeaderMessage* message = header.Find(MessageType::kLinkInfo)) {
      RUTTER_ASSIGN(LinkInfo info, DecodeLinkInfo(message->Reader(file, "link info message", "HDF5 4.0, The Link Info Message"), file.sizes()));
      links.tracks_creation_order = info.tracks_creation_order;
      if (info.heap) return ListDense(objects, info, links);
      ListCompact(objects, header, links);
      return {};
    }
    RUTTER_ASSIGN(auto table, FindSymbolTable(file, header));
    return ListOldStyle(file, table, links);
  };
  if (auto status = list(); !status) links.failure = std::move(status).error();
  return ChargeNames(objects, links);
}

}  // namespace rutter::hdf5
