#include "formats/hdf5/messages/table.h"

#include <array>
#include <cstddef>

namespace rutter::hdf5 {
namespace {

// Ordered by type, without gaps, so that a type is its own index.
constexpr std::array<MessageKind, 25> kKinds = {{
    {MessageType::kNil, "NIL", false},
    {MessageType::kDataspace, "Dataspace", true},
    {MessageType::kLinkInfo, "Link Info", false},
    {MessageType::kDatatype, "Datatype", true},
    {MessageType::kFillValueOld, "Fill Value (old)", true},
    {MessageType::kFillValue, "Fill Value", true},
    {MessageType::kLink, "Link", false},
    {MessageType::kExternalFiles, "External Data Files", false},
    {MessageType::kDataLayout, "Data Layout", false},
    {MessageType::kBogus, "Bogus", false},
    {MessageType::kGroupInfo, "Group Info", false},
    {MessageType::kFilterPipeline, "Filter Pipeline", true},
    {MessageType::kAttribute, "Attribute", true},
    {MessageType::kObjectComment, "Object Comment", false},
    {MessageType::kModificationTimeOld, "Object Modification Time (old)", false},
    {MessageType::kSharedMessageTable, "Shared Message Table", false},
    {MessageType::kContinuation, "Object Header Continuation", false},
    {MessageType::kSymbolTable, "Symbol Table", false},
    {MessageType::kModificationTime, "Object Modification Time", false},
    {MessageType::kBTreeKValues, "B-tree 'K' Values", false},
    {MessageType::kDriverInfo, "Driver Info", false},
    {MessageType::kAttributeInfo, "Attribute Info", false},
    {MessageType::kReferenceCount, "Object Reference Count", false},
    {MessageType::kFileSpaceInfo, "File Space Info", false},
    {MessageType::kMetadataCacheImage, "Metadata Cache Image", false},
}};

}  // namespace

const MessageKind* FindMessageKind(MessageType type) {
  auto index = static_cast<std::size_t>(type);
  if (index >= kKinds.size() || type == MessageType::kBogus) return nullptr;
  return &kKinds[index];
}

const char* MessageName(MessageType type) {
  auto index = static_cast<std::size_t>(type);
  return index < kKinds.size() ? kKinds[index].name : "unknown";
}

}  // namespace rutter::hdf5
