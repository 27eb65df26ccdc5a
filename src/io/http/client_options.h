#pragma once
// How patient and how busy an HTTP client is.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/cancel.h"
#include "base/trace.h"

#include "io/store/store_options.h"

namespace rutter::http {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  /// An attempt that brings less than low_speed_bytes a second over low_speed_seconds is given up (the first byte counts).
  long low_speed_bytes = 1'024;
  long low_speed_seconds = 30;
  /// For one range with all its repeats; larger ones get a second more for every 64 KiB.
  std::chrono::milliseconds timeout{120'000};
  int tries = 6;
  std::chrono::milliseconds first_wait{100}, longest_wait{20'000};  ///< Between tries: random, up to a doubling bound.
  std::uint64_t longest_retry_after = 60;                           ///< Seconds; servers that ask for more get this.
  unsigned in_flight = 128;                                         ///< Requests at once to one origin.
  unsigned redirects = 5;
  std::uint64_t cache_bytes = 128ull << 20;  ///< Of one source: metadata, and data that was asked for ahead.
  CancelFlag cancel;                        ///< All fetches end with kCancelled soon after it turns true.
  std::shared_ptr<Trace> trace;             ///< Null: not counted.
  std::uint64_t whole_bytes = 64ull << 20;  ///< Files of servers without ranges are fetched whole up to this size.
  store::StoreOptions store;                ///< S3 and its like.
};

}  // namespace rutter::http
