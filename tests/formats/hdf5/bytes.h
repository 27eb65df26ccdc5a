#pragma once
// Hand-made structures for the tests of decoders.

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "formats/hdf5/checksum.h"
#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

/// Appends little-endian fields.
class Bytes8 {
 public:
  Bytes8& Text(std::string_view text) {
    for (char c : text) bytes_.push_back(static_cast<std::byte>(c));
    return *this;
  }
  Bytes8& U(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  Bytes8& U8(std::uint64_t value) { return U(value, 1); }
  Bytes8& U16(std::uint64_t value) { return U(value, 2); }
  Bytes8& U32(std::uint64_t value) { return U(value, 4); }
  Bytes8& U64(std::uint64_t value) { return U(value, 8); }
  Bytes8& Zeros(std::size_t n) {
    bytes_.resize(bytes_.size() + n);
    return *this;
  }
  Bytes8& PadTo(std::size_t n) {
    if (bytes_.size() < n) bytes_.resize(n);
    return *this;
  }
  /// Appends the checksum of the bytes from `begin` on.
  Bytes8& Seal(std::size_t begin = 0) { return U32(Lookup3(std::span(bytes_).subspan(begin))); }
  std::size_t size() const { return bytes_.size(); }
  const std::vector<std::byte>& get() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// A file of these bytes, with 8-byte addresses and lengths and no superblock.
inline std::shared_ptr<File> FileOf(const std::vector<std::byte>& bytes, const Limits& limits = Limits::Strict()) {
  auto file = std::make_shared<File>(MakeMemorySource("made.h5", bytes), MakeRefusingOpener(), limits);
  file->SetLayout({8, 8}, 0);
  return file;
}

inline ByteReader ReaderOf(const std::vector<std::byte>& bytes) { return ByteReader(bytes, 0, {"made.h5", "structure", "spec"}); }

/// Runs `decode` on every truncation of `bytes`; each must be refused as damage.
inline void CheckTruncations(const std::vector<std::byte>& bytes, const std::function<Status(const std::vector<std::byte>&)>& decode,
                             std::size_t step = 1) {
  CHECK(decode(bytes));
  for (std::size_t n = 0; n < bytes.size(); n += step) {
    CAPTURE(n);
    Status status = decode({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)});
    REQUIRE_FALSE(status);
    CHECK((status.error().code == ErrorCode::kCorrupt || status.error().code == ErrorCode::kTruncated));
  }
}

template <class T>
Status StatusOf(const Result<T>& result) {
  return result ? Status() : Status(Fail(result.error()));
}

}  // namespace rutter::hdf5
