#include "formats/hdf5/heaps/fractal.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/checked.h"
#include "formats/hdf5/btree/v2.h"
#include "formats/hdf5/heaps/fractal_blocks.h"
#include "formats/hdf5/heaps/fractal_header.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.G Fractal Heap";
constexpr std::string_view kId = "fractal heap id";
constexpr std::string_view kHugeObject = "fractal heap huge object";
constexpr std::string_view kHugeRecord = "huge object record";
constexpr std::size_t kShortTinyBytes = 16;  ///< Ids that can hold longer tiny objects carry a second length byte.
constexpr std::uint8_t kHugePlainTree = 1, kHugeFilteredTree = 2;

/// Where a huge object lies.
struct HugeObject {
  std::optional<std::uint64_t> address;
  std::uint64_t stored_bytes = 0, bytes = 0;
  std::uint32_t filter_mask = 0;
};

class Heap : public FractalHeap {
 public:
  Heap(File& file, std::uint64_t address, FractalHeapHeader header)
      : file_(file), address_(address), header_(std::move(header)), blocks_(file, address, header_) {}

  std::size_t id_length() const override { return header_.id_bytes; }

  Result<std::vector<std::byte>> Object(std::span<const std::byte> id) override {
    std::lock_guard lock(mutex_);
    ByteReader r(id, file_.Absolute(address_), {file_.name(), kId, kSpec});
    if (id.size() != header_.id_bytes) r.Fail(ErrorCode::kCorrupt, "an id of " + std::to_string(id.size()) + " bytes");
    const std::uint8_t flags = r.U8();
    if (r.ok() && (flags >> 6) != 0) r.Fail(ErrorCode::kUnsupported, "id version " + std::to_string(flags >> 6));
    RUTTER_TRY(r.Check());
    switch ((flags >> 4) & 3) {
      case 0: return ManagedObject(r);
      case 1: return HugeObjectBytes(r);
      case 2: return TinyObject(r, flags & 0x0F);
      default: r.Fail(ErrorCode::kCorrupt, "id type 3"); return Fail(r.error());
    }
  }

 private:
  Result<std::vector<std::byte>> ManagedObject(ByteReader& r) {
    std::uint64_t offset = r.Uint(header_.OffsetBytes());
    std::uint64_t length = r.Uint(header_.LengthBytes());
    RUTTER_TRY(r.Check());
    RUTTER_ASSIGN(auto bytes, blocks_.ManagedObject(offset, length));
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  }

  Result<std::vector<std::byte>> TinyObject(ByteReader& r, std::uint64_t length_bits) {
    std::uint64_t length = length_bits + 1;
    if (header_.id_bytes - 1u > kShortTinyBytes) length = ((length_bits << 8) | r.U8()) + 1;
    auto bytes = r.Take(length);
    return r.Finish(std::vector<std::byte>(bytes.begin(), bytes.end()));
  }

  /// Address, stored length and, with filters, mask and decoded length: in ids and in records of the tree.
  HugeObject ReadHugePlace(ByteReader& r) const {
    HugeObject object;
    object.address = r.Address(file_.sizes().offsets);
    object.stored_bytes = object.bytes = r.Uint(file_.sizes().lengths);
    if (!header_.filters.empty()) {
      object.filter_mask = r.U32();
      object.bytes = r.Uint(file_.sizes().lengths);
    }
    return object;
  }

  Result<std::vector<std::byte>> HugeObjectBytes(ByteReader& r) {
    const unsigned o = file_.sizes().offsets, l = file_.sizes().lengths;
    const std::size_t place_bytes = header_.filters.empty() ? o + l : o + l + 4u + l;
    HugeObject object;
    if (header_.id_bytes - 1u >= place_bytes) {
      object = ReadHugePlace(r);
      RUTTER_TRY(r.Check());
    } else {
      std::uint64_t key = r.Uint(static_cast<unsigned>(std::min<std::size_t>(header_.id_bytes - 1u, 8)));
      RUTTER_TRY(r.Check());
      RUTTER_TRY(ReadHugeTree());
      auto found = huge_objects_.find(key);
      if (found == huge_objects_.end()) {
        return Fail(Here(ErrorCode::kCorrupt, "there is no huge object " + std::to_string(key)));
      }
      object = found->second;
    }
    if (!object.address) return Fail(Here(ErrorCode::kCorrupt, "a huge object has no address"));
    if (std::max(object.bytes, object.stored_bytes) > file_.limits().value_bytes) {
      return Fail(Here(ErrorCode::kLimit, "a huge object of " + std::to_string(object.bytes) + " bytes (Limits::value_bytes)"));
    }
    if (!RangeInside(*object.address, object.stored_bytes, file_.end())) {
      return Fail(file_.MakeErrorAt(ErrorCode::kTruncated, "the object ends behind the file's last byte", *object.address,
                                    kHugeObject, kSpec));
    }
    std::vector<std::byte> stored(object.stored_bytes);
    File::Read read{*object.address, stored};
    RUTTER_TRY(file_.ReadMany({&read, 1}, kHugeObject, kSpec));
    if (header_.filters.empty()) return stored;
    std::vector<std::byte> out(object.bytes);
    if (Status status = DecodePipeline(header_.filters, object.filter_mask, stored, out, 1, scratch_); !status) {
      Error error = std::move(status).error();
      return Fail(file_.MakeErrorAt(error.code, error.message, *object.address, kHugeObject, kSpec));
    }
    return out;
  }

  /// Reads the tree of huge objects once.
  Status ReadHugeTree() {
    if (huge_tree_read_) return {};
    if (!header_.huge_tree) return Fail(Here(ErrorCode::kCorrupt, "a huge object in a heap without a tree of them"));
    const std::uint8_t type = header_.filters.empty() ? kHugePlainTree : kHugeFilteredTree;
    auto keep = [&](std::span<const std::byte> record) -> Status {
      ByteReader r(record, file_.Absolute(*header_.huge_tree), {file_.name(), kHugeRecord, kSpec});
      HugeObject object = ReadHugePlace(r);
      std::uint64_t key = r.Uint(file_.sizes().lengths);
      RUTTER_TRY(r.Check());
      huge_objects_[key] = object;
      return {};
    };
    RUTTER_TRY(VisitBTreeV2(file_, *header_.huge_tree, type, keep));
    huge_tree_read_ = true;
    return {};
  }

  Error Here(ErrorCode code, std::string message) const {
    return file_.MakeErrorAt(code, std::move(message), address_, kId, kSpec);
  }

  File& file_;
  std::uint64_t address_;
  FractalHeapHeader header_;
  FractalBlocks blocks_;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, HugeObject> huge_objects_;
  bool huge_tree_read_ = false;
  PipelineScratch scratch_;
};

}  // namespace

Result<std::shared_ptr<FractalHeap>> FractalHeap::Open(File& file, std::uint64_t address) {
  RUTTER_ASSIGN(FractalHeapHeader header, ReadFractalHeapHeader(file, address));
  return std::shared_ptr<FractalHeap>(std::make_shared<Heap>(file, address, std::move(header)));
}

}  // namespace rutter::hdf5
