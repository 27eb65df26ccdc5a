#pragma once
// Bytes of remote sources, kept on disk between processes.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/byte_source.h"

namespace rutter {

struct DiskCacheOptions {
  std::string folder;                      ///< Made where it is missing, for its owner alone.
  std::uint64_t max_bytes = 20ull << 30;   ///< Of all that is kept; a process may pass it by what it writes until it looks again.
  std::int64_t fresh_seconds = 300;        ///< So long a version that the server confirmed is taken to be the current one.
};

/// What is kept, in DIR/rutter-1/:
///   <key>/<writer>.seg    records of one version of one source. The key is SHA-256 of URL, size and validator, so that no
///                         bytes of another version are ever found. Each writer appends to a segment of its own.
///   latest/<key of URL>   which version the server had, and when it said so
/// A record is a head (what it holds, and a sum over the head) and bytes (a sum over them, the key and the offset). A process
/// that is killed leaves a segment whose last record is not whole: the sums tell, and nothing behind it is used. Folders may
/// be shared by any number of processes; whole segments that were not used longest go first when there are too many bytes.
/// All of it may be deleted at any time. Thread-safe. What cannot be read or written is no error: it is fetched instead.
class DiskCache {
 public:
  class Version;

  explicit DiskCache(DiskCacheOptions options);
  ~DiskCache();
  DiskCache(const DiskCache&) = delete;
  DiskCache& operator=(const DiskCache&) = delete;

  /// The kept bytes of this version of a source; null where nothing proves which version it is: without a strong ETag, and
  /// without a Last-Modified that was a minute old at `now_seconds`. One object for one version.
  std::shared_ptr<Version> Open(const std::string& url, const Fingerprint& fingerprint, std::int64_t now_seconds);

  /// The version that the server told of at most fresh_seconds before `now_seconds`.
  std::optional<Fingerprint> Latest(const std::string& url, std::int64_t now_seconds) const;
  /// The server told of this version just now.
  void Confirm(const std::string& url, const Fingerprint& fingerprint, std::int64_t now_seconds);

 private:
  friend class Version;
  /// Called after `bytes` were written.
  void Wrote(std::uint64_t bytes);
  /// Deletes the oldest segments while there are too many bytes. Returns the bytes that are left.
  std::uint64_t Evict() const;

  const DiskCacheOptions options_;
  const std::string root_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Version>> open_;  ///< By key.
  std::uint64_t known_bytes_ = 0, written_ = 0;         ///< When last looked, and since then.
  bool looked_ = false;
};

/// One version of one source. Thread-safe.
class DiskCache::Version {
 public:
  Version(DiskCache& cache, std::string folder, std::string key);
  ~Version();
  Version(const Version&) = delete;
  Version& operator=(const Version&) = delete;

  /// Fills `out` from what is kept; false where not every byte is there and sound.
  bool Read(std::uint64_t offset, std::span<std::byte> out);
  /// Keeps bytes of this version. They were compared with its validator.
  void Write(std::uint64_t offset, std::span<const std::byte> bytes);

 private:
  struct Segment {
    int descriptor = -1;
    std::string path;
    bool is_touched = false;
  };
  struct Record {
    std::uint64_t length = 0, place = 0, sum = 0;  ///< `place` is where the bytes start in the segment.
    std::size_t segment = 0;
  };

  void Scan(const std::string& path);
  void Keep(std::uint64_t offset, const Record& record);
  bool OpenOwnSegment();

  DiskCache& cache_;
  const std::string folder_, key_;
  std::mutex mutex_;
  std::vector<Segment> segments_;
  std::map<std::uint64_t, Record> records_;  ///< By the offset of their first byte; of those with the same one, the longest.
  std::uint64_t longest_ = 0;
  int own_ = -1;  ///< The segment that this process writes, in segments_.
  std::uint64_t own_bytes_ = 0;
  bool gave_up_ = false;
};

}  // namespace rutter
