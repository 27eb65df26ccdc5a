#pragma once
// From stored elements to the elements that a read yields.

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "model/dtype.h"
#include "read/strided.h"

namespace rutter {

/// Uninitialised memory that only grows; one thread's.
class Buffer {
 public:
  /// At least `bytes`; earlier content is lost.
  std::byte* Reserve(std::size_t bytes) {
    if (bytes > size_) {
      memory_.reset();
      size_ = 0;
      memory_.reset(new std::byte[bytes]);
      size_ = bytes;
    }
    return memory_.get();
  }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<std::byte[]> memory_;
  std::size_t size_ = 0;
};

/// How the elements of one array reach the output. Cheap to copy; the dtypes must outlive it.
class Transfer {
 public:
  /// Elements as they are stored.
  static Transfer AsStored(const Dtype& stored);
  /// To host byte order and machine widths. Errors: kUnsupported (time types, types that only point to data).
  static Result<Transfer> ToNativeType(const Dtype& stored, const Dtype& native);

  std::size_t from_bytes() const { return from_bytes_; }
  std::size_t to_bytes() const { return to_bytes_; }
  /// True where the bytes pass through unchanged.
  bool is_copy() const { return kind_ == Kind::kCopy; }
  /// True where numbers only change their byte order; the same transfer undoes itself.
  bool is_swap() const { return kind_ == Kind::kSwap; }

  /// Moves every element of the box; `from` and `to` point at its first element.
  Status Move(const StridedBox& box, const std::byte* from, std::byte* to, Buffer& scratch) const;

 private:
  enum class Kind : std::uint8_t { kCopy, kSwap, kConvert };
  Status Convert(const StridedBox& box, const std::byte* from, std::byte* to, Buffer& scratch) const;

  Kind kind_ = Kind::kCopy;
  const Dtype* stored_ = nullptr;
  const Dtype* native_ = nullptr;
  std::size_t from_bytes_ = 0, to_bytes_ = 0;
  std::size_t unit_bytes_ = 0;  // kSwap: bytes of one machine number, of which an element has one or more
};

}  // namespace rutter
