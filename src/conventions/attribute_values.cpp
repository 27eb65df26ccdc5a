#include "conventions/attribute_values.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace rutter {
namespace {

/// The value itself, or the only element of lists around it.
const Value* Single(const Value& value) {
  const Value* at = &value;
  while (const auto* list = at->As<ValueList>()) {
    if (list->size() != 1) return nullptr;
    at = &list->front();
  }
  return at;
}

std::optional<std::int64_t> IntegerOf(const Value& value) {
  if (const auto* number = value.As<std::int64_t>()) return *number;
  if (const auto* number = value.As<std::uint64_t>()) {
    if (*number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return static_cast<std::int64_t>(*number);
  }
  return std::nullopt;
}

/// Appends the numbers of nested lists. Their depth is the attribute's rank, which the format has bounded.
bool AppendIntegers(const Value& value, std::vector<std::int64_t>& out) {
  if (const auto* list = value.As<ValueList>()) {
    return std::all_of(list->begin(), list->end(), [&](const Value& item) { return AppendIntegers(item, out); });
  }
  auto number = IntegerOf(value);
  if (number) out.push_back(*number);
  return number.has_value();
}

}  // namespace

std::optional<std::string_view> AttributeText(const Node& node, std::string_view name) {
  const Attribute* attribute = node.FindAttribute(name);
  const Value* value = attribute == nullptr ? nullptr : Single(attribute->value);
  const auto* text = value == nullptr ? nullptr : value->As<std::string>();
  if (text == nullptr) return std::nullopt;
  return std::string_view(*text).substr(0, text->find('\0'));
}

std::optional<std::int64_t> AttributeInteger(const Node& node, std::string_view name) {
  const Attribute* attribute = node.FindAttribute(name);
  const Value* value = attribute == nullptr ? nullptr : Single(attribute->value);
  return value == nullptr ? std::nullopt : IntegerOf(*value);
}

std::optional<std::vector<std::int64_t>> AttributeIntegers(const Node& node, std::string_view name) {
  const Attribute* attribute = node.FindAttribute(name);
  std::vector<std::int64_t> numbers;
  if (attribute == nullptr || !AppendIntegers(attribute->value, numbers)) return std::nullopt;
  return numbers;
}

void AddNote(Map& map, std::string note) {
  if (std::find(map.notes.begin(), map.notes.end(), note) == map.notes.end()) map.notes.push_back(std::move(note));
}

}  // namespace rutter
