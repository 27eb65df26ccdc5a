#include "refs/names.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <unordered_set>

namespace rutter {
namespace {

std::string Plain(std::string_view name) {
  std::string out;
  for (char c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    out += plain ? c : '_';
  }
  if (out.empty() || out == "." || out == ".." || out.starts_with(".z") || out == "zarr.json") out.insert(0, "_");
  return out;
}

}  // namespace

NodeNames::NodeNames(const Map& map) {
  VisitNodes(map.root, [&](const Node& node) {
    if (node.parent == nullptr) paths_[&node] = "";
    const std::string prefix = paths_[&node].empty() ? "" : paths_[&node] + "/";
    // Names that stay as they are come first, so that a renamed sibling never takes one of theirs.
    std::unordered_set<std::string> taken;
    for (const auto& child : node.children) {
      if (Plain(child->name) == child->name && taken.insert(child->name).second) paths_[child.get()] = prefix + child->name;
    }
    for (const auto& child : node.children) {
      if (paths_.contains(child.get())) continue;
      std::string plain = Plain(child->name), name = plain;
      for (int n = 2; !taken.insert(name).second; ++n) name = plain + "_" + std::to_string(n);
      paths_[child.get()] = prefix + name;
      renamed_[child.get()] = true;
    }
  });
}

DimensionNames::DimensionNames(const Map& map) {
  VisitNodes(map.root, [&](const Node& node) {
    if (node.array == nullptr) return;
    for (const std::string& name : node.array->dimension_names) {
      if (name.starts_with("phony_dim_")) next_ = std::max<std::size_t>(next_, std::strtoull(name.c_str() + 10, nullptr, 10) + 1);
    }
  });
}

std::vector<std::string> DimensionNames::For(const Node& group, const Shape& shape, const std::vector<std::string>& known, bool& invented) {
  Group& names = groups_[&group];
  std::vector<std::string> result;
  std::map<std::uint64_t, std::size_t> seen;
  for (std::size_t k = 0; k < shape.size(); ++k) {
    std::string name = k < known.size() ? known[k] : "";
    bool usable = !name.empty() && std::find(result.begin(), result.end(), name) == result.end();
    if (usable) usable = names.lengths.emplace(name, shape[k]).first->second == shape[k];
    if (!usable) {
      invented = true;
      std::string& phony = names.phony[{shape[k], seen[shape[k]]++}];
      if (phony.empty()) phony = "phony_dim_" + std::to_string(next_++);
      name = phony;
    }
    result.push_back(std::move(name));
  }
  return result;
}

}  // namespace rutter
