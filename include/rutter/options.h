#pragma once
// What callers may choose, and what they are told afterwards. Every field has a default that suits files from strangers.

#include <cstdint>
#include <string>
#include <vector>

#include "rutter/config.h"
#include "rutter/control.h"
#include "rutter/result.h"

namespace rutter {
RUTTER_V1 {

struct OpenOptions {
  /// Folders and URL prefixes that the file or map may lead to, beside its own folder or server.
  std::vector<std::string> allow;
  double timeout_seconds = 120;               ///< For one range of a web server with all its repeats.
  std::uint64_t metadata_bytes = 1ull << 30;  ///< Read and kept of one file; more is kLimit.
  std::uint64_t chunk_bytes = 4ull << 30;     ///< Of one decoded chunk; more is kLimit.
  std::uint64_t cache_bytes = 128ull << 20;   ///< Of all remote files together: metadata, and data that was asked for ahead.
  std::uint64_t chunk_cache_bytes = 64ull << 20;  ///< Of decoded chunks that are kept for later reads; 0 = none.
  bool conventions = true;                    ///< Give dimension names and meaning (NetCDF-4, MAT v7.3, NWB).
  CancelToken cancel;                         ///< Stops the opening, and everything that is done with the file later.
  Progress progress;                          ///< Objects met.
};

struct ReadOptions {
  unsigned threads = 0;                     ///< 0 = all cores.
  std::uint64_t max_memory = 1ull << 30;    ///< Bytes beside the output (Array::Save: with it) and the cache. One chunk must fit.
  /// Stops this read. What only the file's own token stops: the wait for an index of chunks that lies in a remote file.
  CancelToken cancel;
  Progress progress;                        ///< Bytes of output.
};

enum class MapKind : int {
  kByEnding = 0,  ///< .json: kerchunk; .lindi.json: LINDI; .zarr3.json: kerchunk with Zarr v3 keys.
  kKerchunk = 1,
  kKerchunkZarr3 = 2,
  kLindi = 3,
};

struct MapOptions {
  MapKind kind = MapKind::kByEnding;
  bool relative = false;  ///< Source paths relative to the map; clients resolve them differently.
  Progress progress;      ///< Bytes written.
};

enum class UnmappedPart : int {
  kNode = 1,        ///< The node itself.
  kAttribute = 2,   ///< One attribute.
  kMembers = 3,     ///< Members of a group that could not be listed.
  kAttributes = 4,  ///< Attributes that could not be listed.
};

/// Something that the map could not carry.
struct Unmapped {
  std::string path;
  UnmappedPart part = UnmappedPart::kNode;
  std::string attribute;  ///< kAttribute: its name.
  Error reason;
};

struct MapReport {
  std::uint64_t groups = 0, arrays = 0, chunk_references = 0, inlined_chunks = 0, bytes_written = 0;
  std::vector<Unmapped> unmapped;
  std::vector<std::string> notes;  ///< What a user should know.
};

struct CheckOptions {
  bool decode = false;  ///< Read and decode every chunk.
  Progress progress;    ///< Chunks.
};

struct Finding {
  bool is_error = false;  ///< Else worth knowing.
  std::string path;       ///< The node; "" for the whole.
  std::string message;
};

struct CheckReport {
  std::uint64_t sources = 0, arrays = 0, chunks = 0, decoded_chunks = 0;
  std::vector<Finding> findings;
};

/// What everything done with one file cost so far; the difference of two tells what something cost.
struct Counters {
  std::uint64_t requests = 0, repeats = 0, redirects = 0;  ///< To servers.
  std::uint64_t local_reads = 0;
  std::uint64_t fetched_bytes = 0;  ///< That came from servers and disks.
  std::uint64_t wanted_bytes = 0;   ///< That the engine asked for.
  std::uint64_t kept_reads = 0;     ///< Ranges that needed no request of their own.
  std::uint64_t chunks = 0, missing_chunks = 0, decoded_bytes = 0;
  std::uint64_t kept_chunks = 0;    ///< Of `chunks`, those that an earlier read had decoded.
  double decode_cpu_seconds = 0, wait_seconds = 0;  ///< Summed over threads.
};

}  // namespace v1
}  // namespace rutter
