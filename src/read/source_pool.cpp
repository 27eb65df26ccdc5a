#include "read/source_pool.h"

#include <utility>

namespace rutter {
namespace {

/// What differs between the source that was mapped and the one found; empty where they agree.
std::string Difference(const Source& mapped, const Fingerprint& found) {
  if (mapped.size != 0 && mapped.size != found.size) {
    return "it had " + std::to_string(mapped.size) + " bytes when it was mapped and has " + std::to_string(found.size) + " now";
  }
  if (mapped.mtime_ns && found.mtime_ns && *mapped.mtime_ns != *found.mtime_ns) return "it was modified after it was mapped";
  if (!mapped.etag.empty() && !found.etag.empty() && mapped.etag != found.etag) return "its ETag is another than when it was mapped";
  if (!mapped.last_modified.empty() && !found.last_modified.empty() && mapped.last_modified != found.last_modified) {
    return "its Last-Modified is another than when it was mapped";
  }
  return {};
}

}  // namespace

SourcePool::SourcePool(std::vector<std::shared_ptr<ByteSource>> open) : open_(std::move(open)) {}

SourcePool::SourcePool(std::vector<Source> sources, std::string base, std::shared_ptr<SourceOpener> opener)
    : sources_(std::move(sources)), base_(std::move(base)), opener_(std::move(opener)), open_(sources_.size()) {}

void SourcePool::Add(std::span<const Source> sources, std::string base, std::shared_ptr<SourceOpener> opener) {
  sources_.resize(open_.size());
  sources_.insert(sources_.end(), sources.begin(), sources.end());
  open_.resize(sources_.size());
  base_ = std::move(base);
  opener_ = std::move(opener);
}

Result<std::shared_ptr<ByteSource>> SourcePool::Get(std::uint32_t source) {
  std::lock_guard lock(mutex_);
  if (source >= open_.size()) return Fail(ErrorCode::kCorrupt, "a chunk names source " + std::to_string(source) + " of " + std::to_string(open_.size()));
  if (open_[source] != nullptr) return open_[source];
  if (source >= sources_.size() || opener_ == nullptr) return Fail(ErrorCode::kInternal, "source " + std::to_string(source) + " was never opened");
  const Source& mapped = sources_[source];
  const Fingerprint fingerprint{mapped.size, mapped.mtime_ns, mapped.etag, mapped.last_modified};
  RUTTER_ASSIGN(auto opened, opener_->OpenMapped(mapped.url, base_, fingerprint));
  std::string difference = Difference(mapped, opened->fingerprint());
  if (!difference.empty()) {
    Error error = MakeError(ErrorCode::kSourceChanged, "the source is not the one that was mapped: " + difference);
    error.where.source = opened->name();
    error.hint = "map it again";
    return Fail(std::move(error));
  }
  open_[source] = opened;
  return opened;
}

}  // namespace rutter
