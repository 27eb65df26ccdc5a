#pragma once
// The extra member "rutter", read back: exact types, names, links, and what could not be mapped.

#include <string>
#include <unordered_map>

#include "base/limits.h"
#include "base/result.h"
#include "model/map.h"
#include "model/value.h"
#include "refs/source_table.h"

namespace rutter {

/// Nodes of a document by their document path ("a/b", "" for the root).
using NodesByPath = std::unordered_map<std::string, Node*>;

/// An attribute whose type the member keeps. `json` holds its dtype and shape, and the value unless that stands in the
/// metadata of the node, from where `value` comes. Errors: kCorrupt.
Result<Attribute> TypedAttribute(std::string name, const Value& json, Value value);

/// Describes the member's sources, in their order. Errors: kCorrupt.
Status ReadExtraSources(const Value& extras, SourceTable& sources);

/// Restores names, element types, hidden attributes, links, committed types, unmapped nodes and notes. Links and unmapped nodes
/// replace what stands at their path. Errors: kCorrupt.
Status ApplyExtras(const Value& extras, const Limits& limits, Map& map, NodesByPath& nodes);

}  // namespace rutter
