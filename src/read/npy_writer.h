#pragma once
// Slices as NumPy's own file format, or as raw bytes. Source: NumPy, "NEP 1 - A simple file format for NumPy arrays".

#include <functional>
#include <string>
#include <string_view>

#include "read/reader.h"

namespace rutter {

/// The header of an .npy file (version 1, or 2 where it is long) for elements of `native` in C order; a multiple of 64 bytes.
/// Errors: kUnsupported where NumPy has no name for the type (variable-length data, references).
Result<std::string> NpyHeader(const Dtype& native, const Shape& shape);

/// Reads the slice block by block along its first axis, never holding more than about options.max_memory_bytes, and hands
/// the bytes (native, C order) to `write` in order. With `npy`, the header goes first.
/// Errors: as Reader::Read, as `write`.
Status WriteSlice(const Reader& reader, const Array& array, const Slice& slice, bool npy, const ReadOptions& options,
                  const std::function<Status(std::string_view)>& write);

/// Splits a slice along its first axis of more than one element so that a block has at most `max_elements` (at least one
/// row), and calls `visit` for each in order.
Status ForEachBlock(const Slice& slice, std::uint64_t max_elements, const std::function<Status(const Slice&)>& visit);

}  // namespace rutter
