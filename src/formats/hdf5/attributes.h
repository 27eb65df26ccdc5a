#pragma once
// Attributes of an object, compact and dense, to the model's values.
// Sources: HDF5 4.0, "The Attribute Message", "The Attribute Info Message", "Version 2 B-trees", type 8.

#include <atomic>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "formats/hdf5/heaps/fractal.h"
#include "formats/hdf5/messages/attribute.h"
#include "formats/hdf5/object_reader.h"
#include "formats/hdf5/resolver.h"
#include "model/map.h"

namespace rutter::hdf5 {

/// Bytes of attribute values still allowed in one file: twice Limits::metadata_bytes. Thread-safe.
class ValueBudget {
 public:
  explicit ValueBudget(const Limits& limits);
  std::uint64_t left() const { return left_.load(std::memory_order_relaxed); }
  /// False, and nothing is spent, where fewer bytes are left.
  bool Spend(std::uint64_t bytes);

 private:
  std::atomic<std::uint64_t> left_;
};

/// Reads the attributes of many objects of one file. Values that hold references wait until Finish, when every object's
/// path is known. Not thread-safe.
class AttributeReader {
 public:
  AttributeReader(ObjectReader& objects, const Resolver& resolver, ValueBudget& budget) : objects_(objects), resolver_(resolver), budget_(budget) {}

  /// Fills node.attributes and node.attributes_failure. Damage stays on the attribute, or in attributes_failure.
  /// Errors: kLimit of the whole file only.
  Status Read(const ObjectHeader& header, Node& node);

  /// Decodes what waited; the resolver has its paths now. The nodes are where they were.
  void Finish();
  bool has_waiting() const { return !waiting_.empty(); }

 private:
  struct Waiting {
    Node* node;
    std::size_t attribute;
    std::span<const std::byte> data;
    std::uint64_t offset;
  };

  Status ReadCompact(const ObjectHeader& header, Node& node);
  Status ReadDense(const AttributeInfo& info, Node& node);
  /// Decodes one message and appends it, unless its name is there already.
  Status Append(ByteReader message, Node& node);
  Status Describe(const AttributeMessage& message, const ByteReader& reader, Node& node, Attribute& attribute);
  Status DecodeValue(std::span<const std::byte> data, Attribute& attribute);
  Result<ByteReader> OpenRecord(FractalHeap& heap, std::uint64_t heap_address, std::span<const std::byte> id, bool shared,
                                std::deque<std::vector<std::byte>>& messages);
  /// Spends of what is reserved, and reserves more where that is too little. False where the file's budget is spent.
  bool Spend(std::uint64_t bytes);
  static void NoteFailure(Node& node, Error error);
  bool NameIsTaken(const Node& node, std::string_view name);

  ObjectReader& objects_;
  const Resolver& resolver_;
  std::vector<Waiting> waiting_;
  std::deque<std::vector<std::byte>> kept_objects_;  ///< Dense attributes that wait.
  std::unordered_set<std::string> names_;  ///< Of the current object, once it has many.
  ValueBudget& budget_;
  std::uint64_t reserved_ = 0;  ///< Taken from the budget and not yet spent.
};

}  // namespace rutter::hdf5
