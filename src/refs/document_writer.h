#pragma once
// Streams the members of a reference document's "refs" object.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rutter {

/// A buffer of about 1 MiB before the caller's `write`. Values go out in the order of the calls.
class DocumentWriter {
 public:
  explicit DocumentWriter(const std::function<Status(std::string_view)>& write) : write_(write) { buffer_.reserve(kBufferBytes + 4096); }

  Status Raw(std::string_view text) {
    buffer_ += text;
    return MaybeFlush();
  }
  /// "key": "<metadata JSON as a string>", or the object itself where `as_object`.
  Status Metadata(std::string_view key, std::string_view json, bool as_object);
  /// "key": "base64:..."
  Status Inline(std::string_view key, std::string_view bytes);
  /// "key": ["url", offset, length]; `key_json` and `url_json` are quoted JSON strings already, the key without its
  /// closing quote so that a chunk suffix can follow.
  Status Reference(std::string_view key_json, std::string_view suffix, std::string_view url_json, std::uint64_t offset, std::uint64_t length);

  Status Flush();
  std::uint64_t bytes_written() const { return bytes_ + buffer_.size(); }

 private:
  static constexpr std::size_t kBufferBytes = 1 << 20;
  void Key(std::string_view key);
  Status MaybeFlush() { return buffer_.size() < kBufferBytes ? Status() : Flush(); }

  const std::function<Status(std::string_view)>& write_;
  std::string buffer_;
  std::uint64_t bytes_ = 0;
  bool first_ = true;
};

}  // namespace rutter
