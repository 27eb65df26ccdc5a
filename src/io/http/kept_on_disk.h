#pragma once
// One remote source and what the disk cache keeps of it.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "io/disk_cache.h"

namespace rutter::http {

/// Kept bytes are of exactly the version that is read. Before the first of them is used in a process, the server must have
/// confirmed that this version is still there: lately (DiskCacheOptions::fresh_seconds), or now, by `ask`. Thread-safe.
class KeptOnDisk {
 public:
  /// `cache` may be null: then nothing is kept.
  KeptOnDisk(std::shared_ptr<DiskCache> cache, std::string url) : cache_(std::move(cache)), url_(std::move(url)) {}

  static std::int64_t Now() { return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }
  std::optional<Fingerprint> Latest() const { return cache_ == nullptr ? std::nullopt : cache_->Latest(url_, Now()); }

  /// Fills `out`, where all of it is kept and the version is current.
  bool Read(const Fingerprint& known, std::uint64_t offset, std::span<std::byte> out, const std::function<bool()>& ask) {
    auto version = Open(known);
    if (version == nullptr || !version->Read(offset, out)) return false;
    std::lock_guard lock(confirming_);
    if (is_confirmed_) return true;
    auto latest = Latest();
    is_confirmed_ = (latest && latest->size == known.size && latest->etag == known.etag && latest->last_modified == known.last_modified) || ask();
    return is_confirmed_;
  }

  /// The server sent these bytes of this version just now. It confirms the version, once in a process.
  void Keep(const Fingerprint& known, std::uint64_t offset, std::span<const std::byte> bytes) {
    auto version = Open(known);
    if (version == nullptr) return;
    if (!was_told_.exchange(true)) cache_->Confirm(url_, known, Now());
    version->Write(offset, bytes);
  }

 private:
  std::shared_ptr<DiskCache::Version> Open(const Fingerprint& known) {
    if (cache_ == nullptr) return nullptr;
    std::lock_guard lock(opening_);
    if (version_ == nullptr) version_ = cache_->Open(url_, known, Now());
    return version_;
  }

  const std::shared_ptr<DiskCache> cache_;
  const std::string url_;
  std::mutex opening_, confirming_;
  std::shared_ptr<DiskCache::Version> version_;
  bool is_confirmed_ = false;
  std::atomic<bool> was_told_{false};
};

}  // namespace rutter::http
