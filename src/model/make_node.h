#pragma once
// Short ways to build attributes and nodes, for formats and conventions.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/map.h"

namespace rutter {

Attribute MakeTextAttribute(std::string name, std::string text);             ///< A scalar UTF-8 string.
Attribute MakeTextListAttribute(std::string name, std::vector<std::string> texts);  ///< Rank 1.
Attribute MakeIntegerAttribute(std::string name, std::int64_t value);        ///< A scalar int64.
Attribute MakeIntegerListAttribute(std::string name, const Shape& values);  ///< Rank 1, uint64.
Attribute MakeFloatAttribute(std::string name, double value);                ///< A scalar float64.

/// Adds the attribute, or replaces the one of the same name.
void SetAttribute(Node& node, Attribute attribute);

/// Appends a child and sets its parent. The reference stays valid while the map lives.
Node& AddGroup(Node& parent, std::string name);
Node& AddArray(Node& parent, std::string name, std::unique_ptr<Array> array);

/// A rank-1 array whose bytes lie in the map: elements of `dtype`, stored in `bytes`, along one named dimension.
std::unique_ptr<Array> MakeInlineArray(DtypePtr dtype, std::vector<std::byte> bytes, std::string dimension);

}  // namespace rutter
