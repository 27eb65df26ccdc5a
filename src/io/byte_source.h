#pragma once
// Where bytes come from. Formats and the reading engine see only this.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace rutter {

/// What identifies one generation of a source. Absent parts are unknown, not empty.
struct Fingerprint {
  std::uint64_t size = 0;               ///< Bytes.
  std::optional<std::int64_t> mtime_ns;  ///< Local files: modification time, nanoseconds since 1970.
  std::string etag;                      ///< HTTP and object stores, as sent, quotes included.
  std::string last_modified;             ///< HTTP, as sent.

  /// True where no part that both know differs.
  bool Matches(const Fingerprint& other) const;
};

/// One range to fill. `out.size()` is its length.
struct ReadRequest {
  std::uint64_t offset = 0;
  std::span<std::byte> out;
  std::uint64_t prefetch_bytes = 0;  ///< For Prefetch without a buffer yet.
  std::uint64_t length() const { return out.empty() ? prefetch_bytes : out.size(); }
};

/// Random access to an immutable sequence of bytes. Thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Path or URL, as errors and maps show it.
  virtual const std::string& name() const = 0;
  /// Bytes, fixed when the source was opened; a source that grows is read up to this length only.
  virtual std::uint64_t size() const = 0;
  virtual Fingerprint fingerprint() const = 0;

  /// Fills all of `out` from `offset`.
  /// Errors: kTruncated (past the end), kIo, kSourceChanged.
  virtual Status ReadAt(std::uint64_t offset, std::span<std::byte> out) = 0;

  /// Fills many ranges; they may be fetched in any order, merged and in parallel. The first failure wins.
  /// The default reads one after the other.
  virtual Status ReadMany(std::span<const ReadRequest> requests);
  /// The same for a caller who may give up: kCancelled soon after `cancel` (may be null; outlives the call) turns true, also
  /// while the source waits for a network. The buffers are the caller's again when this returns.
  virtual Status ReadManyUntil(std::span<const ReadRequest> requests, const std::atomic<bool>* cancel);

  /// Starts fetching these ranges in the background where the source can; a hint that never fails.
  virtual void Prefetch(std::span<const ReadRequest>) {}

  /// Fills `out` as ReadAt does, for metadata: what lies near it will likely be wanted next, so that a source that is far
  /// away fetches more at once and keeps it.
  virtual Status ReadMetadata(std::uint64_t offset, std::span<std::byte> out) { return ReadAt(offset, out); }
  /// How many bytes of metadata are best asked for at once.
  virtual std::uint64_t metadata_grain() const { return 64 * 1024; }
  /// True where bytes come over a network, so that many ranges are best asked for at once.
  virtual bool IsFar() const { return false; }
  /// True where these bytes can be had without waiting for a network.
  virtual bool Holds(std::uint64_t, std::uint64_t) { return true; }

  /// The bytes themselves, without a copy, where the source lies in memory; nullopt elsewhere.
  virtual std::optional<std::span<const std::byte>> View(std::uint64_t offset, std::uint64_t length);

  /// Tells that the access will be scattered small reads (metadata of a cold file) or one sweep.
  enum class Access { kNormal, kScattered, kSequential };
  virtual void Advise(Access) {}

  /// kSourceChanged where the source is no longer what was opened (local files: fstat).
  virtual Status CheckUnchanged() { return {}; }
};

/// Opens a regular local file. Errors: kNotFound, kIo (a folder, no permission).
Result<std::shared_ptr<ByteSource>> OpenFile(const std::string& path);

/// Bytes in memory, owned. `name` is what errors show.
std::shared_ptr<ByteSource> MakeMemorySource(std::string name, std::vector<std::byte> bytes);

/// Bytes in memory, borrowed: they must outlive the source (fuzzers, tests).
std::shared_ptr<ByteSource> MakeBorrowedSource(std::string name, std::span<const std::byte> bytes);

}  // namespace rutter
