#include "formats/hdf5/messages/group_messages.h"

namespace rutter::hdf5 {

Result<LinkInfo> DecodeLinkInfo(ByteReader reader, const Sizes& sizes) {
  LinkInfo info;
  reader.Version(0);
  std::uint8_t flags = reader.U8();
  if (flags > 3) reader.Fail(ErrorCode::kCorrupt, "reserved link info flags are set");
  info.tracks_creation_order = (flags & 1) != 0;
  info.indexes_creation_order = (flags & 2) != 0;
  if (info.tracks_creation_order) info.max_creation_index = reader.U64();
  info.heap = reader.Address(sizes.offsets);
  info.name_index = reader.Address(sizes.offsets);
  if (info.indexes_creation_order) info.creation_index = reader.Address(sizes.offsets);
  return reader.Finish(info);
}

Result<GroupInfo> DecodeGroupInfo(ByteReader reader) {
  GroupInfo info;
  reader.Version(0);
  std::uint8_t flags = reader.U8();
  if (flags > 3) reader.Fail(ErrorCode::kCorrupt, "reserved group info flags are set");
  if ((flags & 1) != 0) {
    info.max_compact = reader.U16();
    info.min_dense = reader.U16();
  }
  if ((flags & 2) != 0) {
    info.estimated_entries = reader.U16();
    info.estimated_name_bytes = reader.U16();
  }
  return reader.Finish(info);
}

Result<SymbolTable> DecodeSymbolTable(ByteReader reader, const Sizes& sizes) {
  auto btree = reader.Address(sizes.offsets);
  auto heap = reader.Address(sizes.offsets);
  if (reader.ok() && (!btree || !heap)) reader.Fail(ErrorCode::kCorrupt, "an undefined address");
  return reader.Finish(SymbolTable{btree.value_or(0), heap.value_or(0)});
}

}  // namespace rutter::hdf5
