#include "ops/open.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "conventions/conventions.h"
#include "formats/registry.h"
#include "io/url.h"
#include "ops/document_source.h"
#include "ops/own_map.h"
#include "refs/reference_reader.h"

namespace rutter {
namespace {

constexpr std::uint64_t kHeadBytes = 4'096;

}  // namespace

Result<std::shared_ptr<ByteSource>> OpenTyped(const std::string& place, const std::shared_ptr<http::Client>& client, std::vector<std::string> allow) {
  if (!HasScheme(place)) return OpenFile(place);
  if (place.starts_with("file:///")) return OpenFile(place.substr(7));
  allow.push_back(place);
  return MakeSourceOpener(std::move(allow), client)->Open(place, "");
}

Status Dataset::FailureOfTheWorld() const {
  RUTTER_TRY(client->FirstFailure());
  return failure->status();
}

Result<Dataset> OpenAny(const std::string& path, const OpenAnyOptions& options) {
  Dataset dataset;
  dataset.path = path;
  dataset.cancel = options.cancel;
  dataset.trace = options.trace != nullptr ? options.trace : std::make_shared<Trace>();
  http::ClientOptions http = options.http;
  http.cancel = options.cancel;
  http.trace = dataset.trace;
  dataset.client = std::make_shared<http::Client>(http);
  dataset.failure = std::make_shared<FirstFailure>();
  const Observer observer{dataset.trace, dataset.cancel, dataset.failure};
  RUTTER_ASSIGN(auto source, OpenTyped(path, dataset.client, options.allow));
  source = Observe(std::move(source), observer);
  std::vector<std::byte> head(static_cast<std::size_t>(std::min(source->size(), kHeadBytes)));
  RUTTER_TRY(source->ReadMetadata(0, head));
  auto opener = Observe(MakeSourceOpener(options.allow, dataset.client), observer);
  if (auto text = TextOfMap(*source, {reinterpret_cast<const char*>(head.data()), head.size()})) {
    RUTTER_ASSIGN(dataset.map, ReadReferences(*text, source->name(), options.limits));
    if (auto own = SourcesOfOwnMap(dataset.map); !own.empty()) {
      own.insert(own.end(), options.allow.begin(), options.allow.end());
      opener = Observe(MakeSourceOpener(std::move(own), dataset.client), observer);
    }
    dataset.pool = std::make_shared<SourcePool>(dataset.map.sources, path, opener);
    dataset.reader = std::make_unique<Reader>(dataset.pool, options.limits, dataset.trace, options.chunk_cache_bytes);
    return dataset;
  }
  dataset.is_native = true;
  dataset.opener = opener;
  OpenOptions open{options.limits, opener, dataset.trace};
  RUTTER_ASSIGN(dataset.file, OpenWithAnyFormat(source, open));
  RUTTER_ASSIGN(dataset.map, dataset.file->Describe());
  // A map is read from anywhere, so what it names is absolute.
  for (Source& named : dataset.map.sources) {
    if (HasScheme(named.url)) continue;
    std::error_code failure;
    auto absolute = std::filesystem::absolute(named.url, failure);
    if (!failure) named.url = absolute.lexically_normal().string();
  }
  dataset.pool = std::make_shared<SourcePool>(dataset.file->Sources());
  dataset.reader = std::make_unique<Reader>(dataset.pool, options.limits, dataset.trace, options.chunk_cache_bytes);
  if (options.conventions) RUTTER_TRY(ApplyConventions(dataset.map, *dataset.reader));
  RUTTER_TRY(CheckCancelled(dataset.cancel));  // a node that could not be read for this reason is not damaged
  RUTTER_TRY(dataset.FailureOfTheWorld());
  return dataset;
}

}  // namespace rutter
