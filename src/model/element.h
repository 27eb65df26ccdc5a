#pragma once
// Single elements: from stored bytes to native bytes, and to Values.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "model/dtype.h"
#include "model/value.h"

namespace rutter {

/// Follows what an element only points to. A format implements it; thread-safe.
class ElementResolver {
 public:
  virtual ~ElementResolver() = default;
  /// The bytes of the variable-length value behind `slot` (dtype.size_bytes bytes), and the number of base elements.
  /// A null slot gives count 0. `element_bytes` = stored size of a base element (1 for strings).
  virtual Status FetchVlen(std::span<const std::byte> slot, std::uint64_t element_bytes, std::vector<std::byte>& out,
                           std::uint64_t& count) const = 0;
  /// The object (and selection) that a reference element names.
  virtual Result<Reference> FetchReference(const Dtype& dtype, std::span<const std::byte> slot) const = 0;
};

/// Converts `count` stored elements to NativeType(dtype), which must be fixed (Dtype::IsFixed).
/// `in` holds count * dtype.size_bytes bytes, `out` count * native.size_bytes. Plain copies and byte swaps are fast.
/// Errors: kUnsupported (time types), kInvalidArgument (sizes).
Status ToNative(const Dtype& dtype, const Dtype& native, std::span<const std::byte> in, std::uint64_t count,
                std::span<std::byte> out);

/// One stored element as a Value. `resolver` may be null where the type is fixed. Strings end by their padding rule.
Result<Value> DecodeElement(const Dtype& dtype, std::span<const std::byte> in, const ElementResolver* resolver,
                            const Limits& limits);

/// `count` elements as Values, flat.
Result<ValueList> DecodeElements(const Dtype& dtype, std::span<const std::byte> in, std::uint64_t count,
                                 const ElementResolver* resolver, const Limits& limits);

/// Folds a flat list into nested lists of this shape; a scalar shape gives the one value itself.
Value NestValues(ValueList flat, const Shape& shape);

}  // namespace rutter
