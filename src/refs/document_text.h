#pragma once
// The text of a reference document, wherever it lies: in memory, in a file, on a server, compressed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"

namespace rutter {

/// Text that is read piece by piece, so that a document of any length can be opened in little memory.
class DocumentText {
 public:
  virtual ~DocumentText() = default;

  /// Bytes in all, where every part can be read alone, by several threads at once. nullopt where the text comes as a
  /// stream, whose end shows only when it is reached (a compressed document).
  virtual std::optional<std::uint64_t> size() const = 0;

  /// Reads from `offset` on until `out` is full or the text ends; gives the number of bytes. A stream is read from its start
  /// on, each offset where the last piece ended, or again from 0.
  virtual Result<std::size_t> Read(std::uint64_t offset, std::span<char> out) = 0;

  /// How many bytes are best read at once.
  virtual std::size_t piece_bytes() const { return 256 * 1024; }
};

/// Text in memory, borrowed.
class TextInMemory : public DocumentText {
 public:
  explicit TextInMemory(std::string_view text) : text_(text) {}
  std::optional<std::uint64_t> size() const override { return text_.size(); }
  Result<std::size_t> Read(std::uint64_t offset, std::span<char> out) override {
    if (offset >= text_.size()) return 0;
    std::size_t length = std::min<std::size_t>(out.size(), text_.size() - static_cast<std::size_t>(offset));
    std::memcpy(out.data(), text_.data() + offset, length);
    return length;
  }

 private:
  std::string_view text_;
};

}  // namespace rutter
