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
  /// Attribute types that JSON alone does not keep.
  void Attributes(const std::string& path, const std::vector<Attribute>& attributes);

  /// The whole object, sources and report included.
  std::string ToJson(const Map& map, const WriteReport& report, const WriteOptions& options, const std::vector<std::string>& urls) const;

 private:
  std::string links_, named_types_;
  std::map<std::string, std::string> nodes_;
};

/// True where an attribute's JSON alone gives its value and kind back.
bool IsPlainAttribute(const Attribute& attribute);

}  // namespace rutter
