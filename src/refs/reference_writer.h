#pragma once
// A map as a reference document: kerchunk JSON v1 (Zarr v2 or v3 keys) or LINDI JSON.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/data_access.h"
#include "model/map.h"

namespace rutter {

enum class Dialect : std::uint8_t { kKerchunk, kKerchunkZarr3, kLindi };

struct WriteOptions {
  Dialect dialect = Dialect::kKerchunk;
  std::uint64_t inline_bytes = 1'000;        ///< Chunks up to this many decoded bytes, where inlining is needed or cheaper.
  std::uint64_t max_inline_array_bytes = 8ull << 20;  ///< An array that can only be inlined is, up to this decoded size.
  std::uint64_t flat_chunk_bytes = 1ull << 20;
  bool relative = false;                     ///< Relative source paths (a note warns).
  std::string seal;                          ///< SealSources of the sources' URLs, or empty (io/user_seal.h).
  const std::atomic<bool>* cancel = nullptr;  ///< kCancelled soon after it turns true.
  std::string generator;                     ///< "rutter 0.1.0".
};

/// What of a node is missing.
enum class UnmappedPart : std::uint8_t {
  kNode,        ///< The node itself.
  kAttribute,   ///< One attribute.
  kMembers,     ///< The group stands, without the members that could not be listed.
  kAttributes,  ///< The node stands, without the attributes that could not be listed.
};

/// Something that the document could not carry, with the reason.
struct Unmapped {
  std::string path;
  UnmappedPart part = UnmappedPart::kNode;
  std::string attribute;  ///< kAttribute: its name.
  Error reason;
};

/// "members", "attributes"; "" where the path, and the attribute's name, say it. For documents and `--json`.
std::string_view UnmappedPartName(UnmappedPart part);

struct WriteReport {
  std::uint64_t arrays_mapped = 0, groups = 0, chunk_references = 0, inlined_chunks = 0, bytes_written = 0;
  std::vector<Unmapped> unmapped;
  std::vector<std::string> notes;  ///< Renamed nodes and the like.
};

/// Streams the document to `write` piece by piece (no whole document in memory). `write` is called by several threads, one at
/// a time and in the order of the text. The order is that of docs/maps.md:
/// "version" first, "refs" second, ".zgroup" early, the extra member "rutter" last.
/// Errors: kIo from `write`, kLimit, kCancelled, kInternal. Arrays that cannot be carried are in the report, not errors.
Result<WriteReport> WriteReferences(const Map& map, const DataAccess& data, const WriteOptions& options,
                                    const std::function<Status(std::string_view)>& write);

}  // namespace rutter
