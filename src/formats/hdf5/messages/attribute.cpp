#include "formats/hdf5/messages/attribute.h"

#include <string>

namespace rutter::hdf5 {

Result<AttributeMessage> DecodeAttribute(ByteReader reader) {
  AttributeMessage attribute;
  attribute.version = reader.U8();
  if (reader.ok() && (attribute.version == 0 || attribute.version > 3)) {
    reader.Fail(ErrorCode::kUnsupported, "attribute message version " + std::to_string(attribute.version));
  }
  std::uint8_t flags = reader.U8();  // reserved in version 1
  if (attribute.version >= 2) {
    if (flags > 3) reader.Fail(ErrorCode::kCorrupt, "reserved attribute flags are set");
    attribute.shared_datatype = (flags & 1) != 0;
    attribute.shared_dataspace = (flags & 2) != 0;
  }
  std::uint64_t name_bytes = reader.U16();
  std::uint64_t datatype_bytes = reader.U16();
  std::uint64_t dataspace_bytes = reader.U16();
  if (attribute.version >= 3) attribute.utf8_name = reader.U8() == 1;
  // Version 1 pads each part to a multiple of 8 bytes; the sizes do not count the padding.
  auto skip_padding = [&](std::uint64_t bytes) {
    if (attribute.version == 1) reader.Skip((8 - bytes % 8) % 8);
  };
  std::string_view name = reader.TakeText(name_bytes);
  skip_padding(name_bytes);
  attribute.name = name.substr(0, name.find('\0'));
  if (reader.ok() && attribute.name.size() + 1 != name.size()) reader.Fail(ErrorCode::kCorrupt, "an attribute's name of another length than stored");
  attribute.datatype_offset = reader.position();
  attribute.datatype = reader.Take(datatype_bytes);
  skip_padding(datatype_bytes);
  attribute.dataspace_offset = reader.position();
  attribute.dataspace = reader.Take(dataspace_bytes);
  skip_padding(dataspace_bytes);
  attribute.data_offset = reader.position();
  attribute.data = reader.Take(reader.remaining());
  return reader.Finish(attribute);
}

Result<AttributeInfo> DecodeAttributeInfo(ByteReader reader, const Sizes& sizes) {
  AttributeInfo info;
  reader.Version(0);
  std::uint8_t flags = reader.U8();
  if (flags > 3) reader.Fail(ErrorCode::kCorrupt, "reserved attribute info flags are set");
  info.tracks_creation_order = (flags & 1) != 0;
  info.indexes_creation_order = (flags & 2) != 0;
  if (info.tracks_creation_order) info.max_creation_index = reader.U16();
  info.heap = reader.Address(sizes.offsets);
  info.name_index = reader.Address(sizes.offsets);
  if (info.indexes_creation_order) info.creation_index = reader.Address(sizes.offsets);
  return reader.Finish(info);
}

}  // namespace rutter::hdf5
