#pragma once
// Names of nodes and dimensions in a document that every client can open.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/map.h"

namespace rutter {

/// Which names may stand in a document's keys.
enum class NameRule : std::uint8_t {
  kFetchable,  ///< Letters, digits, "_ - ." only: zarrita percent-encodes all others and does not find them.
  kAnyText,    ///< Every UTF-8 name that is a key to Zarr: LINDI's clients follow links and references by the file's own names.
};

/// A node with its path in the document: "a/b", "" for the root.
struct NamedNode {
  const Node* node = nullptr;
  std::string path;
  bool renamed = false;
};

/// All nodes of a map in the order of VisitNodes. Characters that the rule excludes become "_"; a name that would hide
/// metadata or collide with a sibling gets a suffix.
std::vector<NamedNode> NameNodes(const Map& map, NameRule rule);

/// Names for dimensions that have none: phony_dim_N, the same for equal lengths in one group and different ones within one
/// array, unique in the file. A name is replaced too where two arrays of a group give it two lengths (the later one's is)
/// and where a scalar of the group bears it, because xarray refuses the whole group otherwise.
class DimensionNames {
 public:
  explicit DimensionNames(const Map& map);
  /// Appends the names of an array of this shape (after the plan), in the group that holds it, as quoted JSON with commas
  /// between them; true where any is invented.
  bool Append(const Node& group, const Shape& shape, const std::vector<std::string>& known, std::string& json);

 private:
  struct Group {
    std::map<std::pair<std::uint64_t, std::size_t>, std::string> phony;  ///< (length, occurrence) -> name
    std::unordered_map<std::string, std::uint64_t> lengths;
    std::unordered_set<std::string_view> scalars;
  };
  std::unordered_map<const Node*, Group> groups_;
  const Node* last_node_ = nullptr;  ///< The group asked for last, which is nearly always the next one, too.
  Group* last_ = nullptr;
  std::size_t next_ = 0;
};

}  // namespace rutter
