#pragma once
// Streams the members of a reference document's "refs" object.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "refs/array_plan.h"

namespace rutter {

/// What the keys and values of one array's chunk references are made of.
struct ReferenceStyle {
  std::string_view key_json;               ///< As for DocumentWriter::Metadata.
  bool zarr3 = false;                      ///< Chunk (1, 2) is "c/1/2", else "1.2".
  Shape grid;                              ///< Chunks per axis.
  std::span<const std::string> urls_json;  ///< By source, quoted JSON strings.
};

/// A buffer of about 1 MiB before the caller's `write`. Values go out in the order of the calls. `write` may be called from
/// other threads than the caller's, one at a time.
class DocumentWriter {
 public:
  /// `first`: no member stands before those written here. `buffer`: memory that is used again.
  DocumentWriter(const std::function<Status(std::string_view)>& write, bool first, std::string buffer = {})
      : write_(write), buffer_(std::move(buffer)), first_(first) {
    buffer_.clear();
    buffer_.reserve(kFirstBytes);
  }

  // A key is `key_json`, the node's path and "/" as a JSON string without its closing quote, and `suffix`, which needs no
  // escapes.

  /// "key": "<metadata JSON as a string>", or the object itself where `as_object`.
  Status Metadata(std::string_view key_json, std::string_view suffix, std::string_view json, bool as_object);
  /// "key": "base64:..."
  Status Inline(std::string_view key_json, std::string_view suffix, std::string_view bytes);
  /// "key": ["url", offset, length] of one chunk.
  Status Reference(const ReferenceStyle& style, std::span<const std::uint64_t> index, const PlannedChunk& chunk);
  /// The same for many chunks, none of them inline, on all cores; the order is that of `chunks`.
  Status References(const ReferenceStyle& style, std::span<const PlannedChunk> chunks);

  /// The part of a chunk's key behind its array's path.
  static std::string ChunkSuffix(const ReferenceStyle& style, std::span<const std::uint64_t> index);

  Status Flush();
  /// The memory, for the next writer; after Flush.
  std::string ReleaseBuffer() && { return std::move(buffer_); }

 private:
  static constexpr std::size_t kBufferBytes = 1 << 20, kFirstBytes = 64 << 10;
  void Key(std::string_view key_json, std::string_view suffix);
  Status MaybeFlush() { return buffer_.size() < kBufferBytes ? Status() : Flush(); }

  const std::function<Status(std::string_view)>& write_;
  std::string buffer_;
  bool first_;
};

}  // namespace rutter
