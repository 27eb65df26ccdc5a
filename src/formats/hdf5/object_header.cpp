#include "formats/hdf5/object_header.h"

#include <iterator>
#include <map>
#include <string>
#include <string_view>

#include "base/checked.h"
#include "formats/hdf5/checksum.h"
#include "formats/hdf5/messages/minor.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kHeader = "object header", kBlock = "object header continuation block";
constexpr std::string_view kSpec = "HDF5 4.0, Data Object Header Prefix";

// Most headers are smaller than this, so that one fetch gets the prefix and the first chunk.
constexpr std::uint64_t kFirstFetchBytes = 512;
constexpr std::uint64_t kChecksumBytes = 4;
// Above this many chunks overlaps are looked for in sorted order.
constexpr std::size_t kLinearChunks = 64;

constexpr std::uint8_t kFlagShared = 0x02, kFlagDontShare = 0x04, kFlagFailIfUnknownForWrite = 0x08, kFlagMarkIfUnknown = 0x10,
                       kFlagWasUnknown = 0x20, kFlagShareable = 0x40, kFlagFailIfUnknown = 0x80;

class HeaderReader {
 public:
  HeaderReader(File& file, ObjectHeader& header) : file_(file), header_(header) {}

  Status Read(std::uint64_t address) {
    header_.address = address;
    header_.flags = 0;
    header_.reference_count = 1;
    header_.times.reset();
    header_.messages.clear();
    header_.chunks.clear();
    RUTTER_ASSIGN(ByteReader prefix, file_.OpenUpTo(address, kFirstFetchBytes, kHeader, kSpec));
    ByteReader signature = prefix;
    if (signature.remaining() >= 4 && signature.TakeText(4) == "OHDR") {
      prefix.Skip(4);
      RUTTER_TRY(FirstChunkVersion2(prefix));
    } else {
      RUTTER_TRY(FirstChunkVersion1(prefix));
    }
    // Messages of later chunks may hold continuations, too; `next_` walks over all of them.
    for (; next_ < header_.messages.size(); ++next_) {
      if (header_.messages[next_].type != MessageType::kContinuation) continue;
      const HeaderMessage message = header_.messages[next_];
      RUTTER_ASSIGN(auto continuation, DecodeContinuation(message.Reader(file_, "object header continuation message", kSpec), file_.sizes()));
      RUTTER_TRY(Continue(continuation));
    }
    return {};
  }

 private:
  Status FirstChunkVersion1(ByteReader prefix) {
    header_.version = 1;
    prefix.Version(1);
    prefix.Skip(1);
    prefix.Skip(2);  // the number of messages: the chunks themselves say how many there are
    header_.reference_count = prefix.U32();
    std::uint64_t bytes = prefix.U32();
    prefix.Skip(4);
    RUTTER_TRY(prefix.Check());
    constexpr std::uint64_t kPrefixBytes = 16;
    RUTTER_TRY(AddChunk(header_.address, kPrefixBytes + bytes));
    RUTTER_ASSIGN(auto data, file_.Fetch(header_.address, kPrefixBytes + bytes, kHeader, kSpec));
    return Messages(data.subspan(kPrefixBytes), header_.address + kPrefixBytes, kHeader);
  }

  Status FirstChunkVersion2(ByteReader prefix) {
    header_.version = 2;
    prefix.Version(2);
    header_.flags = prefix.U8();
    if ((header_.flags & 0xC0) != 0) prefix.Fail(ErrorCode::kCorrupt, "reserved object header flags are set");
    if ((header_.flags & 0x20) != 0) {
      ObjectHeader::Times times;
      times.access = prefix.U32();
      times.modification = prefix.U32();
      times.change = prefix.U32();
      times.birth = prefix.U32();
      header_.times = times;
    }
    if ((header_.flags & 0x10) != 0) prefix.Skip(4);  // attribute phase change values
    std::uint64_t bytes = prefix.Uint(1u << (header_.flags & 3));
    RUTTER_TRY(prefix.Check());
    std::uint64_t prefix_bytes = prefix.position();
    auto whole = CheckedAdd(bytes, prefix_bytes + kChecksumBytes);
    if (!whole) return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "a header chunk of 2^64 bytes", header_.address, kHeader, kSpec));
    RUTTER_TRY(AddChunk(header_.address, *whole));
    RUTTER_ASSIGN(auto data, file_.Fetch(header_.address, *whole, kHeader, kSpec));
    RUTTER_TRY(VerifyChecksum(data, file_.Absolute(header_.address), {file_.name(), kHeader, kSpec}));
    return Messages(data.subspan(prefix_bytes, bytes), header_.address + prefix_bytes, kHeader);
  }

  Status Continue(const Continuation& continuation) {
    RUTTER_TRY(AddChunk(continuation.address, continuation.bytes));
    RUTTER_ASSIGN(auto data, file_.Fetch(continuation.address, continuation.bytes, kBlock, kSpec));
    if (header_.version == 1) return Messages(data, continuation.address, kBlock);
    constexpr std::uint64_t kSignatureBytes = 4;
    ByteReader reader(data, file_.Absolute(continuation.address), {file_.name(), kBlock, kSpec});
    reader.Signature("OCHK");
    reader.Skip(kChecksumBytes);
    RUTTER_TRY(reader.Check());
    RUTTER_TRY(VerifyChecksum(data, file_.Absolute(continuation.address), reader.context()));
    return Messages(data.subspan(kSignatureBytes, data.size() - kSignatureBytes - kChecksumBytes), continuation.address + kSignatureBytes, kBlock);
  }

  /// Refuses chunks that overlap an earlier one: they would let a small file describe endless headers.
  Status AddChunk(std::uint64_t address, std::uint64_t bytes) {
    auto end = CheckedAdd(address, bytes);
    if (!end) return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "a header chunk past 2^64", address, kHeader, kSpec));
    auto& chunks = header_.chunks;
    bool overlaps = false;
    if (chunks.size() < kLinearChunks) {
      for (const auto& chunk : chunks) overlaps |= address < chunk.address + chunk.bytes && chunk.address < *end;
    } else {
      if (chunks.size() == kLinearChunks) {
        for (const auto& chunk : chunks) sorted_.emplace(chunk.address, chunk.address + chunk.bytes);
      }
      auto after = sorted_.lower_bound(address);
      overlaps = (after != sorted_.end() && after->first < *end) || (after != sorted_.begin() && std::prev(after)->second > address);
      sorted_.emplace(address, *end);
    }
    if (overlaps) {
      return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "a continuation overlaps an earlier part of its object header", address, kBlock, kSpec));
    }
    if (chunks.size() > file_.limits().header_chunks) {
      return Fail(file_.MakeErrorAt(ErrorCode::kLimit, "more than " + std::to_string(file_.limits().header_chunks) + " continuations (Limits::header_chunks)",
                                    address, kBlock, kSpec));
    }
    chunks.push_back({address, bytes});
    return {};
  }

  Status Messages(std::span<const std::byte> data, std::uint64_t address, std::string_view structure) {
    bool first_version = header_.version == 1;
    bool has_order = (header_.flags & ObjectHeader::kTracksAttributeOrder) != 0;
    std::size_t prefix_bytes = first_version ? 8 : has_order ? 6 : 4;
    ByteReader reader(data, file_.Absolute(address), {file_.name(), structure, kSpec});
    // What remains below a message's prefix is a gap (version 2).
    while (reader.remaining() >= prefix_bytes) {
      HeaderMessage message;
      message.type = static_cast<MessageType>(first_version ? reader.U16() : reader.U8());
      std::uint64_t bytes = reader.U16();
      message.flags = reader.U8();
      if (first_version) {
        reader.Skip(3);
        if (bytes % 8 != 0) reader.Fail(ErrorCode::kCorrupt, "a message of " + std::to_string(bytes) + " bytes, which is no multiple of 8");
      } else if (has_order) {
        message.creation_index = reader.U16();
      }
      message.address = address + reader.position();
      message.data = reader.Take(bytes);
      if (message.flags > 1) CheckFlags(message, reader);
      if (FindMessageKind(message.type) == nullptr) CheckUnknown(message, reader);
      if (!reader.ok()) break;
      if (message.type == MessageType::kReferenceCount && !first_version) {
        RUTTER_ASSIGN(header_.reference_count, DecodeReferenceCount(message.Reader(file_, "object reference count message", kSpec)));
      }
      header_.messages.push_back(message);
    }
    if (reader.ok() && first_version && reader.remaining() != 0) {
      reader.Fail(ErrorCode::kCorrupt, std::to_string(reader.remaining()) + " bytes too many behind the last message");
    }
    return reader.Check();
  }

  static void CheckFlags(const HeaderMessage& message, ByteReader& reader) {
    std::uint8_t flags = message.flags;
    bool contradiction = ((flags & kFlagShared) != 0 && (flags & kFlagDontShare) != 0) ||
                         ((flags & kFlagWasUnknown) != 0 && (flags & kFlagFailIfUnknownForWrite) != 0) ||
                         ((flags & kFlagWasUnknown) != 0 && (flags & kFlagMarkIfUnknown) == 0);
    const MessageKind* kind = FindMessageKind(message.type);
    if (kind != nullptr && !kind->shareable && (flags & (kFlagShareable | kFlagShared)) != 0) contradiction = true;
    if (contradiction) reader.Fail(ErrorCode::kCorrupt, "message flags that contradict each other: " + std::to_string(flags));
  }

  static void CheckUnknown(const HeaderMessage& message, ByteReader& reader) {
    if ((message.flags & kFlagFailIfUnknown) == 0) return;
    reader.Fail(ErrorCode::kUnsupported, "message type " + std::to_string(static_cast<unsigned>(message.type)) +
                                             " is not known here, and the file says that the object cannot be read without it");
  }

  File& file_;
  ObjectHeader& header_;
  std::size_t next_ = 0;
  std::map<std::uint64_t, std::uint64_t> sorted_;  ///< Start to end, once there are many.
};

}  // namespace

const HeaderMessage* ObjectHeader::Find(MessageType type) const {
  for (const HeaderMessage& message : messages) {
    if (message.type == type) return &message;
  }
  return nullptr;
}

Status ReadObjectHeader(File& file, std::uint64_t address, ObjectHeader& header) { return HeaderReader(file, header).Read(address); }

}  // namespace rutter::hdf5
