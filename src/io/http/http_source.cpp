#include "io/http/http_source.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/checked.h"
#include "io/piece_cache.h"
#include "io/http/kept_on_disk.h"
#include "io/merge_ranges.h"

namespace rutter::http {
namespace {

constexpr std::size_t kHeadBytes = 64 * 1024;            // what formats want to see of a file
constexpr std::size_t kFewHeadBytes = 4 * 1024;          // of a file that is not to be looked into
constexpr std::uint64_t kMetadataGrain = 4 * 1024;
constexpr std::uint64_t kLongestRequest = 4ull << 20;    // longer ranges come in parts, at once

/// Fetches that one call waits for.
class Pending {
 public:
  explicit Pending(std::size_t count) : left_(count) {}
  void End(Status status) {
    std::lock_guard lock(mutex_);
    if (!status && first_) first_ = std::move(status);
    if (--left_ == 0) ended_.notify_all();
  }
  Status Wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return left_ == 0; });
    return std::move(first_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t left_;
  Status first_;
};

/// What is known of the version that is read; all answers must agree. Thread-safe.
class Version {
 public:
  explicit Version(Fingerprint known) : known_(std::move(known)) {}
  Fingerprint known() const {
    std::lock_guard lock(mutex_);
    return known_;
  }
  /// Errors: kSourceChanged. What only the answer knows is remembered.
  Status Compare(const Fetched& fetched, const std::string& name) {
    std::lock_guard lock(mutex_);
    Fingerprint found = fetched.found;
    if (!fetched.size_is_known) found.size = known_.size;
    if (!known_.Matches(found)) {
      Error error = MakeError(ErrorCode::kSourceChanged, "the source changed while it was read: two answers of the server tell of different versions");
      error.where.source = name;
      error.hint = "read it again when its writer is done; map it again";
      return Fail(std::move(error));
    }
    if (known_.etag.empty()) known_.etag = found.etag;
    if (known_.last_modified.empty()) known_.last_modified = found.last_modified;
    return {};
  }

 private:
  mutable std::mutex mutex_;
  Fingerprint known_;
};

class HttpSource : public ByteSource {
 public:
  HttpSource(std::shared_ptr<Client> client, std::shared_ptr<Endpoint> endpoint, Fingerprint known)
      : client_(std::move(client)),
        endpoint_(std::move(endpoint)),
        name_(endpoint_->name()),
        size_(known.size),
        version_(std::make_shared<Version>(std::move(known))),
        disk_(std::make_shared<KeptOnDisk>(client_->disk_cache(), endpoint_->given()->url->text)),
        cache_(size_, client_->pieces(), [this](std::vector<PieceCache::Fetch> fetches) { StartBlocks(std::move(fetches)); },
               client_->disk_cache() == nullptr ? PieceCache::Nearer() : [this](std::uint64_t offset, std::span<std::byte> out) { return ReadFromDisk(offset, out); }) {}

  void KeepHead(std::span<const std::byte> head) {
    cache_.KeepHead(head);
    disk_->Keep(version_->known(), 0, head);
  }

  const std::string& name() const override { return name_; }
  std::uint64_t size() const override { return size_; }
  Fingerprint fingerprint() const override { return version_->known(); }
  std::uint64_t metadata_grain() const override { return kMetadataGrain; }
  bool IsFar() const override { return true; }
  bool Holds(std::uint64_t offset, std::uint64_t length) override { return !RangeInside(offset, length, size_) || cache_.Holds(offset, length); }

  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) override {
    const ReadRequest request{offset, out};
    return ReadMany({&request, 1});
  }

  Status ReadMetadata(std::uint64_t offset, std::span<std::byte> out) override {
    RUTTER_TRY(CheckInside(offset, out.size()));
    if (cache_.Holds(offset, out.size())) CountKept(out.size());
    return cache_.Read(offset, out);
  }

  /// Asks for one byte of the version that is known.
  Status CheckUnchanged() override {
    if (size_ == 0) return {};
    std::byte byte;
    const ReadRequest request{0, {&byte, 1}};
    return FetchAll({&request, 1});
  }

  void Prefetch(std::span<const ReadRequest> requests) override { cache_.Prefetch(requests, MergeGap()); }

  Status ReadMany(std::span<const ReadRequest> requests) override { return ReadManyUntil(requests, nullptr); }

  Status ReadManyUntil(std::span<const ReadRequest> requests, const std::atomic<bool>* cancel) override {
    if (auto status = CheckCancelled(cancel); !status) {
      cache_.ForgetUnready();
      return status;
    }
    for (const ReadRequest& request : requests) RUTTER_TRY(CheckInside(request.offset, request.out.size()));
    std::vector<ReadRequest> far;
    for (const ReadRequest& request : requests) {
      Status status;
      if (!cache_.TryRead(request.offset, request.out, status, cancel)) {
        if (!ReadFromDisk(request.offset, request.out)) {
          far.push_back(request);
          continue;
        }
      }
      RUTTER_TRY(status);
      CountKept(request.out.size());
    }
    const std::vector<MergedRange> merged = MergeRanges(far, MergeGap(), kLongestRequest);
    std::vector<std::vector<std::byte>> shared(merged.size());  // where one request brings several ranges
    std::vector<ReadRequest> parts;
    for (std::size_t k = 0; k < merged.size(); ++k) {
      std::span<std::byte> out = far[merged[k].wanted[0]].out;
      if (merged[k].wanted.size() > 1) {
        shared[k].resize(static_cast<std::size_t>(merged[k].length));
        out = shared[k];
      }
      for (std::size_t done = 0; done < out.size(); done += kLongestRequest) {
        parts.push_back({merged[k].offset + done, out.subspan(done, std::min<std::size_t>(kLongestRequest, out.size() - done))});
      }
    }
    if (client_->options().trace != nullptr) {
      Trace::Add(client_->options().trace->ranges, far.size());
      Trace::Add(client_->options().trace->merged_ranges, parts.size());
    }
    RUTTER_TRY(FetchAll(parts, cancel));
    for (std::size_t k = 0; k < merged.size(); ++k) {
      if (shared[k].empty()) continue;
      for (std::size_t number : merged[k].wanted) {
        std::memcpy(far[number].out.data(), shared[k].data() + (far[number].offset - merged[k].offset), far[number].out.size());
      }
    }
    return {};
  }

 private:
  std::uint64_t MergeGap() const { return endpoint_->link().MergeGap(client_->options().first_in_flight); }

  bool ReadFromDisk(std::uint64_t offset, std::span<std::byte> out) {
    return client_->disk_cache() != nullptr && disk_->Read(version_->known(), offset, out, [this] { return CheckUnchanged().has_value(); });
  }

  Status CheckInside(std::uint64_t offset, std::uint64_t length) const {
    if (RangeInside(offset, length, size_)) return {};
    Error error = MakeError(ErrorCode::kTruncated, "needs " + std::to_string(length) + " bytes at " + std::to_string(offset) + ", the file ends at " + std::to_string(size_));
    error.where.source = name_;
    error.where.offset = size_;
    return Fail(std::move(error));
  }

  void CountKept(std::uint64_t bytes) const {
    Trace* trace = client_->options().trace.get();
    if (trace == nullptr) return;
    Trace::Add(trace->kept_reads, 1);
    Trace::Add(trace->kept_bytes, bytes);
  }

  Fetch MakeFetch(std::uint64_t offset, std::span<std::byte> out, std::function<void(Status)> done) const {
    Fetch fetch;
    fetch.endpoint = endpoint_;
    fetch.offset = offset;
    fetch.out = out;
    fetch.known = version_->known();
    fetch.done = [version = version_, disk = disk_, name = name_, offset, out, done = std::move(done)](Fetched fetched) {
      Status status = std::move(fetched.status);
      if (status) status = version->Compare(fetched, name);
      if (status) disk->Keep(version->known(), offset, out);
      done(std::move(status));
    };
    return fetch;
  }

  /// The buffers are the caller's: all fetches end before this returns, whatever the first of them said.
  Status FetchAll(std::span<const ReadRequest> parts, const std::atomic<bool>* cancel = nullptr) {
    if (parts.empty()) return {};
    auto pending = std::make_shared<Pending>(parts.size());
    std::vector<Fetch> fetches;
    for (const ReadRequest& part : parts) {
      fetches.push_back(MakeFetch(part.offset, part.out, [pending](Status status) { pending->End(std::move(status)); }));
      fetches.back().cancel = cancel;
    }
    client_->Start(std::move(fetches));
    return pending->Wait();
  }

  void StartBlocks(std::vector<PieceCache::Fetch> blocks) {
    std::vector<Fetch> fetches;
    for (PieceCache::Fetch& block : blocks) fetches.push_back(MakeFetch(block.offset, block.out, std::move(block.done)));
    client_->Start(std::move(fetches));
  }

  const std::shared_ptr<Client> client_;
  const std::shared_ptr<Endpoint> endpoint_;
  const std::string name_;
  const std::uint64_t size_;
  const std::shared_ptr<Version> version_;
  const std::shared_ptr<KeptOnDisk> disk_;
  PieceCache cache_;
};

/// What a server without ranges sent, whole.
class WholeSource : public ByteSource {
 public:
  WholeSource(std::string name, Fingerprint fingerprint, std::vector<std::byte> bytes)
      : fingerprint_(std::move(fingerprint)), memory_(MakeMemorySource(std::move(name), std::move(bytes))) {}
  const std::string& name() const override { return memory_->name(); }
  std::uint64_t size() const override { return memory_->size(); }
  Fingerprint fingerprint() const override { return fingerprint_; }
  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) override { return memory_->ReadAt(offset, out); }
  std::optional<std::span<const std::byte>> View(std::uint64_t offset, std::uint64_t length) override { return memory_->View(offset, length); }

 private:
  const Fingerprint fingerprint_;
  const std::shared_ptr<ByteSource> memory_;
};

}  // namespace

namespace {

/// The first request for a file.
class Opening {
 public:
  Opening(std::shared_ptr<Endpoint> endpoint, std::size_t head_bytes) : endpoint_(std::move(endpoint)), head_(head_bytes) {}

  Fetch MakeFetch(const std::shared_ptr<Pending>& pending) {
    Fetch fetch;
    fetch.endpoint = endpoint_;
    fetch.out = head_;
    fetch.done = [this, pending](Fetched fetched) {
      fetched_ = std::move(fetched);
      pending->End({});
    };
    return fetch;
  }

  /// When the fetch has ended.
  Result<std::shared_ptr<ByteSource>> Open(const std::shared_ptr<Client>& client) {
    RUTTER_TRY(fetched_.status);
    const std::string name = endpoint_->name();
    if (fetched_.is_whole) return std::make_shared<WholeSource>(name, std::move(fetched_.found), std::move(fetched_.whole));
    if (!fetched_.size_is_known) {
      Error error = MakeError(ErrorCode::kUnsupported, "the server does not tell how many bytes the file has");
      error.where.source = name;
      return Fail(std::move(error));
    }
    auto source = std::make_shared<HttpSource>(client, endpoint_, std::move(fetched_.found));
    source->KeepHead(std::span(head_).first(fetched_.bytes));
    return source;
  }

 private:
  std::shared_ptr<Endpoint> endpoint_;
  std::vector<std::byte> head_;
  Fetched fetched_;
};

std::vector<Result<std::shared_ptr<ByteSource>>> OpenAll(const std::shared_ptr<Client>& client, std::span<const std::shared_ptr<Endpoint>> endpoints, std::size_t head_bytes) {
  // What a server said of a file lately need not be asked again.
  std::vector<std::optional<Fingerprint>> latest;
  std::deque<Opening> openings;
  for (const std::shared_ptr<Endpoint>& endpoint : endpoints) {
    latest.push_back(KeptOnDisk(client->disk_cache(), endpoint->given()->url->text).Latest());
    if (!latest.back()) openings.emplace_back(endpoint, head_bytes);
  }
  if (!openings.empty()) {
    auto pending = std::make_shared<Pending>(openings.size());
    std::vector<Fetch> fetches;
    for (Opening& opening : openings) fetches.push_back(opening.MakeFetch(pending));
    client->Start(std::move(fetches));
    (void)pending->Wait();
  }
  std::vector<Result<std::shared_ptr<ByteSource>>> opened;
  for (std::size_t k = 0; k < endpoints.size(); ++k) {
    if (latest[k]) {
      opened.emplace_back(OpenHttpMapped(client, endpoints[k], *latest[k]));
    } else {
      opened.push_back(openings.front().Open(client));
      openings.pop_front();
    }
  }
  return opened;
}

}  // namespace

Result<std::shared_ptr<ByteSource>> OpenHttp(std::shared_ptr<Client> client, std::shared_ptr<Endpoint> endpoint) {
  return std::move(OpenAll(client, {&endpoint, 1}, kHeadBytes).front());
}

std::vector<Result<std::shared_ptr<ByteSource>>> OpenHttpMany(const std::shared_ptr<Client>& client, std::span<const std::shared_ptr<Endpoint>> endpoints) {
  return OpenAll(client, endpoints, kFewHeadBytes);
}

std::shared_ptr<ByteSource> OpenHttpMapped(std::shared_ptr<Client> client, std::shared_ptr<Endpoint> endpoint, const Fingerprint& mapped) {
  Fingerprint known = mapped;
  known.mtime_ns.reset();
  return std::make_shared<HttpSource>(std::move(client), std::move(endpoint), std::move(known));
}

}  // namespace rutter::http
