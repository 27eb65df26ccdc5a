#pragma once
// Ranges over HTTP(S): many at once, each repeated until it is whole or hopeless.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "io/byte_source.h"
#include "io/http/client_options.h"
#include "io/http/endpoint.h"
#include "io/piece_cache.h"
#include "io/store/object_stores.h"

namespace rutter::http {

/// What a fetch brought.
struct Fetched {
  Status status;
  std::size_t bytes = 0;         ///< At the start of Fetch::out; fewer than asked only when opening.
  Fingerprint found;             ///< As the server told it; a size of 0 where it did not.
  bool size_is_known = false;
  bool is_whole = false;         ///< Opening only: the server ignores ranges, `whole` is the source.
  std::vector<std::byte> whole;
};

/// One range to fetch.
struct Fetch {
  std::shared_ptr<Endpoint> endpoint;
  std::uint64_t offset = 0;
  std::span<std::byte> out;          ///< Not empty; the caller's, until `done` was called.
  std::optional<Fingerprint> known;  ///< Without: opens the source; `offset` is 0 and the source may end earlier.
  const std::atomic<bool>* cancel = nullptr;  ///< Ends this fetch with kCancelled soon after it turns true; outlives it.
  std::function<void(Fetched)> done;  ///< Called once, by the client's thread or by its destructor. Must not block or own the client.
};

struct ClientStatistics {
  std::atomic<std::uint64_t> requests{0}, repeats{0}, redirects{0}, bytes{0};  ///< Bytes of bodies as they came.
};

/// One thread drives all transfers (libcurl's multi interface): connections are kept, HTTP/2 is used where a server offers
/// it, and an origin that says "busy" gets fewer requests at once. The thread starts with the first fetch. Thread-safe.
class Client {
 public:
  explicit Client(const ClientOptions& options = {});
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Starts fetches; each ends by its `done`. Their errors: kIo, kNotFound, kPolicy, kSourceChanged, kTruncated, kLimit,
  /// kUnsupported, kCancelled (the caller gave up, or the client goes away).
  void Start(std::vector<Fetch> fetches);
  /// The first failure of a fetch from a source that was open already, if any. What read it may have taken the failure for
  /// damage of one object of a file; here it stays what it is: not all that was wanted could be fetched.
  Status FirstFailure() const;
  const ClientStatistics& statistics() const { return statistics_; }
  const ClientOptions& options() const { return options_; }
  /// Where objects of cloud stores are asked for; never null.
  const std::shared_ptr<store::ObjectStores>& stores() const { return stores_; }
  const std::shared_ptr<DiskCache>& disk_cache() const { return disk_cache_; }  ///< Null where there is none.
  const std::shared_ptr<PieceBudget>& pieces() const { return pieces_; }  ///< What is kept in memory of all sources.

 private:
  class Loop;
  const ClientOptions options_;
  const std::shared_ptr<store::ObjectStores> stores_;
  const std::shared_ptr<DiskCache> disk_cache_;
  const std::shared_ptr<PieceBudget> pieces_;
  ClientStatistics statistics_;
  mutable std::mutex mutex_;
  std::unique_ptr<Loop> loop_;
};

}  // namespace rutter::http
