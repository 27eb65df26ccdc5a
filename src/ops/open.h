#pragma once
// From a path to something that can be listed and read: a native file or a map of one.

#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/trace.h"
#include "formats/format.h"
#include "io/http/client.h"
#include "io/observed_source.h"
#include "model/map.h"
#include "read/reader.h"

namespace rutter {

struct OpenAnyOptions {
  Limits limits;
  std::vector<std::string> allow;  ///< Folders and URL prefixes that files and maps may lead to, beside their own.
  http::ClientOptions http;        ///< Patience with servers.
  CancelFlag cancel;               ///< Ends opening, and every later read of the dataset's sources, with kCancelled.
  std::shared_ptr<Trace> trace = nullptr;  ///< What to count in; the dataset makes its own where null.
  std::uint64_t chunk_cache_bytes = 0;  ///< Of decoded chunks, kept between reads.
  bool conventions = true;         ///< Apply NetCDF-4, MAT v7.3, NWB, ... meaning.
};

/// Opens what the user typed: a local path, an http(s) URL, or an object of a store (s3://bucket/key). `client` fetches what is remote.
/// `allow`: where its server may send us, beside public places. Errors: kNotFound, kIo, kInvalidArgument (no URL),
/// kUnsupported (another scheme), kPolicy (a redirect).
Result<std::shared_ptr<ByteSource>> OpenTyped(const std::string& place, const std::shared_ptr<http::Client>& client, std::vector<std::string> allow = {});

/// A map with everything that is needed to read through it.
struct Dataset {
  std::string path;                    ///< Or URL.
  std::shared_ptr<http::Client> client;  ///< What was fetched so far; never null.
  std::shared_ptr<Trace> trace;        ///< What everything cost so far; never null.
  CancelFlag cancel;                   ///< That of the options.
  std::shared_ptr<FirstFailure> failure;  ///< Of reading a source; never null.
  bool is_native = false;              ///< True: `path` is the data file itself; false: a reference document.
  Map map;
  std::shared_ptr<SourceOpener> opener;  ///< The policy of what may be opened.
  std::shared_ptr<SourcePool> pool;
  std::unique_ptr<FormatFile> file;    ///< Native only.
  std::unique_ptr<Reader> reader;

  /// What a server or a disk failed with so far, also where it was taken for damage of one object, or asked for ahead only.
  Status FailureOfTheWorld() const;
};

/// Opens a native file by content, or a reference document; `path` may be a URL.
/// Errors: kNotFound, kIo, kUnsupported (no format), kCorrupt, kTruncated, kLimit, kPolicy.
Result<Dataset> OpenAny(const std::string& path, const OpenAnyOptions& options = {});

/// Gives every virtual dataset whose sources' chunks fit together a table of them (ChunksOfMosaic), and the map the sources, so that
/// a reference document can carry it. Others stay as they are, and `map.notes` says why. Native files only.
void ReferenceMosaics(Dataset& dataset);

}  // namespace rutter
