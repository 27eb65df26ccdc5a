#pragma once
// What conventions ask of attributes, whose files write one thing in several ways.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/map.h"

namespace rutter {

/// The text of a string attribute, scalar or of one element, up to its first NUL; nullopt for anything else.
std::optional<std::string_view> AttributeText(const Node& node, std::string_view name);
/// The number of an integer attribute, scalar or of one element; nullopt for anything else and above 2^63 - 1.
std::optional<std::int64_t> AttributeInteger(const Node& node, std::string_view name);
/// The numbers of an integer attribute of any rank; nullopt for anything else.
std::optional<std::vector<std::int64_t>> AttributeIntegers(const Node& node, std::string_view name);

/// Adds a note unless the map has it already.
void AddNote(Map& map, std::string note);

}  // namespace rutter
