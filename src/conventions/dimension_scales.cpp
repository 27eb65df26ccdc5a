#include "conventions/dimension_scales.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "conventions/attribute_values.h"

namespace rutter {
namespace {

constexpr std::string_view kWithoutVariable = "This is a netCDF dimension but not a netCDF variable";
constexpr std::int64_t kMaxDimensionId = 0x7FFF'FFFF;

constexpr std::string_view kInitials = "CND_";  ///< Of the attributes that this file asks for.

/// False for most arrays, which then need no search for one attribute after the other.
bool MayHaveDimensions(const Node& node) {
  return std::any_of(node.attributes.begin(), node.attributes.end(), [](const Attribute& attribute) {
    return !attribute.name.empty() && kInitials.find(attribute.name.front()) != std::string_view::npos;
  });
}

bool IsScale(const Node& node) { return node.array != nullptr && AttributeText(node, "CLASS") == "DIMENSION_SCALE"; }

/// What a dimension must have in common with another to be the same for netCDF-C.
struct AxisExtent {
  std::uint64_t length = 0;
  bool unlimited = false;
  auto operator<=>(const AxisExtent&) const = default;
};

AxisExtent ExtentOf(const Array& array, std::size_t axis) {
  bool unlimited = axis < array.max_shape.size() && !array.max_shape[axis].has_value();
  return {array.shape[axis], unlimited};
}

/// netCDF-C passes over variables whose type it lacks, so they take part in no numbering.
bool IsNetcdfType(const Dtype& dtype) {
  switch (dtype.type_class) {
    case TypeClass::kObjectReference:
    case TypeClass::kRegionReference:
    case TypeClass::kAttributeReference:
    case TypeClass::kBitfield:
    case TypeClass::kTime: return false;
    default: return true;
  }
}

class Namer {
 public:
  explicit Namer(Map& map) : map_(map) {
    VisitNodes(map.root, [&](Node& node) {
      if (IsScale(node)) AddScale(node);
    });
  }

  void NameFromFile() {
    VisitNodes(map_.root, [&](Node& node) {
      if (node.array == nullptr || node.array->is_null) return;
      Array& array = *node.array;
      array.dimension_names.assign(array.shape.size(), "");
      array.dimension_only = false;
      if (!MayHaveDimensions(node)) return;
      array.dimension_only = AttributeText(node, "NAME").value_or("").starts_with(kWithoutVariable);
      if (NameByIds(node)) return;
      if (IsScale(node)) {
        if (!array.shape.empty()) array.dimension_names[0] = node.name;
        return;
      }
      NameByScales(node);
      NameByLabels(node);
    });
  }

  /// netCDF-C gives numbers to the groups below first, and to a group's variables in their order.
  void NamePhony() {
    std::vector<std::pair<Node*, std::size_t>> stack = {{&map_.root, 0}};
    while (!stack.empty()) {
      auto& [group, next] = stack.back();
      while (next < group->children.size() && group->children[next]->kind != NodeKind::kGroup) ++next;
      if (next < group->children.size()) {
        Node* child = group->children[next++].get();
        stack.emplace_back(child, 0);
        continue;
      }
      NamePhonyIn(*group);
      stack.pop_back();
    }
  }

  /// Within one group a name must have one length and no scalar may bear it, or xarray refuses the group.
  void NoteConflicts() {
    VisitNodes(map_.root, [&](const Node& group) {
      std::unordered_map<std::string_view, std::uint64_t> lengths;
      for (const auto& child : group.children) {
        if (child->array == nullptr || child->array->dimension_names.size() != child->array->shape.size()) continue;
        for (std::size_t k = 0; k < child->array->shape.size(); ++k) {
          const std::string& name = child->array->dimension_names[k];
          if (name.empty()) continue;
          auto found = lengths.emplace(name, child->array->shape[k]);
          if (found.first->second == child->array->shape[k]) continue;
          AddNote(map_, "the dimension '" + name + "' has two lengths in " + group.Path() +
                            "; documents give another name to the later one");
        }
      }
      if (lengths.empty()) return;
      for (const auto& child : group.children) {
        if (child->array == nullptr || !child->array->shape.empty() || !lengths.contains(child->name)) continue;
        AddNote(map_, "the dimension '" + child->name + "' has the name of a scalar in " + group.Path() + "; documents give it another name");
      }
    });
  }

 private:
  void AddScale(Node& node) {
    if (node.array->shape.empty()) return;
    auto id = AttributeInteger(node, "_Netcdf4Dimid");
    if (id && *id >= 0 && *id <= kMaxDimensionId) {
      by_id_.emplace(*id, &node);
      next_id_ = std::max(next_id_, *id + 1);
    } else {
      ++next_id_;
    }
  }

  bool NameByIds(Node& node) {
    Array& array = *node.array;
    auto ids = AttributeIntegers(node, "_Netcdf4Coordinates");
    if (!ids || ids->empty() || ids->size() != array.shape.size()) return false;
    std::vector<std::string> names;
    for (std::int64_t id : *ids) {
      auto found = by_id_.find(id);
      if (found == by_id_.end()) return false;
      names.push_back(found->second->name);
    }
    array.dimension_names = std::move(names);
    return true;
  }

  const Node* ScaleOf(const Reference& reference) {
    if (reference.is_null) return nullptr;
    if (by_address_.empty()) {
      VisitNodes(map_.root, [&](const Node& node) {
        if (node.kind == NodeKind::kArray && node.address != 0) by_address_.emplace(node.address, &node);
      });
    }
    if (auto found = by_address_.find(reference.address); reference.address != 0 && found != by_address_.end()) return found->second;
    return reference.path.empty() ? nullptr : map_.Find(reference.path);
  }

  void NameByScales(Node& node) {
    const Attribute* list = node.FindAttribute("DIMENSION_LIST");
    const auto* axes = list == nullptr ? nullptr : list->value.As<ValueList>();
    if (axes == nullptr || axes->size() != node.array->shape.size()) return;
    for (std::size_t k = 0; k < axes->size(); ++k) {
      const auto* scales = (*axes)[k].As<ValueList>();
      if (scales == nullptr) continue;
      for (const Value& scale : *scales) {
        const auto* reference = scale.As<Reference>();
        const Node* target = reference == nullptr ? nullptr : ScaleOf(*reference);
        // A group is no scale; one without axes (a pixel's size, for one) tells something of the axis and is no name for it.
        if (target != nullptr && target->array != nullptr && !target->array->shape.empty()) node.array->dimension_names[k] = target->name;
      }
    }
  }

  void NameByLabels(Node& node) {
    const Attribute* attribute = node.FindAttribute("DIMENSION_LABELS");
    const auto* labels = attribute == nullptr ? nullptr : attribute->value.As<ValueList>();
    std::vector<std::string>& names = node.array->dimension_names;
    if (labels == nullptr || labels->size() != names.size()) return;
    for (std::size_t k = 0; k < names.size(); ++k) {
      const auto* label = (*labels)[k].As<std::string>();
      if (label == nullptr || !names[k].empty()) continue;
      std::string text = label->substr(0, label->find('\0'));
      if (std::find(names.begin(), names.end(), text) == names.end()) names[k] = std::move(text);
    }
  }

  void NamePhonyIn(Node& group) {
    std::map<AxisExtent, std::vector<std::string>> known;
    for (const auto& child : group.children) {
      if (IsScale(*child) && !child->array->shape.empty()) known[ExtentOf(*child->array, 0)].push_back(child->name);
    }
    for (const auto& child : group.children) {
      if (child->array == nullptr || child->array->is_null || !IsNetcdfType(*child->array->dtype)) continue;
      Array& array = *child->array;
      std::vector<std::string>& names = array.dimension_names;
      for (std::size_t k = 0; k < names.size(); ++k) {
        if (!names[k].empty()) continue;
        std::vector<std::string>& candidates = known[ExtentOf(array, k)];
        auto unused = std::find_if(candidates.begin(), candidates.end(), [&](const std::string& name) {
          return std::find(names.begin(), names.end(), name) == names.end();
        });
        if (unused == candidates.end()) unused = candidates.insert(unused, "phony_dim_" + std::to_string(next_id_++));
        names[k] = *unused;
      }
    }
  }

  Map& map_;
  std::unordered_map<std::uint64_t, const Node*> by_address_;  ///< Arrays; filled when the first reference is followed.
  std::unordered_map<std::int64_t, const Node*> by_id_;
  std::int64_t next_id_ = 0;  ///< netCDF-C's next dimension number.
};

}  // namespace

void ApplyDimensionScales(Map& map, bool phony) {
  Namer namer(map);
  namer.NameFromFile();
  if (phony) namer.NamePhony();
  namer.NoteConflicts();
}

}  // namespace rutter
