#include "model/make_node.h"

#include <algorithm>
#include <utility>

namespace rutter {
namespace {

Attribute MakeAttribute(std::string name, DtypePtr dtype, Shape shape, Value value) {
  Attribute attribute;
  attribute.name = std::move(name);
  attribute.dtype = std::move(dtype);
  attribute.shape = std::move(shape);
  attribute.value = std::move(value);
  return attribute;
}

}  // namespace

Attribute MakeTextAttribute(std::string name, std::string text) {
  return MakeAttribute(std::move(name), MakeVlenString(CharSet::kUtf8), {}, Value(std::move(text)));
}

Attribute MakeTextListAttribute(std::string name, std::vector<std::string> texts) {
  ValueList values;
  values.reserve(texts.size());
  for (std::string& text : texts) values.emplace_back(std::move(text));
  Shape shape = {values.size()};
  return MakeAttribute(std::move(name), MakeVlenString(CharSet::kUtf8), std::move(shape), Value(std::move(values)));
}

Attribute MakeIntegerAttribute(std::string name, std::int64_t value) {
  return MakeAttribute(std::move(name), MakeInteger(8, true), {}, Value(value));
}

Attribute MakeIntegerListAttribute(std::string name, const Shape& values) {
  ValueList list;
  list.reserve(values.size());
  for (std::uint64_t value : values) list.emplace_back(value);
  return MakeAttribute(std::move(name), MakeInteger(8, false), {values.size()}, Value(std::move(list)));
}

Attribute MakeFloatAttribute(std::string name, double value) {
  return MakeAttribute(std::move(name), MakeFloat(8), {}, Value(value));
}

void SetAttribute(Node& node, Attribute attribute) {
  for (Attribute& existing : node.attributes) {
    if (existing.name == attribute.name) {
      existing = std::move(attribute);
      return;
    }
  }
  node.attributes.push_back(std::move(attribute));
}

Node& AddGroup(Node& parent, std::string name) {
  auto child = std::make_unique<Node>();
  child->name = std::move(name);
  child->kind = NodeKind::kGroup;
  child->parent = &parent;
  parent.children.push_back(std::move(child));
  return *parent.children.back();
}

Node& AddArray(Node& parent, std::string name, std::unique_ptr<Array> array) {
  Node& child = AddGroup(parent, std::move(name));
  child.kind = NodeKind::kArray;
  child.array = std::move(array);
  return child;
}

std::unique_ptr<Array> MakeInlineArray(DtypePtr dtype, std::vector<std::byte> bytes, std::string dimension) {
  auto array = std::make_unique<Array>();
  std::uint64_t elements = bytes.size() / std::max<std::uint64_t>(1, dtype->size_bytes);
  array->dtype = std::move(dtype);
  array->shape = {elements};
  array->chunk_shape = {std::max<std::uint64_t>(1, elements)};
  array->dimension_names = {std::move(dimension)};
  array->index = std::make_shared<InlineIndex>(std::move(bytes));
  return array;
}

}  // namespace rutter
