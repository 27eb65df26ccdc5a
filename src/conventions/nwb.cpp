#include "conventions/nwb.h"

#include <optional>
#include <string>

#include "conventions/attribute_values.h"

namespace rutter {
namespace {

constexpr const char* kTime = "time";

/// The node that a child's name leads to, links followed; its array or null.
const Array* ArrayBehind(const Map& map, const Node& group, std::string_view name) {
  const Node* child = group.FindChild(name);
  if (child == nullptr) return nullptr;
  if (child->array == nullptr) child = map.Find(child->Path());
  return child == nullptr ? nullptr : child->array.get();
}

void NameFirstAxis(Node& group, std::string_view child_name, std::uint64_t length) {
  Node* child = group.FindChild(child_name);
  if (child == nullptr || child->array == nullptr || child->array->is_null) return;
  Array& array = *child->array;
  if (array.shape.empty() || array.shape[0] != length) return;
  if (array.dimension_names.size() != array.shape.size()) array.dimension_names.assign(array.shape.size(), "");
  if (array.dimension_names[0].empty()) array.dimension_names[0] = kTime;
}

void NameTimeAxis(const Map& map, Node& group) {
  const Array* data = ArrayBehind(map, group, "data");
  if (data == nullptr || data->shape.empty()) return;
  const Array* timestamps = ArrayBehind(map, group, "timestamps");
  const Node* starting_time = group.FindChild("starting_time");
  bool regular = starting_time != nullptr && starting_time->FindAttribute("rate") != nullptr;
  bool stamped = timestamps != nullptr && timestamps->shape.size() == 1 && timestamps->shape[0] == data->shape[0];
  if (!regular && !stamped) return;
  for (const char* name : {"data", "timestamps", "control"}) NameFirstAxis(group, name, data->shape[0]);
}

}  // namespace

bool IsNwb(const Map& map) {
  return map.root.FindAttribute("nwb_version") != nullptr || AttributeText(map.root, "neurodata_type") == "NWBFile";
}

void ApplyNwb(Map& map) {
  std::string version(AttributeText(map.root, "nwb_version").value_or("of no stated version"));
  AddNote(map, "NWB " + version + ": object ids, references and links are kept as they stand in the file");
  VisitNodes(map.root, [&](Node& node) {
    if (node.kind == NodeKind::kGroup && node.FindAttribute("neurodata_type") != nullptr) NameTimeAxis(map, node);
  });
}

}  // namespace rutter
