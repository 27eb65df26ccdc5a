#pragma once
// Slices as files: NumPy's own format, or the bytes alone.

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "read/reader.h"

namespace rutter {

/// The header of a .npy file for elements of a native type (NativeType): C order, `shape` in elements. Version 1 where it
/// fits, 2 where it is longer than 64 KiB, 3 where a field name is not ASCII. A type of arrays adds its axes to the shape.
/// Errors: kUnsupported (types without a NumPy form: variable-length data, references, time).
/// Source: NumPy, "numpy.lib.format", NEP 1.
Result<std::string> NpyHeader(const Dtype& native, const Shape& shape);

/// Streams a slice to `write` piece by piece: native elements in C order, behind a .npy header where `npy`. Memory is
/// bounded by options.max_memory_bytes, whatever the slice.
/// Errors: as Reader::Read, kUnsupported (types of no fixed size), what `write` returns.
Status WriteSlice(const Reader& reader, const Array& array, const Slice& slice, bool npy, const ReadOptions& options,
                  const std::function<Status(std::string_view)>& write);

}  // namespace rutter
