#include "formats/hdf5/object_describer.h"

#include <utility>

#include "formats/hdf5/groups/group.h"

namespace rutter::hdf5 {

Status MakeUnreadable(Node& node, Error error) {
  if (error.code == ErrorCode::kIo || error.code == ErrorCode::kSourceChanged) return Fail(std::move(error));
  if (error.where.path.empty()) error.where.path = node.Path();
  node.kind = NodeKind::kUnreadable;
  node.failure = std::move(error);
  return {};
}

bool AddsSources(const ObjectHeader& header) {
  if (header.Find(MessageType::kExternalFiles) != nullptr) return true;
  // A virtual layout, from version 4 on, has its class behind the version.
  constexpr std::byte kFirstVersion{4}, kVirtual{3};
  const HeaderMessage* layout = header.Find(MessageType::kDataLayout);
  return layout != nullptr && layout->data.size() >= 2 && layout->data[0] >= kFirstVersion && layout->data[1] == kVirtual;
}

Status ObjectDescriber::Describe(Node& node) {
  if (auto status = objects_.Read(node.address, header_); !status) return MakeUnreadable(node, std::move(status).error());
  return Describe(node, header_);
}

Status ObjectDescriber::Describe(Node& node, const ObjectHeader& header) {
  RUTTER_TRY(DescribeKind(node, header));
  RUTTER_TRY(attributes_.Read(header, node));
  if (node.attributes_failure && node.attributes_failure->where.path.empty()) node.attributes_failure->where.path = node.Path();
  for (Attribute& attribute : node.attributes) {
    if (attribute.failure) attribute.failure->where.path = node.Path();
  }
  return {};
}

Status ObjectDescriber::DescribeKind(Node& node, const ObjectHeader& header) {
  if (IsGroup(header)) return {};  // as every node is made
  if (IsDataset(header)) {
    node.kind = NodeKind::kArray;
    node.array = std::make_unique<Array>();
    if (auto status = DescribeDataset(datasets_, header, *node.array); !status) {
      node.array.reset();
      return MakeUnreadable(node, std::move(status).error());
    }
    if (node.array->failure && node.array->failure->where.path.empty()) node.array->failure->where.path = node.Path();
    return {};
  }
  if (const HeaderMessage* message = header.Find(MessageType::kDatatype)) {
    node.kind = NodeKind::kNamedType;
    auto known = objects_.Datatype(*message);
    if (!known) return MakeUnreadable(node, std::move(known).error());
    node.named_type = std::move(known->dtype);
    return {};
  }
  return MakeUnreadable(node, objects_.file().MakeErrorAt(ErrorCode::kUnsupported, "the object is neither a group nor a dataset nor a datatype", node.address,
                                                          "object header", "HDF5 4.0, Data Object Headers"));
}

}  // namespace rutter::hdf5
