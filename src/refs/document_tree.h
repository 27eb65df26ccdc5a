#pragma once
// Metadata keys of a document (.zarray, .zattrs, zarr.json, ...) -> the tree of a map.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "model/map.h"
#include "model/value.h"
#include "refs/chunk_entries.h"
#include "refs/extras_reader.h"

namespace rutter {

enum class MetadataKind : std::uint8_t { kNone, kArray, kAttributes, kGroup, kConsolidated, kZarr3 };

/// What kind of metadata a key names, and the path of its node ("" = the root).
MetadataKind MetadataKindOf(std::string_view key, std::string_view& path);

/// Gathers metadata key by key, then builds the tree once.
class DocumentTree {
 public:
  explicit DocumentTree(const Limits& limits) : limits_(limits) {}

  /// Errors: kCorrupt (a path with an empty or ".." part), kLimit.
  Status Add(MetadataKind kind, std::string_view path, Value json);

  /// Builds `map` and declares its arrays to `entries`. `extras` is the member "rutter" or nullptr. Errors: kCorrupt, kLimit.
  Status Build(const Value* extras, Map& map, ChunkEntries& entries);

  /// After the chunks are there: element types that only the data shows.
  Status Finish();

  bool lindi() const { return lindi_; }  ///< LINDI's annotations were met.

 private:
  /// What the document says about one path.
  struct Description {
    std::string path;  ///< "a/b", "" for the root.
    std::optional<Value> zarray, zattrs, zarr3;
    const Value* Attributes() const;
  };
  struct Place {
    const Description* description;
    Node* node;
    const Array* array;
    ChunkKeys keys;
    Shape grid;
  };

  Result<std::size_t> Describe(std::string_view path);
  Status CheckPath(std::string_view path) const;
  Status ExpandConsolidated();
  Status BuildNode(const Description& description, const Value* types, std::vector<Place>& arrays);
  Result<Node*> MakeNode(const std::string& path);
  Status ReadAttributes(Node& node, const Value& json, const Value* types);

  const Limits& limits_;
  std::vector<Description> descriptions_;
  std::unordered_map<std::string, std::size_t> by_path_;
  std::optional<Value> consolidated_;
  NodesByPath nodes_;
  std::vector<std::pair<Array*, const Value*>> untyped_;
  std::uint64_t attributes_ = 0;
  bool lindi_ = false, own_ = false;  ///< own_: written by this engine, with the member "rutter".
};

}  // namespace rutter
