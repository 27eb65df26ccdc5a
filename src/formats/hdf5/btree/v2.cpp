#include "formats/hdf5/btree/v2.h"

#include "formats/hdf5/btree/v2_walk.h"
#include "formats/hdf5/checksum.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.A.2 Version 2 B-trees";
constexpr std::string_view kHeader = "version 2 B-tree header";
constexpr std::uint8_t kMaxType = 11;

}  // namespace

Result<BTreeV2Header> ReadBTreeV2Header(File& file, std::uint64_t address) {
  const Sizes& sizes = file.sizes();
  const std::uint64_t bytes = 22u + sizes.offsets + sizes.lengths;
  RUTTER_ASSIGN(ByteReader r, file.Open(address, bytes, kHeader, kSpec));
  ByteReader whole = r;
  BTreeV2Header h;
  r.Signature("BTHD");
  r.Version(0);
  h.type = r.U8();
  h.node_bytes = r.U32();
  h.record_bytes = r.U16();
  h.depth = r.U16();
  h.split_percent = r.U8();
  h.merge_percent = r.U8();
  h.root = r.Address(sizes.offsets);
  h.root_records = r.U16();
  h.total_records = r.Uint(sizes.lengths);
  r.Skip(4);  // checksum
  RUTTER_TRY(r.Check());
  RUTTER_TRY(VerifyChecksum(whole.Take(bytes), file.Absolute(address), {file.name(), kHeader, kSpec}));
  auto corrupt = [&](std::string message) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, std::move(message), address, kHeader, kSpec));
  };
  if (h.type == 0 || h.type > kMaxType) return corrupt("tree type " + std::to_string(h.type));
  if (h.record_bytes == 0) return corrupt("records of 0 bytes");
  if (h.node_bytes <= kBTreeV2NodeOverhead || h.record_bytes > h.node_bytes - kBTreeV2NodeOverhead) {
    return corrupt("a node of " + std::to_string(h.node_bytes) + " bytes holds no record");
  }
  if (h.depth >= file.limits().depth) {
    return Fail(file.MakeErrorAt(ErrorCode::kLimit, "depth " + std::to_string(h.depth) + " (Limits::depth)", address, kHeader,
                                 kSpec));
  }
  return h;
}

Status VisitBTreeV2(File& file, std::uint64_t header_address, std::uint8_t expected_type,
                    const std::function<Status(std::span<const std::byte> record)>& visit) {
  RUTTER_ASSIGN(BTreeV2Header header, ReadBTreeV2Header(file, header_address));
  if (expected_type != 0 && header.type != expected_type) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt,
                                 "tree type " + std::to_string(header.type) + " where " + std::to_string(expected_type) +
                                     " belongs",
                                 header_address, kHeader, kSpec));
  }
  auto everything = [](std::span<const std::byte>, std::span<const std::byte>) { return true; };
  return WalkBTreeV2(file, header, everything, visit);
}

}  // namespace rutter::hdf5
