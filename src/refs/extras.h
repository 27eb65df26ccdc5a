#pragma once
// The extra top-level member "rutter": what Zarr metadata cannot say, so that our own reader restores the map exactly.
// Other readers ignore it. docs/maps.md describes it member by member.

#include <map>
#include <string>
#include <string_view>

#include "model/map.h"
#include "refs/reference_writer.h"

namespace rutter {

/// Collects the member while a document is written.
class Extras {
 public:
  void Link(const std::string& path, const Node& node);
  void NamedType(const std::string& path, const Node& node);
  /// `member` is `"key":value` JSON of one node.
  void Node(const std::string& path, std::string_view member);
  /// The type of an attribute that JSON alone does not keep; its value stands in the node's metadata.
  void AttributeType(const std::string& path, const Attribute& attribute) { Append(types_[path], attribute, false); }
  /// An attribute that clients are better off without, whole.
  void HiddenAttribute(const std::string& path, const Attribute& attribute) { Append(hidden_[path], attribute, true); }
  /// A node, or an attribute of it where `attribute` is not null, that the document does not carry; with its description.
  void NotMapped(const std::string& path, const rutter::Node& node, const Error& reason, const Attribute* attribute, bool renamed);

  /// Adds what was collected of later nodes.
  void Add(Extras&& later);

  /// The whole object, sources and report included. Called once, at the end.
  std::string ToJson(const Map& map, const WriteReport& report, const WriteOptions& options, const std::vector<std::string>& urls) &&;

 private:
  static void Append(std::string& members, const Attribute& attribute, bool with_value);

  std::string links_, named_types_, unmapped_;
  std::map<std::string, std::string> nodes_, types_, hidden_;
};

/// True where an attribute's JSON alone gives its value and kind back.
bool IsPlainAttribute(const Attribute& attribute);

}  // namespace rutter
