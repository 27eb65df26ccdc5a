#pragma once
// A sticky cursor over the bytes of one on-disk structure. The first failure sticks, later reads give 0, and
// Finish(x) returns x or that failure, so a decoder reads like the specification's table.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/rare.h"
#include "base/result.h"

namespace rutter {

/// Names what is being decoded, for error messages. Views must outlive the reader.
struct ReaderContext {
  std::string_view source;     ///< Path or URL.
  std::string_view structure;  ///< E.g. "fixed array header".
  std::string_view spec;       ///< E.g. "HDF5 4.0, VII.C".
};

/// Little-endian unless told otherwise. Not thread-safe; cheap to copy before the first failure.
class ByteReader {
 public:
  ByteReader(std::span<const std::byte> bytes, std::uint64_t file_offset, ReaderContext context)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()), offset_(file_offset), context_(context) {}

  bool ok() const { return !error_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  /// Absolute offset of the next byte in the source.
  std::uint64_t file_offset() const { return offset_ + position(); }

  std::uint8_t U8() { return static_cast<std::uint8_t>(Fixed<1>()); }
  std::uint16_t U16() { return static_cast<std::uint16_t>(Fixed<2>()); }
  std::uint32_t U32() { return static_cast<std::uint32_t>(Fixed<4>()); }
  std::uint64_t U64() { return Fixed<8>(); }

  /// An unsigned little-endian number of 0 to 8 bytes.
  std::uint64_t Uint(unsigned width) {
    const std::byte* p = Advance(width);
    if (p == nullptr) return 0;
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width && i < 8; ++i) value |= std::to_integer<std::uint64_t>(p[i]) << (8 * i);
    return value;
  }

  /// A file address of `width` bytes; the all-ones "undefined address" is nullopt.
  std::optional<std::uint64_t> Address(unsigned width) {
    std::uint64_t value = Uint(width);
    std::uint64_t undefined = width >= 8 ? ~0ull : (1ull << (8 * width)) - 1;
    if (!ok() || value == undefined) return std::nullopt;
    return value;
  }

  /// The next n bytes; empty after a failure.
  std::span<const std::byte> Take(std::uint64_t n) {
    const std::byte* p = Advance(n);
    return p == nullptr ? std::span<const std::byte>{} : std::span<const std::byte>{p, static_cast<std::size_t>(n)};
  }
  std::string_view TakeText(std::uint64_t n) {
    auto bytes = Take(n);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  /// Text up to a NUL, which is consumed and not returned. Fails where no NUL is left.
  std::string_view Text0() {
    const void* nul = remaining() == 0 ? nullptr : std::memchr(at_, 0, remaining());
    if (nul == nullptr) {
      Fail(ErrorCode::kCorrupt, "no NUL ends a name");
      return {};
    }
    auto length = static_cast<std::size_t>(static_cast<const std::byte*>(nul) - at_);
    std::string_view text(reinterpret_cast<const char*>(at_), length);
    at_ += length + 1;
    return text;
  }
  void Skip(std::uint64_t n) { Advance(n); }

  /// Fails unless the next bytes are this signature.
  void Signature(std::string_view expected) {
    std::string_view found = TakeText(expected.size());
    if (ok() && found != expected) Fail(ErrorCode::kCorrupt, "signature " + std::string(expected) + " is missing");
  }
  /// Fails (unsupported) unless the next byte is this version.
  void Version(std::uint8_t expected) {
    std::uint8_t found = U8();
    if (ok() && found != expected) Fail(ErrorCode::kUnsupported, "version " + std::to_string(found));
  }

  /// True where `count` items of at least `min_bytes` (> 0) each can still follow; fails otherwise. Ask before reserving.
  bool Fits(std::uint64_t count, std::uint64_t min_bytes) {
    if (!ok()) return false;
    if (min_bytes != 0 && count <= remaining() / min_bytes) return true;
    if (count == 0) return true;
    Fail(ErrorCode::kCorrupt, "a count of " + std::to_string(count) + " does not fit the " + std::to_string(remaining()) +
                                  " bytes that remain");
    return false;
  }

  /// Records a failure at the current position, unless there is one already.
  [[gnu::cold, gnu::noinline]] void Fail(ErrorCode code, std::string message) {
    if (error_) return;
    Error error;
    error.code = code;
    error.message = std::move(message);
    error.where = {std::string(context_.source), file_offset(), std::string(context_.structure), std::string(context_.spec), {}};
    error_ = std::move(error);
    at_ = end_;
  }

  /// The recorded failure; only to be called when !ok().
  const Error& error() const { return *error_; }
  Status Check() const { return error_ ? Status(rutter::Fail(*error_)) : Status(); }
  template <class T>
  Result<T> Finish(T value) {
    if (error_) return rutter::Fail(std::move(*error_));
    return Result<T>(std::move(value));
  }

  const ReaderContext& context() const { return context_; }
  /// A reader over the next n bytes with another structure name; this reader moves past them.
  ByteReader Sub(std::uint64_t n, std::string_view structure, std::string_view spec) {
    std::uint64_t start = file_offset();
    auto bytes = Take(n);
    ByteReader sub(bytes, start, {context_.source, structure, spec});
    if (error_) sub.error_ = error_;
    return sub;
  }

 private:
  // Out of line, so that the fields of a structure are read without calls.
  [[gnu::cold, gnu::noinline]] void FailShort(std::uint64_t n) {
    if (!error_) Fail(ErrorCode::kCorrupt, "needs " + std::to_string(n) + " bytes, " + std::to_string(remaining()) + " remain");
  }
  const std::byte* Advance(std::uint64_t n) {
    if (n > remaining()) [[unlikely]] {
      FailShort(n);
      return nullptr;
    }
    const std::byte* p = at_;
    at_ += n;
    return p;
  }
  template <unsigned N>
  std::uint64_t Fixed() {
    const std::byte* p = Advance(N);
    if (p == nullptr) return 0;
    std::uint64_t value = 0;
    std::memcpy(&value, p, N);
    static_assert(std::endian::native == std::endian::little, "big-endian hosts need a swap here");
    return value;
  }

  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  std::uint64_t offset_;
  ReaderContext context_;
  Rare<Error> error_;
};

}  // namespace rutter
