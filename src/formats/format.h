#pragma once
// The plug: what a native format gives the engine.

#include <cstddef>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "base/trace.h"
#include "io/byte_source.h"
#include "io/source_opener.h"
#include "model/map.h"

namespace rutter {

/// How sure a format is that the bytes are its own. The highest answer wins.
enum class Confidence : int { kNo = 0, kNameOnly = 1, kWeak = 2, kLikely = 3, kCertain = 4 };

struct OpenOptions {
  Limits limits;
  std::shared_ptr<SourceOpener> opener;  ///< For sidecar and linked files; never null.
  std::shared_ptr<Trace> trace = nullptr;  ///< Counts the objects that are described; may be null.
};

/// An opened native file. Thread-safe after Describe.
class FormatFile {
 public:
  virtual ~FormatFile() = default;
  /// Groups, arrays, attributes and links. Reads no chunk tables. Arrays keep what they need of the file alive.
  /// Damage of one object is kept on its node (Node::failure, Array::failure); only a file without a readable root fails.
  virtual Result<Map> Describe() = 0;
  /// Open byte sources in the order of Map::sources; valid after Describe.
  virtual std::vector<std::shared_ptr<ByteSource>> Sources() const = 0;
  /// What the parser saw, with offsets, for `rutter inspect`.
  virtual Result<nlohmann::json> Inspect() = 0;
};

/// One row of the registry.
struct Format {
  const char* name;   ///< "hdf5"
  const char* title;  ///< "HDF5 (NWB, NetCDF-4, MAT v7.3)"
  /// Looks at the first bytes (up to 64 KiB) and at the name; no I/O, never fails.
  Confidence (*sniff)(std::span<const std::byte> head, std::string_view name);
  /// Root structures and versions; does not walk the tree. Sidecar files by relative name through the opener.
  Result<std::unique_ptr<FormatFile>> (*open)(std::shared_ptr<ByteSource> source, const OpenOptions& options);
};

}  // namespace rutter
