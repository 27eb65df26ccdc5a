#include "formats/hdf5/attributes.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "base/checked.h"
#include "formats/hdf5/btree/v2.h"
#include "formats/hdf5/heaps/fractal.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kAttribute = "attribute message", kSpec = "HDF5 4.0, The Attribute Message";
constexpr std::string_view kRecord = "attribute name record", kRecordSpec = "HDF5 4.0, Version 2 B-trees, type 8";
constexpr std::uint8_t kNameIndexType = 8;
constexpr std::size_t kHeapIdBytes = 8, kRecordBytes = kHeapIdBytes + 1 + 4 + 4;

/// Stands for a datatype that could not be decoded: the attribute is listed all the same.
const DtypePtr& UnknownDtype() {
  static const DtypePtr unknown = [] {
    auto dtype = std::make_shared<Dtype>();
    dtype->type_class = TypeClass::kOpaque;
    dtype->tag = "unreadable datatype";
    return dtype;
  }();
  return unknown;
}

void FillWhere(Error& error, const File& file, std::uint64_t offset) {
  if (error.where.source.empty()) error.where.source = file.name();
  if (error.where.structure.empty()) {
    error.where.structure = kAttribute;
    error.where.offset = offset;
    error.where.spec = kSpec;
  }
}

}  // namespace

ValueBudget::ValueBudget(const Limits& limits) : left_(CheckedMul(limits.metadata_bytes, 2).value_or(~0ull)) {}

bool ValueBudget::Spend(std::uint64_t bytes) {
  std::uint64_t left = left_.load(std::memory_order_relaxed);
  while (bytes <= left) {
    if (left_.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed)) return true;
  }
  return false;
}

bool AttributeReader::Spend(std::uint64_t bytes) {
  if (bytes > reserved_) {
    // Not one step for each value, which would have all threads wait for one number.
    constexpr std::uint64_t kStep = 64 << 10;
    std::uint64_t more = bytes - reserved_;
    if (budget_.Spend(more + kStep)) {
      more += kStep;
    } else if (!budget_.Spend(more)) {
      return false;
    }
    reserved_ += more;
  }
  reserved_ -= bytes;
  return true;
}

Status AttributeReader::Read(const ObjectHeader& header, Node& node) {
  if (!names_.empty()) names_.clear();
  File& file = objects_.file();
  if (const HeaderMessage* message = header.Find(MessageType::kAttributeInfo)) {
    auto info = DecodeAttributeInfo(message->Reader(file, "attribute info message", "HDF5 4.0, The Attribute Info Message"), file.sizes());
    if (!info) {
      NoteFailure(node, std::move(info).error());
    } else if (info->heap) {
      auto status = ReadDense(*info, node);
      if (!status && status.error().code == ErrorCode::kLimit) return status;
      if (!status) NoteFailure(node, std::move(status).error());
    }
  }
  return ReadCompact(header, node);
}

Status AttributeReader::ReadCompact(const ObjectHeader& header, Node& node) {
  std::size_t count = 0;
  for (const HeaderMessage& message : header.messages) count += message.type == MessageType::kAttribute;
  if (count == 0) return {};
  node.attributes.reserve(node.attributes.size() + count);
  auto read = [&](const HeaderMessage& message) -> Status {
    auto reader = objects_.Open(message, kAttribute, kSpec);
    if (!reader) {
      NoteFailure(node, std::move(reader).error());
      return {};
    }
    return Append(*std::move(reader), node);
  };
  if ((header.flags & ObjectHeader::kTracksAttributeOrder) == 0) {
    for (const HeaderMessage& message : header.messages) {
      if (message.type == MessageType::kAttribute) RUTTER_TRY(read(message));
    }
    return {};
  }
  std::vector<const HeaderMessage*> ordered;
  ordered.reserve(count);
  for (const HeaderMessage& message : header.messages) {
    if (message.type == MessageType::kAttribute) ordered.push_back(&message);
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto* a, const auto* b) { return a->creation_index < b->creation_index; });
  for (const HeaderMessage* message : ordered) RUTTER_TRY(read(*message));
  return {};
}

Status AttributeReader::ReadDense(const AttributeInfo& info, Node& node) {
  File& file = objects_.file();
  if (!info.name_index) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "an attribute heap without a name index", *info.heap, "attribute info message",
                                 "HDF5 4.0, The Attribute Info Message"));
  }
  struct Record {
    std::array<std::byte, kHeapIdBytes> id;
    std::uint8_t flags;
    std::uint32_t creation_order;
  };
  std::vector<Record> records;
  RUTTER_TRY(VisitBTreeV2(file, *info.name_index, kNameIndexType, [&](std::span<const std::byte> bytes) -> Status {
    if (bytes.size() < kRecordBytes) {
      return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "a record of " + std::to_string(bytes.size()) + " bytes", *info.name_index, kRecord, kRecordSpec));
    }
    ByteReader reader(bytes, 0, {file.name(), kRecord, kRecordSpec});
    Record& record = records.emplace_back();
    auto id = reader.Take(kHeapIdBytes);
    std::copy(id.begin(), id.end(), record.id.begin());
    record.flags = reader.U8();
    record.creation_order = reader.U32();
    return objects_.kept().Charge(sizeof(Record));
  }));
  RUTTER_ASSIGN(auto heap, FractalHeap::Open(file, *info.heap));
  if (heap->id_length() != kHeapIdBytes) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "an attribute heap with ids of " + std::to_string(heap->id_length()) + " bytes", *info.heap, kRecord,
                                 kRecordSpec));
  }
  // The index is ordered by hash; people want the order of creation, or else that of the names.
  struct Found {
    std::string_view name;
    std::uint32_t creation_order;
    ByteReader message;
  };
  std::deque<std::vector<std::byte>> messages;
  std::vector<Found> found;
  found.reserve(records.size());
  for (const Record& record : records) {
    auto reader = OpenRecord(*heap, *info.heap, record.id, (record.flags & HeaderMessage::kShared) != 0, messages);
    if (!reader) {
      if (reader.error().code == ErrorCode::kLimit) return Fail(std::move(reader).error());
      NoteFailure(node, std::move(reader).error());
      continue;
    }
    auto message = DecodeAttribute(*reader);
    found.push_back({message ? message->name : std::string_view(), record.creation_order, *std::move(reader)});
  }
  std::stable_sort(found.begin(), found.end(), [&](const Found& x, const Found& y) {
    return info.tracks_creation_order ? x.creation_order < y.creation_order : x.name < y.name;
  });
  node.attributes.reserve(found.size());
  std::size_t waiting = waiting_.size();
  for (const Found& one : found) RUTTER_TRY(Append(one.message, node));
  if (waiting_.size() != waiting) {
    for (auto& bytes : messages) kept_objects_.push_back(std::move(bytes));
  }
  return {};
}

Result<ByteReader> AttributeReader::OpenRecord(FractalHeap& heap, std::uint64_t heap_address, std::span<const std::byte> id, bool shared,
                                               std::deque<std::vector<std::byte>>& messages) {
  File& file = objects_.file();
  ReaderContext context{file.name(), kAttribute, kSpec};
  if (shared) {
    // The id is one of the shared message heap; a shared message of version 3 says just that.
    std::vector<std::byte> pointer = {std::byte{3}, std::byte{1}};
    pointer.insert(pointer.end(), id.begin(), id.end());
    return objects_.OpenShared(MessageType::kAttribute, ByteReader(pointer, file.Absolute(heap_address), context), kAttribute, kSpec);
  }
  RUTTER_ASSIGN(auto object, heap.Object(id));
  RUTTER_TRY(objects_.kept().Charge(object.size()));
  messages.push_back(std::move(object));
  return ByteReader(messages.back(), file.Absolute(heap_address), context);
}

void AttributeReader::NoteFailure(Node& node, Error error) {
  if (!node.attributes_failure) node.attributes_failure = std::move(error);
}

// Most objects have a handful of attributes, for which a search costs less than a set.
bool AttributeReader::NameIsTaken(const Node& node, std::string_view name) {
  constexpr std::size_t kFew = 32;
  if (node.attributes.size() < kFew) {
    return std::any_of(node.attributes.begin(), node.attributes.end(), [&](const Attribute& attribute) { return attribute.name == name; });
  }
  if (node.attributes.size() == kFew) {
    for (const Attribute& attribute : node.attributes) names_.insert(attribute.name);
  }
  return !names_.insert(std::string(name)).second;
}

Status AttributeReader::Append(ByteReader reader, Node& node) {
  RUTTER_TRY(objects_.file().CountAttribute());
  auto message = DecodeAttribute(reader);
  if (!message) {
    NoteFailure(node, std::move(message).error());
    return {};
  }
  if (NameIsTaken(node, message->name)) {
    Error error = MakeError(ErrorCode::kCorrupt, "two attributes are named \"" + std::string(message->name) + "\"");
    FillWhere(error, objects_.file(), reader.file_offset());
    NoteFailure(node, std::move(error));
    return {};
  }
  Attribute& attribute = node.attributes.emplace_back();
  attribute.name = message->name;
  if (auto status = Describe(*message, reader, node, attribute); !status) {
    Error error = std::move(status).error();
    FillWhere(error, objects_.file(), reader.file_offset());
    if (attribute.dtype == nullptr) attribute.dtype = UnknownDtype();
    attribute.value = Value();
    attribute.failure = std::move(error);
  }
  return {};
}

Status AttributeReader::Describe(const AttributeMessage& message, const ByteReader& reader, Node& node, Attribute& attribute) {
  const std::string& source = objects_.file().name();
  std::uint64_t start = reader.file_offset();
  auto part = [&](MessageType type, std::span<const std::byte> bytes, std::uint64_t offset, bool shared, std::string_view structure,
                  std::string_view spec) -> Result<ByteReader> {
    ByteReader own(bytes, start + offset, {source, structure, spec});
    if (!shared) return own;
    return objects_.OpenShared(type, own, structure, spec);
  };
  RUTTER_ASSIGN(auto datatype, part(MessageType::kDatatype, message.datatype, message.datatype_offset, message.shared_datatype,
                                    ObjectReader::kDatatypeStructure, ObjectReader::kDatatypeSpec));
  RUTTER_ASSIGN(KnownDatatype known, objects_.Datatype(std::move(datatype)));
  attribute.dtype = std::move(known.dtype);
  RUTTER_ASSIGN(auto dataspace, part(MessageType::kDataspace, message.dataspace, message.dataspace_offset, message.shared_dataspace,
                                     ObjectReader::kDataspaceStructure, ObjectReader::kDataspaceSpec));
  RUTTER_ASSIGN(Dataspace space, DecodeDataspace(std::move(dataspace), objects_.file().sizes(), objects_.file().limits()));
  attribute.shape = std::move(space.shape);
  attribute.is_null = space.is_null;
  if (attribute.is_null) return {};

  auto count = CheckedProduct(attribute.shape);
  auto bytes = count ? CheckedMul(*count, attribute.dtype->size_bytes) : std::nullopt;
  if (!bytes || *bytes > message.data.size()) {
    return Fail(ErrorCode::kCorrupt, "the value needs " + (bytes ? std::to_string(*bytes) : std::string("2^64 or more")) + " bytes, the message has " +
                                         std::to_string(message.data.size()));
  }
  std::span<const std::byte> data = message.data.first(static_cast<std::size_t>(*bytes));
  if (known.has_reference) {
    waiting_.push_back({&node, node.attributes.size() - 1, data, start + message.data_offset});
    return {};
  }
  return DecodeValue(data, attribute);
}

Status AttributeReader::DecodeValue(std::span<const std::byte> data, Attribute& attribute) {
  const Limits& limits = objects_.file().limits();
  std::uint64_t count = CheckedProduct(attribute.shape).value_or(0);
  std::uint64_t cost = CheckedMul(count, sizeof(Value)).value_or(~0ull);
  if (!Spend(cost)) return Fail(ErrorCode::kLimit, "attribute values exceed their budget (twice Limits::metadata_bytes)");
  bool scalar = attribute.shape.empty();
  if (scalar && attribute.dtype->type_class == TypeClass::kVlenString) {
    // What nearly every writer of the field makes of a string.
    std::uint64_t length = 0;
    RUTTER_ASSIGN(auto bytes, resolver_.VlenBytes(data, 1, length));
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    text = text.substr(0, text.find('\0'));
    if (text.size() > limits.value_bytes || !Spend(text.size())) return Fail(ErrorCode::kLimit, "a string of " + std::to_string(text.size()) + " bytes (Limits::value_bytes)");
    attribute.value.data.emplace<std::string>(text);
    return {};
  }
  std::uint64_t allowed = std::min(reserved_ + budget_.left(), limits.value_bytes), before = allowed;
  BudgetedResolver resolver(resolver_, attribute.dtype->type_class == TypeClass::kVlenString, allowed);
  auto decode = [&]() -> Status {
    if (scalar) {
      RUTTER_ASSIGN(attribute.value, DecodeElement(*attribute.dtype, data, &resolver, limits));
      return {};
    }
    RUTTER_ASSIGN(auto list, DecodeElements(*attribute.dtype, data, count, &resolver, limits));
    attribute.value = NestValues(std::move(list), attribute.shape);
    return {};
  };
  Status status = decode();
  if (!Spend(before - allowed)) reserved_ = 0;  // another thread was sooner
  return status;
}

void AttributeReader::Finish() {
  for (const Waiting& waiting : waiting_) {
    Attribute& attribute = waiting.node->attributes[waiting.attribute];
    if (auto status = DecodeValue(waiting.data, attribute); !status) {
      Error error = std::move(status).error();
      FillWhere(error, objects_.file(), waiting.offset);
      error.where.path = waiting.node->Path();
      attribute.value = Value();
      attribute.failure = std::move(error);
    }
  }
  waiting_.clear();
  kept_objects_.clear();
}

}  // namespace rutter::hdf5
