#pragma once
// Object headers: every object's list of messages. Source: HDF5 4.0, "Disk Format: Level 2A1 - Data Object Header Prefix".

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/hdf5/file.h"
#include "formats/hdf5/messages/table.h"

namespace rutter::hdf5 {

/// One message as it stands in the header. `data` stays valid while the File lives.
struct HeaderMessage {
  static constexpr std::uint8_t kShared = 0x02;

  MessageType type = MessageType::kNil;
  std::uint8_t flags = 0;
  std::uint16_t creation_index = 0;  ///< Version 2 headers that track attribute creation order.
  std::uint64_t address = 0;         ///< Of `data`, relative to the base address.
  std::span<const std::byte> data;

  bool shared() const { return (flags & kShared) != 0; }
  /// A reader over the message's own bytes, with absolute offsets.
  ByteReader Reader(const File& file, std::string_view structure, std::string_view spec) const {
    return ByteReader(data, file.Absolute(address), {file.name(), structure, spec});
  }
};

/// A header with all its continuations. Reused from object to object to save allocations.
struct ObjectHeader {
  static constexpr std::uint8_t kTracksAttributeOrder = 0x04, kIndexesAttributeOrder = 0x08;

  struct Chunk {
    std::uint64_t address = 0, bytes = 0;
  };
  struct Times {
    std::uint32_t access = 0, modification = 0, change = 0, birth = 0;  ///< Seconds since 1970.
  };

  std::uint64_t address = 0;
  std::uint8_t version = 0;
  std::uint8_t flags = 0;             ///< Version 2.
  std::uint32_t reference_count = 1;  ///< As stored; never used to decide anything.
  std::optional<Times> times;
  std::vector<HeaderMessage> messages;  ///< In the order of the file, NIL and continuation messages included.
  std::vector<Chunk> chunks;

  /// The first message of a type; nullptr where there is none.
  const HeaderMessage* Find(MessageType type) const;
};

/// Reads versions 1 and 2. `header` is overwritten; after an error its content means nothing.
/// Errors: kCorrupt (checksum, overlapping or endless continuations, messages past their chunk, flags that contradict each
/// other), kTruncated, kUnsupported (version; an unknown message that says so), kLimit (Limits::header_chunks), kIo.
Status ReadObjectHeader(File& file, std::uint64_t address, ObjectHeader& header);

}  // namespace rutter::hdf5
