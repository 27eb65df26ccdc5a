#pragma once
// The kinds of object header messages. Source: HDF5 4.0, "Data Object Header Messages".

#include <cstdint>

namespace rutter::hdf5 {

enum class MessageType : std::uint16_t {
  kNil = 0x00,
  kDataspace = 0x01,
  kLinkInfo = 0x02,
  kDatatype = 0x03,
  kFillValueOld = 0x04,
  kFillValue = 0x05,
  kLink = 0x06,
  kExternalFiles = 0x07,
  kDataLayout = 0x08,
  kBogus = 0x09,
  kGroupInfo = 0x0A,
  kFilterPipeline = 0x0B,
  kAttribute = 0x0C,
  kObjectComment = 0x0D,
  kModificationTimeOld = 0x0E,
  kSharedMessageTable = 0x0F,
  kContinuation = 0x10,
  kSymbolTable = 0x11,
  kModificationTime = 0x12,
  kBTreeKValues = 0x13,
  kDriverInfo = 0x14,
  kAttributeInfo = 0x15,
  kReferenceCount = 0x16,
  kFileSpaceInfo = 0x17,
  kMetadataCacheImage = 0x18,
};

/// What the specification says of one kind of message.
struct MessageKind {
  MessageType type;
  const char* name;  ///< The specification's name.
  bool shareable;    ///< May live in another object's header or in the shared message heap.
};

/// The row of a type; nullptr where the specification knows none (and for the bogus message, which readers must not know).
const MessageKind* FindMessageKind(MessageType type);

/// "Datatype", "Bogus", ... or "unknown".
const char* MessageName(MessageType type);

}  // namespace rutter::hdf5
