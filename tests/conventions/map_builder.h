#pragma once
// Hand-made maps for the tests of conventions.

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/data_access.h"
#include "model/make_node.h"
#include "model/map.h"

namespace rutter::testing {

inline Map Hdf5Map() {
  Map map;
  map.format = "hdf5";
  return map;
}

/// An array without data. Its address is unique in the process.
inline Node& Put(Node& group, const std::string& name, Shape shape, DtypePtr dtype = MakeFloat(8), bool first_unlimited = false) {
  static std::uint64_t address = 1000;
  auto array = std::make_unique<Array>();
  array->dtype = std::move(dtype);
  array->chunk_shape = shape;
  if (first_unlimited) {
    for (std::uint64_t length : shape) array->max_shape.emplace_back(length);
    array->max_shape[0].reset();
  }
  array->shape = std::move(shape);
  array->index = std::make_shared<EmptyIndex>();
  Node& node = AddArray(group, name, std::move(array));
  node.address = address++;
  return node;
}

inline void Set(Node& node, const std::string& name, Value value) {
  Attribute attribute;
  attribute.name = name;
  attribute.dtype = MakeVlenString(CharSet::kAscii);
  attribute.value = std::move(value);
  node.attributes.push_back(std::move(attribute));
}

inline Value Text(const std::string& text) { return Value(text); }

inline Node& Scale(Node& group, const std::string& name, Shape shape, bool unlimited = false) {
  Node& node = Put(group, name, std::move(shape), MakeFloat(8), unlimited);
  Set(node, "CLASS", Text("DIMENSION_SCALE"));
  return node;
}

/// DIMENSION_LIST: for each axis the scales that are attached.
inline void Attach(Node& node, const std::vector<std::vector<const Node*>>& axes) {
  ValueList list;
  for (const auto& scales : axes) {
    ValueList references;
    for (const Node* scale : scales) {
      Reference reference;
      reference.address = scale->address;
      references.emplace_back(std::move(reference));
    }
    list.emplace_back(std::move(references));
  }
  Set(node, "DIMENSION_LIST", Value(std::move(list)));
}

/// Gives the bytes that a test wrote down for an array; fails for the others.
class FakeData : public DataAccess {
 public:
  std::map<const Array*, std::vector<std::byte>> bytes;
  ErrorCode failure = ErrorCode::kCorrupt;
  Result<std::vector<std::byte>> ReadStored(const Array& array, std::uint64_t) const override {
    auto found = bytes.find(&array);
    if (found == bytes.end()) return Fail(failure, "damaged");
    return found->second;
  }
  Result<ValueList> ReadValues(const Array&, std::uint64_t) const override { return Fail(failure, "damaged"); }
  Result<std::vector<std::byte>> ReadChunk(const Array&, const Shape&) const override { return Fail(failure, "damaged"); }
};

using Names = std::vector<std::string>;
inline Names NamesOf(const Map& map, const std::string& path) { return map.Find(path)->array->dimension_names; }

}  // namespace rutter::testing
