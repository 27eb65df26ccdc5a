#include "formats/hdf5/messages/link.h"

#include <string>

namespace rutter::hdf5 {
namespace {

constexpr std::uint8_t kNameSizeMask = 0x03, kHasCreationOrder = 0x04, kHasLinkType = 0x08, kHasCharacterSet = 0x10;
constexpr std::uint8_t kHardClass = 0, kSoftClass = 1, kExternalClass = 64;

}  // namespace

Result<LinkMessage> DecodeLink(ByteReader reader, const Sizes& sizes) {
  LinkMessage link;
  reader.Version(1);
  std::uint8_t flags = reader.U8();
  if (flags > 0x1F) reader.Fail(ErrorCode::kCorrupt, "reserved link flags are set");
  if ((flags & kHasLinkType) != 0) link.link_class = reader.U8();
  if ((flags & kHasCreationOrder) != 0) link.creation_order = reader.U64();
  if ((flags & kHasCharacterSet) != 0 && reader.U8() > 1) reader.Fail(ErrorCode::kUnsupported, "character set of a link's name");
  std::uint64_t name_bytes = reader.Uint(1u << (flags & kNameSizeMask));
  if (reader.ok() && name_bytes == 0) reader.Fail(ErrorCode::kCorrupt, "a link without a name");
  link.name = reader.TakeText(name_bytes);

  if (link.link_class == kHardClass) {
    auto address = reader.Address(sizes.offsets);
    if (reader.ok() && !address) reader.Fail(ErrorCode::kCorrupt, "a hard link to the undefined address");
    link.address = address.value_or(0);
  } else if (link.link_class == kSoftClass) {
    link.kind = LinkKind::kSoft;
    std::uint64_t target_bytes = reader.U16();
    link.target = reader.TakeText(target_bytes);
    if (reader.ok() && link.target.empty()) reader.Fail(ErrorCode::kCorrupt, "a soft link without a target");
  } else if (link.link_class == kExternalClass) {
    link.kind = LinkKind::kExternal;
    std::uint64_t value_bytes = reader.U16();
    ByteReader value = reader.Sub(value_bytes, "external link", "HDF5 4.0, The Link Message");
    std::uint8_t version_and_flags = value.U8();
    if (value.ok() && version_and_flags >> 4 != 0) value.Fail(ErrorCode::kUnsupported, "external link version " + std::to_string(version_and_flags >> 4));
    link.target_file = value.Text0();
    link.target = value.Text0();
    if (!value.ok()) return Fail(value.error());
  } else if (link.link_class > kExternalClass) {
    link.kind = LinkKind::kUser;
    std::uint64_t value_bytes = reader.U16();
    link.target = reader.TakeText(value_bytes);
  } else {
    reader.Fail(ErrorCode::kUnsupported, "link class " + std::to_string(link.link_class));
  }
  return reader.Finish(link);
}

}  // namespace rutter::hdf5
