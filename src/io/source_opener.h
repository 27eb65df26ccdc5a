#pragma once
// Opens sources by URL or path under one policy: which places a file or a map may lead to.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/byte_source.h"

namespace rutter {

namespace http {
class Client;
}

/// What SourceOpener::OpenAhead opened; nullopt for what needs no server's answer.
using OpenedAhead = std::vector<std::optional<Result<std::shared_ptr<ByteSource>>>>;

/// Decides what may be opened, and opens it. Following a path that stands *inside* a file or map (external storage,
/// virtual datasets, external links, chunk references) is an act of trust; the path that the user typed is not.
/// Thread-safe.
class SourceOpener {
 public:
  virtual ~SourceOpener() = default;

  /// Opens what a document at `base` (a path or URL; may be empty) calls `reference`: absolute, or relative to the
  /// folder of `base`. Errors: kPolicy (outside the allowed places; the hint names the flag to add), kNotFound, kIo.
  virtual Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view base) = 0;

  /// The same, for a source whose size (and perhaps more) the document recorded. A remote source is then taken to be
  /// that one and asked for nothing yet; the first bytes that are read show whether it is (kSourceChanged).
  virtual Result<std::shared_ptr<ByteSource>> OpenMapped(std::string_view reference, std::string_view base, const Fingerprint&) { return Open(reference, base); }

  /// Opens those of many sources for which a server has to be asked first, all at once; nullopt for the others, which
  /// OpenMapped opens without waiting. Results in the order of `references`, each with the errors of Open.
  virtual OpenedAhead OpenAhead(std::span<const std::string> references, std::string_view) { return OpenedAhead(references.size()); }
};

/// Local files below the allowed folders, http(s) URLs and objects of stores below the allowed prefixes (io/access_policy.h). With none, only
/// the folder of a local `base`, or the origin of a remote one. `client` fetches what is remote; one of its own where null.
std::shared_ptr<SourceOpener> MakeSourceOpener(std::vector<std::string> allowed = {}, std::shared_ptr<http::Client> client = nullptr);

/// Refuses everything with kPolicy (fuzzers; files from strangers).
std::shared_ptr<SourceOpener> MakeRefusingOpener();

}  // namespace rutter
