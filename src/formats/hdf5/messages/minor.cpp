#include "formats/hdf5/messages/minor.h"

namespace rutter::hdf5 {

Result<Continuation> DecodeContinuation(ByteReader reader, const Sizes& sizes) {
  Continuation continuation;
  auto address = reader.Address(sizes.offsets);
  continuation.address = address.value_or(0);
  continuation.bytes = reader.Uint(sizes.lengths);
  if (reader.ok() && !address) reader.Fail(ErrorCode::kCorrupt, "a continuation at the undefined address");
  if (reader.ok() && continuation.bytes == 0) reader.Fail(ErrorCode::kCorrupt, "a continuation of 0 bytes");
  return reader.Finish(continuation);
}

Result<std::string_view> DecodeObjectComment(ByteReader reader) {
  std::string_view comment = reader.Text0();
  return reader.Finish(comment);
}

Result<std::uint32_t> DecodeModificationTime(ByteReader reader) {
  reader.Version(1);
  reader.Skip(3);
  std::uint32_t seconds = reader.U32();
  return reader.Finish(seconds);
}

Result<std::string_view> DecodeModificationTimeOld(ByteReader reader) {
  std::string_view text = reader.TakeText(14);
  return reader.Finish(text);
}

Result<BTreeKValues> DecodeBTreeKValues(ByteReader reader) {
  BTreeKValues values;
  reader.Version(0);
  values.chunk_internal = reader.U16();
  values.group_internal = reader.U16();
  values.group_leaf = reader.U16();
  return reader.Finish(values);
}

Result<std::uint32_t> DecodeReferenceCount(ByteReader reader) {
  reader.Version(0);
  std::uint32_t count = reader.U32();
  return reader.Finish(count);
}

Result<SharedMessageTableMessage> DecodeSharedMessageTable(ByteReader reader, const Sizes& sizes) {
  SharedMessageTableMessage message;
  reader.Version(0);
  auto table = reader.Address(sizes.offsets);
  message.table = table.value_or(0);
  message.num_indexes = reader.U8();
  if (reader.ok() && !table) reader.Fail(ErrorCode::kCorrupt, "the shared message table lies at the undefined address");
  return reader.Finish(message);
}

Result<DriverInfo> DecodeDriverInfo(ByteReader reader) {
  DriverInfo info;
  reader.Version(0);
  info.name = std::string(reader.TakeText(8));
  std::uint64_t bytes = reader.U16();
  info.data = reader.Take(bytes);
  return reader.Finish(std::move(info));
}

Result<DriverInfo> DecodeDriverInfoBlock(ByteReader reader) {
  DriverInfo info;
  reader.Version(0);
  reader.Skip(3);
  std::uint64_t bytes = reader.U32();
  info.name = std::string(reader.TakeText(8));
  info.data = reader.Take(bytes);
  return reader.Finish(std::move(info));
}

Result<FileSpaceInfo> DecodeFileSpaceInfo(ByteReader reader, const Sizes& sizes) {
  FileSpaceInfo info;
  info.version = reader.U8();
  if (reader.ok() && info.version > 1) reader.Fail(ErrorCode::kUnsupported, "file space info version " + std::to_string(info.version));
  info.strategy = reader.U8();
  if (info.version == 0) {
    info.persists_free_space = info.strategy == 1;
    info.threshold = reader.Uint(sizes.lengths);
  } else {
    info.persists_free_space = reader.U8() != 0;
    info.threshold = reader.Uint(sizes.lengths);
    info.page_bytes = reader.Uint(sizes.lengths);
  }
  return reader.Finish(info);
}

Result<std::optional<MetadataCacheImage>> DecodeMetadataCacheImage(ByteReader reader, const Sizes& sizes) {
  std::optional<MetadataCacheImage> image;
  reader.Version(0);
  const auto address = reader.Address(sizes.offsets);
  const std::uint64_t bytes = reader.Uint(sizes.lengths);
  if (address && bytes != 0) image = {*address, bytes};
  return reader.Finish(image);
}

}  // namespace rutter::hdf5
