#pragma once
// How patient and how busy an HTTP client is.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/cancel.h"
#include "base/trace.h"
#include "io/disk_cache.h"
#include "io/store/store_options.h"

namespace rutter::http {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  /// An attempt that brings less than low_speed_bytes a second over low_speed_seconds is given up (the first byte counts).
  long low_speed_bytes = 1'024;
  long low_speed_seconds = 30;
  /// For one range with all its repeats; larger ones get a second more for every 64 KiB.
  std::chrono::milliseconds timeout{120'000};
  /// Of opening a source. What can pass (a busy server, a connection that breaks) is tried until the time is over where the
  /// source has answered before.
  int tries = 6;
  int wrong_tries = 8;  ///< Answers in a row that no server should give.
  std::chrono::milliseconds first_wait{100}, longest_wait{20'000};  ///< Between tries: random, up to a doubling bound.
  std::uint64_t longest_retry_after = 60;                           ///< Seconds; servers that ask for more get this.
  /// Requests at once to one origin: so many at first, one more for each answer up to the bound, and half of what there were
  /// where the server says that it is busy.
  unsigned first_in_flight = 128, in_flight = 512;
  unsigned redirects = 5;
  std::uint64_t cache_bytes = 128ull << 20;  ///< Of all sources: metadata, and data that was asked for ahead.
  CancelFlag cancel;                        ///< All fetches end with kCancelled soon after it turns true.
  std::shared_ptr<Trace> trace;             ///< Null: not counted.
  DiskCacheOptions disk_cache;              ///< None where its folder is empty.
  std::uint64_t whole_bytes = 64ull << 20;  ///< Files of servers without ranges are fetched whole up to this size.
  store::StoreOptions store;                ///< S3 and its like.
};

}  // namespace rutter::http
