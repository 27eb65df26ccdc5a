#pragma once
// Decoded chunks of one open file or map, kept for the reads that come after.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "model/chunk_index.h"

namespace rutter {

/// The bytes of one decoded chunk. They outlive the cache for as long as somebody reads them.
using DecodedChunk = std::shared_ptr<const std::byte[]>;

/// Keeps the chunks that were asked for last, up to a number of bytes; of several threads that want the same chunk, one
/// decodes it. What is kept is of the version of the source that was opened. Thread-safe.
class ChunkCache {
 public:
  /// One stored chunk of one array. The index stands for the array: it is kept alive, so that no other takes its address.
  struct Key {
    ChunkIndexPtr index;
    std::uint32_t source = 0, filter_mask = 0;
    std::uint64_t offset = 0, length = 0, decoded_bytes = 0;
    bool operator==(const Key&) const = default;
  };

  /// The duty to decode a chunk that others may be waiting for. Ends with Keep, or without a chunk where it is destroyed.
  class Claim {
   public:
    Claim() = default;
    Claim(Claim&& other) noexcept : cache_(std::exchange(other.cache_, nullptr)), key_(std::move(other.key_)) {}
    Claim& operator=(Claim&& other) noexcept {
      std::swap(cache_, other.cache_);
      std::swap(key_, other.key_);
      return *this;
    }
    ~Claim() { End(nullptr); }
    explicit operator bool() const { return cache_ != nullptr; }
    /// Hands the decoded chunk to all who wait for it, and keeps it.
    void Keep(DecodedChunk chunk) { End(std::move(chunk)); }

   private:
    friend class ChunkCache;
    Claim(ChunkCache* cache, Key key) : cache_(cache), key_(std::move(key)) {}
    void End(DecodedChunk chunk) {
      if (cache_ != nullptr) std::exchange(cache_, nullptr)->Finish(key_, std::move(chunk));
    }
    ChunkCache* cache_ = nullptr;
    Key key_;
  };

  /// What is known of a chunk: it is here (`chunk`), the caller has to decode it (`claim`), or another thread is at it (neither).
  struct Answer {
    DecodedChunk chunk;
    Claim claim;
  };

  explicit ChunkCache(std::uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}

  std::uint64_t capacity_bytes() const { return capacity_bytes_; }

  /// The chunk where it is here, else null.
  DecodedChunk Find(const Key& key);
  Answer FindOrClaim(const Key& key);
  /// Waits for the thread that decodes the chunk; null where that gave it up, or where nobody is at it. Only for callers that
  /// hold no claim: two who waited for each other would wait for ever. Errors: kCancelled.
  Result<DecodedChunk> Await(const Key& key, const std::atomic<bool>* cancel);

 private:
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  struct Entry {
    DecodedChunk chunk;  // null: somebody decodes it
    std::list<const Key*>::iterator age;
  };
  using Entries = std::unordered_map<Key, Entry, Hash>;

  DecodedChunk Use(Entries::iterator entry);
  void Finish(const Key& key, DecodedChunk chunk);

  const std::uint64_t capacity_bytes_;
  std::mutex mutex_;
  std::condition_variable decoded_;
  Entries entries_;
  std::list<const Key*> by_age_;  // of the chunks that are here, oldest first
  std::uint64_t bytes_ = 0;
};

}  // namespace rutter
