#pragma once
// The map: a tree of groups and arrays with attributes and links, and the table of the sources that hold the bytes.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/rare.h"
#include "codecs/codec.h"
#include "model/chunk_index.h"
#include "model/dtype.h"
#include "model/element.h"
#include "model/value.h"

namespace rutter {

/// One file or object that holds bytes, as it was when the map was made.
struct Source {
  std::string url;  ///< Absolute path or URL.
  std::uint64_t size = 0;
  std::optional<std::int64_t> mtime_ns;
  std::string etag, last_modified;
};

/// A named value on a node. `shape` is empty for a scalar; `is_null` is HDF5's null dataspace (no value at all).
struct Attribute {
  std::string name;
  DtypePtr dtype;
  Shape shape;
  bool is_null = false;
  Value value;  ///< Nested lists by `shape`; null where is_null or where `failure` is set.
  Rare<Error> failure;  ///< Why the value could not be read; the attribute itself exists.
};

/// An n-dimensional array. Immutable once its map is built, thread-safe to read.
struct Array {
  DtypePtr dtype;                       ///< As stored.
  Shape shape;                          ///< Elements; empty = scalar.
  bool is_null = false;                 ///< HDF5 null dataspace: no element at all.
  std::vector<std::optional<std::uint64_t>> max_shape;  ///< Empty = fixed; an empty entry = unlimited.
  Shape chunk_shape;                    ///< Elements; rank numbers, none 0 (1 stands in where the shape has a 0).
  bool column_major = false;            ///< True: elements inside a chunk lie first axis fastest (Zarr v2 order "F").
  std::vector<CodecSpec> codecs;        ///< In the order of writing; empty = raw.
  std::vector<std::byte> fill_value;    ///< One stored element, dtype.size_bytes; empty = zeros (strings and references: null).
  bool fill_defined = false;            ///< The file says a fill value on purpose.
  std::vector<std::string> dimension_names;  ///< Empty, or rank names; "" = unnamed.
  bool dimension_only = false;  ///< Stands for a dimension (netCDF-4's "dimension without a variable"); its elements mean nothing.
  ChunkIndexPtr index;                  ///< Null only where `failure` is set.
  std::shared_ptr<const ElementResolver> resolver;  ///< For types that are not fixed; else null.
  Rare<Error> failure;         ///< Why the array cannot be read at all; its description stands all the same.
  /// Set where the elements were encoded for a Zarr reader (a map that was read back): "vlen-utf8", "vlen-bytes",
  /// "vlen-array", "json2", "rutter-json" (one JSON text per element). Empty = stored elements are `dtype` itself.
  std::string object_codec;

  std::size_t rank() const { return shape.size(); }
  /// Elements in all; nullopt on overflow. 0 for a null dataspace.
  std::optional<std::uint64_t> NumElements() const;
  Shape ChunkGrid() const;  ///< ceil(shape / chunk_shape) per axis.
  std::uint64_t ChunkElements() const;
};

/// A mosaic piece's array with the sources that its chunk references count.
struct MosaicSource {
  std::shared_ptr<const Array> array;
  std::vector<Source> sources;
  /// Open byte sources, one per entry of `sources`, type-erased so that the model stays free of I/O: a
  /// std::vector<std::shared_ptr<ByteSource>>. Null = the sources of the map itself.
  std::shared_ptr<void> pool;
};

enum class NodeKind : std::uint8_t {
  kGroup,
  kArray,
  kNamedType,     ///< HDF5 committed datatype.
  kHardLink,      ///< Another name of an object that stands elsewhere in the tree (`target` = its path).
  kSoftLink,      ///< `target` = path, absolute or relative to the parent group.
  kExternalLink,  ///< `target_file` and `target`.
  kUserLink,      ///< HDF5 user-defined link; `link_class` says which.
  kUnreadable,    ///< The object is damaged or unsupported; `failure` says why.
};

/// One entry of a group. The name of an object that several hard links share is the one met first (breadth first, by
/// name); the others are kHardLink nodes.
struct Node {
  std::string name;  ///< Last part of the path; "" for the root. May hold any byte but "/".
  NodeKind kind = NodeKind::kGroup;
  std::vector<std::unique_ptr<Node>> children;  ///< Groups only, in the order of the file's index.
  std::vector<Attribute> attributes;
  std::unique_ptr<Array> array;   ///< kArray only.
  DtypePtr named_type;            ///< kNamedType only.
  std::string target, target_file;
  std::uint32_t link_class = 0;
  Rare<Error> failure;             ///< kUnreadable: why. kGroup: why not all members could be listed.
  Rare<Error> attributes_failure;  ///< Why not all attributes could be listed.
  std::uint64_t address = 0;      ///< The object's address in its file; 0 = none.
  Node* parent = nullptr;

  std::string Path() const;  ///< "/" for the root.
  const Attribute* FindAttribute(std::string_view attribute_name) const;
  Node* FindChild(std::string_view child_name) const;
  std::size_t NumLinks() const { return children.size(); }
};

/// A whole map. Movable. The tree owns everything; pointers to nodes stay valid while the map lives.
struct Map {
  std::string format;            ///< "hdf5", "npy", "spikeglx", "kerchunk", "lindi", ...
  std::vector<Source> sources;   ///< Source 0 is the main file.
  std::string seal;              ///< Of a map that was read back: what its writer sealed its sources with (io/user_seal.h).
  Node root;
  std::vector<std::string> notes;  ///< What a user should know: "written by SWMR, read up to ...", "shorter than its .meta says".

  Map() = default;
  Map(Map&& other) noexcept;
  Map& operator=(Map&& other) noexcept;

  /// Follows hard-link nodes, and soft links up to `Limits::depth`; nullptr where nothing is there. Accepts "/a/b" and "a/b".
  const Node* Find(std::string_view path) const;
  Node* Find(std::string_view path);
};

/// Calls `visit` for every node, parents first, in the order of the children; iterative.
void VisitNodes(const Node& root, const std::function<void(const Node&)>& visit);
void VisitNodes(Node& root, const std::function<void(Node&)>& visit);

/// Chooses a chunk shape for flat data: whole rows of about `target_bytes`, with no short last chunk where a divisor allows:
/// the first axes are split, later ones kept whole. Returns `shape` itself (1 for zero axes) where it is small enough.
/// Where the first axis has no fitting divisor, the largest divisor of it whose chunk is at most 4 x target_bytes, else 1.
Shape ChooseFlatChunks(const Shape& shape, std::uint64_t element_bytes, std::uint64_t target_bytes = 1ull << 20);

}  // namespace rutter
