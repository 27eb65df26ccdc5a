#include "formats/hdf5/shared_messages.h"

#include <cstring>
#include <string>
#include <utility>

#include "formats/hdf5/checksum.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kTable = "shared message table", kTableSpec = "HDF5 4.0, Shared Object Header Message Table";
constexpr std::uint8_t kInHeap = 1;

}  // namespace

Result<SharedLocation> DecodeSharedLocation(ByteReader reader, const Sizes& sizes) {
  SharedLocation location;
  std::uint8_t version = reader.U8();
  if (reader.ok() && (version == 0 || version > 3)) reader.Fail(ErrorCode::kUnsupported, "shared message version " + std::to_string(version));
  std::uint8_t type = reader.U8();
  if (version == 1) reader.Skip(6 + std::uint64_t{sizes.lengths});  // reserved; the place of a symbol table entry's name
  if (version == 3 && type == kInHeap) {
    location.heap_id = reader.Take(8);
    return reader.Finish(location);
  }
  location.header = reader.Address(sizes.offsets);
  if (reader.ok() && !location.header) reader.Fail(ErrorCode::kCorrupt, "a shared message at the undefined address");
  return reader.Finish(location);
}

Result<std::vector<SharedMessageIndex>> DecodeSharedMessageIndexes(ByteReader reader, const Sizes& sizes, unsigned count) {
  std::vector<SharedMessageIndex> indexes;
  reader.Signature("SMTB");
  for (unsigned i = 0; i < count && reader.ok(); ++i) {
    SharedMessageIndex index;
    reader.Version(0);
    std::uint8_t kind = reader.U8();
    if (kind > 1) reader.Fail(ErrorCode::kCorrupt, "shared message index type " + std::to_string(kind));
    index.message_types = reader.U16();
    reader.Skip(4 + 2 + 2);  // smallest message, cut-offs between list and B-tree
    index.num_messages = reader.U16();
    index.index = reader.Address(sizes.offsets);
    index.heap = reader.Address(sizes.offsets);
    indexes.push_back(index);
  }
  reader.Skip(4);  // checksum
  return reader.Finish(std::move(indexes));
}

Result<ByteReader> SharedMessages::Open(MessageType type, ByteReader pointer, std::string_view structure, std::string_view spec) {
  RUTTER_ASSIGN(SharedLocation location, DecodeSharedLocation(pointer, file_.sizes()));
  if (!location.header) return OpenInHeap(type, location.heap_id, structure, spec);
  ObjectHeader header;
  RUTTER_TRY(ReadObjectHeader(file_, *location.header, header));
  const HeaderMessage* message = header.Find(type);
  if (message == nullptr || message->shared()) {
    std::string what = message == nullptr ? "has no message of that type" : "has a shared message itself";
    return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "the object that a shared message leads to " + what, *location.header, structure, spec));
  }
  return message->Reader(file_, structure, spec);
}

Result<ByteReader> SharedMessages::OpenInHeap(MessageType type, std::span<const std::byte> id, std::string_view structure, std::string_view spec) {
  if (!table_read_) {
    if (!table_) return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "a message in the shared message heap of a file that has none", 0, structure, spec));
    std::uint64_t bytes = 4 + std::uint64_t{table_->num_indexes} * (14 + 2u * file_.sizes().offsets) + 4;
    RUTTER_ASSIGN(auto table, file_.Fetch(table_->table, bytes, kTable, kTableSpec));
    ReaderContext context{file_.name(), kTable, kTableSpec};
    RUTTER_TRY(VerifyChecksum(table, file_.Absolute(table_->table), context));
    RUTTER_ASSIGN(auto indexes, DecodeSharedMessageIndexes(ByteReader(table, file_.Absolute(table_->table), context), file_.sizes(), table_->num_indexes));
    for (SharedMessageIndex& index : indexes) heaps_.push_back({index, nullptr, {}});
    table_read_ = true;
  }
  // Old and new fill values share one index.
  unsigned bit = type == MessageType::kFillValueOld ? static_cast<unsigned>(MessageType::kFillValue) : static_cast<unsigned>(type);
  for (Heap& heap : heaps_) {
    if (bit >= 16 || (heap.index.message_types >> bit & 1) == 0 || !heap.index.heap) continue;
    std::uint64_t key = 0;
    std::memcpy(&key, id.data(), id.size());
    auto found = heap.objects.find(key);
    if (found == heap.objects.end()) {
      if (heap.heap == nullptr) {
        RUTTER_ASSIGN(heap.heap, FractalHeap::Open(file_, *heap.index.heap));
      }
      if (heap.heap->id_length() > id.size()) {
        return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "the shared message heap has ids of another length", *heap.index.heap, structure, spec));
      }
      RUTTER_ASSIGN(auto object, heap.heap->Object(id.first(heap.heap->id_length())));
      RUTTER_TRY(kept_.Charge(object.size()));
      found = heap.objects.emplace(key, std::move(object)).first;
    }
    return ByteReader(found->second, file_.Absolute(*heap.index.heap), {file_.name(), structure, spec});
  }
  return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "no shared message heap holds messages of this type", table_->table, structure, spec));
}

}  // namespace rutter::hdf5
