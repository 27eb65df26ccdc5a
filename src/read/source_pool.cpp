#include "read/source_pool.h"

#include <algorithm>
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

SourcePool::SourcePool(std::vector<std::shared_ptr<ByteSource>> open) : entries_(open.size()) {
  for (std::size_t i = 0; i < open.size(); ++i) entries_[i].source = std::move(open[i]);
}

SourcePool::SourcePool(std::vector<Source> sources, std::string base, std::shared_ptr<SourceOpener> opener)
    : base_(std::move(base)), opener_(std::move(opener)), sources_(std::move(sources)), entries_(sources_.size()) {}

void SourcePool::Add(std::span<const Source> sources, std::string base, std::shared_ptr<SourceOpener> opener) {
  sources_.resize(entries_.size());
  sources_.insert(sources_.end(), sources.begin(), sources.end());
  entries_.resize(sources_.size());
  base_ = std::move(base);
  opener_ = std::move(opener);
}

Result<std::shared_ptr<ByteSource>> SourcePool::Compare(std::uint32_t number, Result<std::shared_ptr<ByteSource>> opened) const {
  if (!opened) return opened;
  std::string difference = Difference(sources_[number], (*opened)->fingerprint());
  if (difference.empty()) return opened;
  Error error = MakeError(ErrorCode::kSourceChanged, "the source is not the one that was mapped: " + difference);
  error.where.source = (*opened)->name();
  error.hint = "map it again";
  return Fail(std::move(error));
}

/// Ends the opening of a source; the mutex is held.
void SourcePool::Keep(std::uint32_t number, Result<std::shared_ptr<ByteSource>> opened) {
  Entry& entry = entries_[number];
  entry.is_opening = false;
  opened_.notify_all();
  if (!opened) {
    entry.failure = std::make_unique<Error>(std::move(opened).error());
    return;
  }
  entry.source = *std::move(opened);
  entry.last_use = ++uses_;
  bool is_local = entry.source->fingerprint().mtime_ns.has_value();
  OpenList& list = is_local ? local_ : remote_;
  list.push_back(number);
  CloseOldest(list, is_local ? kMostLocal : kMostRemote);
}

/// Closes an eighth of the sources where there are too many, so that the search for them costs little each.
void SourcePool::CloseOldest(OpenList& list, std::size_t most) {
  if (list.size() <= most) return;
  auto keep = list.begin() + static_cast<std::ptrdiff_t>(most - most / 8);
  std::nth_element(list.begin(), keep, list.end(), [&](std::uint32_t a, std::uint32_t b) { return entries_[a].last_use > entries_[b].last_use; });
  for (auto number = keep; number != list.end(); ++number) {
    Source& known = sources_[*number];
    Fingerprint seen = entries_[*number].source->fingerprint();
    known.size = seen.size;
    known.mtime_ns = seen.mtime_ns;
    known.etag = std::move(seen.etag);
    known.last_modified = std::move(seen.last_modified);
    entries_[*number].source = nullptr;
  }
  list.erase(keep, list.end());
}

/// Where it throws (no memory), nobody waits for these sources any more.
template <class Work>
auto SourcePool::WithoutLock(std::unique_lock<std::mutex>& lock, std::span<const std::uint32_t> opening, const Work& work) {
  lock.unlock();
  try {
    auto result = work();
    lock.lock();
    return result;
  } catch (...) {
    lock.lock();
    for (std::uint32_t number : opening) entries_[number].is_opening = false;
    opened_.notify_all();
    throw;
  }
}

/// Leaves a source open, or with its failure. Errors: no such source.
Status SourcePool::Open(std::unique_lock<std::mutex>& lock, std::uint32_t source) {
  if (source >= entries_.size()) return Fail(ErrorCode::kCorrupt, "a chunk names source " + std::to_string(source) + " of " + std::to_string(entries_.size()));
  Entry& entry = entries_[source];
  opened_.wait(lock, [&] { return !entry.is_opening; });
  if (entry.source == nullptr && entry.failure == nullptr) {
    if (source >= sources_.size() || opener_ == nullptr) return Fail(ErrorCode::kInternal, "source " + std::to_string(source) + " was never opened");
    entry.is_opening = true;
    const Source mapped = sources_[source];
    Keep(source, Compare(source, WithoutLock(lock, {&source, 1}, [&] {
      return opener_->OpenMapped(mapped.url, base_, {mapped.size, mapped.mtime_ns, mapped.etag, mapped.last_modified});
    })));
  }
  entry.last_use = ++uses_;
  return {};
}

Result<std::shared_ptr<ByteSource>> SourcePool::Get(std::uint32_t source) {
  std::unique_lock lock(mutex_);
  RUTTER_TRY(Open(lock, source));
  Entry& entry = entries_[source];
  if (entry.failure != nullptr) return Fail(std::move(*std::exchange(entry.failure, nullptr)));
  return entry.source;
}

std::shared_ptr<ByteSource> SourcePool::TryGet(std::uint32_t source) {
  std::unique_lock lock(mutex_);
  return Open(lock, source) ? entries_[source].source : nullptr;
}

void SourcePool::OpenAhead(std::span<const std::uint32_t> sources) {
  std::vector<std::uint32_t> numbers;
  std::vector<std::string> references;
  std::unique_lock lock(mutex_);
  for (std::uint32_t number : sources) {
    if (number >= entries_.size() || number >= sources_.size() || numbers.size() == kMostRemote / 2) continue;
    Entry& entry = entries_[number];
    // A source of a known size is opened without a question.
    if (entry.source != nullptr || entry.failure != nullptr || entry.is_opening || entry.needs_nobody || sources_[number].size != 0) continue;
    entry.is_opening = true;
    numbers.push_back(number);
    references.push_back(sources_[number].url);
  }
  if (numbers.size() < 2) {
    for (std::uint32_t number : numbers) entries_[number].is_opening = false;
    opened_.notify_all();
    return;
  }
  auto opened = WithoutLock(lock, numbers, [&] { return opener_->OpenAhead(references, base_); });
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    if (opened[k]) {
      Keep(numbers[k], Compare(numbers[k], *std::move(opened[k])));
    } else {
      entries_[numbers[k]].is_opening = false;
      entries_[numbers[k]].needs_nobody = true;
    }
  }
  opened_.notify_all();
}

}  // namespace rutter
