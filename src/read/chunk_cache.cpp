#include "read/chunk_cache.h"

#include <chrono>
#include <functional>

#include "base/cancel.h"

namespace rutter {

std::size_t ChunkCache::Hash::operator()(const Key& key) const {
  std::size_t hash = std::hash<const void*>()(key.index.get());
  for (std::uint64_t part : {key.offset, key.length, std::uint64_t{key.source} << 32 | key.filter_mask}) {
    hash = (hash ^ part) * 0x9E3779B97F4A7C15ull;
    hash ^= hash >> 32;
  }
  return hash;
}

DecodedChunk ChunkCache::Use(Entries::iterator entry) {
  if (entry->second.chunk != nullptr) by_age_.splice(by_age_.end(), by_age_, entry->second.age);
  return entry->second.chunk;
}

DecodedChunk ChunkCache::Find(const Key& key) {
  std::lock_guard lock(mutex_);
  auto entry = entries_.find(key);
  return entry == entries_.end() ? nullptr : Use(entry);
}

ChunkCache::Answer ChunkCache::FindOrClaim(const Key& key) {
  std::lock_guard lock(mutex_);
  auto [entry, is_new] = entries_.try_emplace(key);
  if (is_new) return {nullptr, Claim(this, key)};
  return {Use(entry), Claim()};
}

Result<DecodedChunk> ChunkCache::Await(const Key& key, const std::atomic<bool>* cancel) {
  std::unique_lock lock(mutex_);
  for (;;) {
    auto entry = entries_.find(key);
    if (entry == entries_.end()) return nullptr;
    if (DecodedChunk chunk = Use(entry)) return chunk;
    RUTTER_TRY(CheckCancelled(cancel));
    decoded_.wait_for(lock, std::chrono::milliseconds(kCancelPollMs));
  }
}

void ChunkCache::Finish(const Key& key, DecodedChunk chunk) {
  std::list<DecodedChunk> dropped;  // released after the lock
  {
    std::lock_guard lock(mutex_);
    auto entry = entries_.find(key);
    if (chunk == nullptr) {
      entries_.erase(entry);
    } else {
      entry->second.chunk = std::move(chunk);
      entry->second.age = by_age_.insert(by_age_.end(), &entry->first);
      bytes_ += key.decoded_bytes;
      while (bytes_ > capacity_bytes_) {
        auto oldest = entries_.find(*by_age_.front());
        by_age_.pop_front();
        bytes_ -= oldest->first.decoded_bytes;
        dropped.push_back(std::move(oldest->second.chunk));
        entries_.erase(oldest);
      }
    }
  }
  decoded_.notify_all();
}

}  // namespace rutter
