#include "fuzz/same_tree.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include "model/value_json.h"

namespace rutter::fuzz {
namespace {

bool Kept(const Rare<Error>& failure, const Rare<Error>& back) { return !failure || (back && back->message == failure->message); }

std::string Text(const Attribute& attribute) {
  std::string text;
  AppendJson(attribute.value, text);
  return text;
}

std::string LostAttribute(const Node& node, const Node& back) {
  // A damaged file may give one name to several attributes; a document has one of them.
  for (const Attribute& attribute : node.attributes) {
    const Attribute* kept = back.FindAttribute(attribute.name);
    if (kept == nullptr) return "attribute " + attribute.name;
    if (!Kept(attribute.failure, kept->failure)) return "why attribute " + attribute.name + " cannot be read";
    if (attribute.failure || kept->failure || node.FindAttribute(attribute.name) != &attribute) continue;
    if (Text(attribute) != Text(*kept)) return "the value of attribute " + attribute.name;
    if (attribute.is_null != kept->is_null || attribute.shape != kept->shape) return "the shape of attribute " + attribute.name;
  }
  return Kept(node.attributes_failure, back.attributes_failure) ? "" : "why not all attributes can be listed";
}

std::string LostArray(const Array& array, const Array& back) {
  if (!Kept(array.failure, back.failure)) return "why the array cannot be read";
  if (back.shape != array.shape) return "the shape";
  if (array.failure || back.failure) return "";
  if (back.max_shape != array.max_shape) return "how far it may grow";
  if (back.dimension_names != array.dimension_names) return "the names of dimensions";
  if (back.is_null != array.is_null) return "that it is null";
  return "";
}

std::string LostOf(const Node& node, const Node& back) {
  if (back.kind != node.kind) return "the kind";
  if (!Kept(node.failure, back.failure)) return "the failure";
  if (back.target != node.target || back.target_file != node.target_file || back.link_class != node.link_class) return "where the link leads";
  if ((node.array == nullptr) != (back.array == nullptr)) return "the array";
  if (node.array != nullptr) {
    if (std::string lost = LostArray(*node.array, *back.array); !lost.empty()) return lost;
  }
  return LostAttribute(node, back);
}

}  // namespace

std::string Lost(const Map& map, const Map& back) {
  std::vector<std::pair<const Node*, const Node*>> pairs{{&map.root, &back.root}};
  while (!pairs.empty()) {
    const auto [node, same] = pairs.back();
    pairs.pop_back();
    if (std::string lost = LostOf(*node, *same); !lost.empty()) return lost + " of " + node->Path();
    std::unordered_map<std::string_view, const Node*> children;
    for (const auto& child : same->children) children.emplace(child->name, child.get());
    for (const auto& child : node->children) {
      auto found = children.find(child->name);
      if (found == children.end()) return child->Path();
      pairs.emplace_back(child.get(), found->second);
    }
  }
  return "";
}

}  // namespace rutter::fuzz
