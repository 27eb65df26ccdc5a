#pragma once
// The text of a reference document behind a byte source, stored or compressed.

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codecs/stream.h"
#include "io/byte_source.h"
#include "refs/document_text.h"

namespace rutter {

/// Text that is stored as it is. The source is borrowed.
class StoredText : public DocumentText {
 public:
  explicit StoredText(ByteSource& source) : source_(source) {}
  std::optional<std::uint64_t> size() const override { return source_.size(); }
  Result<std::size_t> Read(std::uint64_t offset, std::span<char> out) override;
  std::size_t piece_bytes() const override;

 private:
  ByteSource& source_;
};

/// Text behind gzip or Zstandard. It is decoded as it is read, never as a whole. The source is borrowed.
class CompressedText : public DocumentText {
 public:
  CompressedText(ByteSource& source, StreamFormat format) : source_(source), format_(format) {}
  std::optional<std::uint64_t> size() const override { return std::nullopt; }
  /// Errors beside those of the source: kCorrupt, kTruncated (the stream ends early), kLimit (a bomb: text of more than
  /// 1,200 times the bytes that it is made from, which no gzip stream and no map has).
  Result<std::size_t> Read(std::uint64_t offset, std::span<char> out) override;

 private:
  Status Fetch();
  tl::unexpected<Error> Here(Error error) const;

  ByteSource& source_;
  StreamFormat format_;
  std::unique_ptr<StreamDecoder> decoder_;
  std::vector<std::byte> stored_;      ///< A piece of the source.
  std::size_t used_ = 0;               ///< Bytes of it that are decoded.
  std::uint64_t fetched_ = 0;          ///< Where the next piece begins.
  std::uint64_t produced_ = 0;         ///< Text so far.
  bool between_ = true;
};

/// The text behind a source that begins with `head` (some kilobytes) where that is a reference document, stored or
/// compressed; nullptr where it is something else. The source is borrowed.
std::unique_ptr<DocumentText> TextOfMap(ByteSource& source, std::string_view head);

}  // namespace rutter
