#pragma once
// The extra top-level member "rutter": what Zarr metadata cannot say, so that our own reader restores the map exactly.
// Other readers ignore it. docs/maps.md describes it member by member.

#include <string>
#include <string_view>

#include "model/map.h"
#include "refs/reference_writer.h"

namespace rutter {

/// Collects the member while a document is written. What is told of one node and its attributes is told in a row.
class Extras {
 public:
  void Link(const std::string& path, const Node& node);
  void NamedType(const std::string& path, const Node& node);
  /// True where Dimension() can say where an array's elements lie: nowhere, or in one run of bytes.
  static bool CanBeDimension(const Array& array);
  /// A netCDF dimension without a variable: clients know it by the arrays that have it.
  void Dimension(const std::string& path, const rutter::Node& node, bool renamed);
  /// `member` is `"key":value` JSON of one node.
  void Node(const std::string& path, std::string_view member);
  /// The type of an attribute that JSON alone does not keep; its value stands in the node's metadata.
  void AttributeType(const std::string& path, const Attribute& attribute) { Append(At(path).types, attribute, false); }
  /// An attribute that clients are better off without, whole.
  void HiddenAttribute(const std::string& path, const Attribute& attribute) { Append(At(path).hidden, attribute, true); }
  /// What the document does not carry of a node; with the description of the node, or of the `attribute` (else null) that it is.
  void NotMapped(const std::string& path, const rutter::Node& node, const Unmapped& missing, const Attribute* attribute, bool renamed);

  /// Adds what was collected of later nodes.
  void Add(Extras&& later);

  /// The whole object, sources and report included. Called once, at the end.
  std::string ToJson(const Map& map, const WriteReport& report, const WriteOptions& options, const std::vector<std::string>& urls) &&;

 private:
  /// Members of one node, and those of its objects "attributes" and "hidden_attributes".
  struct NodeMembers {
    std::string members, types, hidden;
  };

  static void Append(std::string& members, const Attribute& attribute, bool with_value);
  /// The node at hand, after the one before is finished where that is another.
  NodeMembers& At(const std::string& path) {
    if (path != path_) StartNode(path);
    return node_;
  }
  void StartNode(const std::string& path);
  /// Appends the node at hand to `nodes_`.
  void FinishNode();

  std::string links_, named_types_, dimensions_, unmapped_, nodes_;  ///< Members of lists, and of the object of all nodes.
  std::string path_;                                    ///< Of the node at hand.
  NodeMembers node_;
};

/// True where an attribute's JSON alone gives its value and kind back.
bool IsPlainAttribute(const Attribute& attribute);

}  // namespace rutter
