#include "refs/names.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>
#include <unordered_set>

#include "model/value_json.h"

namespace rutter {
namespace {

constexpr std::array<bool, 256> kFetchable = [] {
  std::array<bool, 256> table{};
  for (unsigned char c : std::string_view("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")) table[c] = true;
  return table;
}();

bool IsFetchable(char c) { return kFetchable[static_cast<unsigned char>(c)]; }

bool IsNoBackslash(char c) { return c != '\\'; }  // zarr-python takes a backslash for a slash

bool IsReserved(std::string_view name) { return name.empty() || name == "." || name == ".." || name.starts_with(".z") || name == "zarr.json"; }

auto CharacterRule(std::string_view name, NameRule rule) { return rule == NameRule::kAnyText && IsUtf8(name) ? IsNoBackslash : IsFetchable; }

bool IsPlain(std::string_view name, NameRule rule) {
  // Nearly every name may stay under either rule.
  const bool fetchable = std::all_of(name.begin(), name.end(), [](char c) { return IsFetchable(c); });
  return (fetchable || std::all_of(name.begin(), name.end(), CharacterRule(name, rule))) && !IsReserved(name);
}

std::string Plain(std::string_view name, NameRule rule) {
  std::string out(name);
  auto may_stay = CharacterRule(name, rule);
  for (char& c : out) c = may_stay(c) ? c : '_';
  if (IsReserved(out)) out.insert(0, "_");
  return out;
}

/// True where every name can stay and no two are the same, told by their order.
bool CanAllStay(const Node& group, NameRule rule) {
  std::string_view previous;
  for (const auto& child : group.children) {
    if (!IsPlain(child->name, rule) || child->name <= previous) return false;
    previous = child->name;
  }
  return true;
}

}  // namespace

std::vector<NamedNode> NameNodes(const Map& map, NameRule rule) {
  std::vector<NamedNode> nodes, stack;
  stack.push_back({&map.root, "", false});
  while (!stack.empty()) {
    const Node& node = *stack.back().node;
    nodes.push_back(std::move(stack.back()));
    stack.pop_back();
    if (node.children.empty()) continue;
    std::string prefix = nodes.back().path;
    if (!prefix.empty()) prefix += '/';
    auto path_of = [&](const std::string& name) {
      std::string path;
      path.reserve(prefix.size() + name.size());
      path.append(prefix).append(name);
      return path;
    };
    const std::size_t first = stack.size();
    stack.resize(first + node.children.size());
    auto place = [&](std::size_t child) -> NamedNode& { return stack[stack.size() - 1 - child]; };  // the first child is taken first
    for (std::size_t i = 0; i < node.children.size(); ++i) place(i).node = node.children[i].get();
    if (CanAllStay(node, rule)) {
      for (std::size_t i = 0; i < node.children.size(); ++i) place(i).path = path_of(node.children[i]->name);
      continue;
    }
    // Names that stay as they are come first, so that a renamed sibling never takes one of theirs.
    std::unordered_set<std::string> taken;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const std::string& name = node.children[i]->name;
      place(i).renamed = !(IsPlain(name, rule) && taken.insert(name).second);
      if (!place(i).renamed) place(i).path = path_of(name);
    }
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      if (!place(i).renamed) continue;
      std::string plain = Plain(node.children[i]->name, rule), name = plain;
      for (int n = 2; !taken.insert(name).second; ++n) name = plain + "_" + std::to_string(n);
      place(i).path = path_of(name);
    }
  }
  return nodes;
}

DimensionNames::DimensionNames(const Map& map) {
  VisitNodes(map.root, [&](const Node& node) {
    if (node.array == nullptr) return;
    for (const std::string& name : node.array->dimension_names) {
      if (name.starts_with("phony_dim_")) next_ = std::max<std::size_t>(next_, std::strtoull(name.c_str() + 10, nullptr, 10) + 1);
    }
  });
}

bool DimensionNames::Append(const Node& group, const Shape& shape, const std::vector<std::string>& known, std::string& json) {
  if (&group != last_node_) {
    last_node_ = &group;
    auto [found, is_new] = groups_.try_emplace(&group);
    last_ = &found->second;
    if (is_new) {
      for (const auto& child : group.children) {
        if (child->array != nullptr && child->array->shape.empty()) last_->scalars.insert(child->name);
      }
    }
  }
  Group& names = *last_;
  bool invented = false;
  InlineVector<std::uint8_t, 8> is_phony(shape.size());
  std::vector<std::string_view> taken;  // of this array; names in `known` and in the group stay where they are
  for (std::size_t k = 0; k < shape.size(); ++k) {
    std::string_view name = k < known.size() ? std::string_view(known[k]) : std::string_view();
    bool usable = !name.empty() && IsUtf8(name) && std::find(taken.begin(), taken.end(), name) == taken.end();
    if (usable) usable = names.scalars.empty() || !names.scalars.contains(name);
    if (usable) usable = names.lengths.try_emplace(known[k], shape[k]).first->second == shape[k];
    if (!usable) {
      invented = true;
      // Axes of one length have names of their own.
      std::size_t earlier = 0;
      for (std::size_t j = 0; j < k; ++j) earlier += is_phony[j] != 0 && shape[j] == shape[k] ? 1 : 0;
      is_phony[k] = 1;
      std::string& phony = names.phony[{shape[k], earlier}];
      if (phony.empty()) phony = "phony_dim_" + std::to_string(next_++);
      name = phony;
    }
    if (shape.size() > 1) taken.push_back(name);
    if (k != 0) json += ',';
    AppendJsonString(name, json);
  }
  return invented;
}

}  // namespace rutter
