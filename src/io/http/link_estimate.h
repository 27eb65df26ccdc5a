#pragma once
// How far away a server is: what one more request costs against what one more byte costs.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace rutter::http {

/// Learned from the answers of one source. Thread-safe; two answers at once may lose one of them.
class LinkEstimate {
 public:
  /// `first_byte`: from the request to the first byte of the answer; `rest`: until its last one.
  void Observe(std::chrono::microseconds first_byte, std::chrono::microseconds rest, std::uint64_t bytes) {
    const std::int64_t round_trip = std::max<std::int64_t>(1, first_byte.count());
    const std::int64_t known = round_trip_us_.load(std::memory_order_relaxed);
    // The quickest answers show the way, the others a server that was busy; but ways change, so it rises slowly.
    round_trip_us_.store(known == 0 || round_trip < known ? round_trip : known + (round_trip - known) / 64, std::memory_order_relaxed);
    if (bytes < kLongBody) return;
    const double rate = static_cast<double>(bytes) * 1e6 / static_cast<double>(std::max<std::int64_t>(1, rest.count()));
    const double before = bytes_per_second_.load(std::memory_order_relaxed);
    bytes_per_second_.store(before == 0 ? rate : before + (rate - before) / 8, std::memory_order_relaxed);
  }

  std::chrono::microseconds round_trip() const { return std::chrono::microseconds(round_trip_us_.load(std::memory_order_relaxed)); }
  double bytes_per_second() const { return bytes_per_second_.load(std::memory_order_relaxed); }

  /// Ranges with at most so many bytes between them are better fetched as one: of `in_flight` requests at once, each
  /// costs a share of the round trip, in which the line could have brought these bytes.
  std::uint64_t MergeGap(unsigned in_flight) const {
    const double rate = bytes_per_second();
    if (rate == 0 || round_trip().count() == 0) return kUnknownGap;
    const double gap = static_cast<double>(round_trip().count()) * 1e-6 * rate / std::max(1u, in_flight);
    return static_cast<std::uint64_t>(std::clamp(gap, static_cast<double>(kShortestGap), static_cast<double>(kLongestGap)));
  }

  static constexpr std::uint64_t kUnknownGap = 64 * 1024, kShortestGap = 4 * 1024, kLongestGap = 256 * 1024;

 private:
  static constexpr std::uint64_t kLongBody = 128 * 1024;  ///< Shorter ones come with the head.

  std::atomic<std::int64_t> round_trip_us_{0};
  std::atomic<double> bytes_per_second_{0};
};

}  // namespace rutter::http
