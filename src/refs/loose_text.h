#pragma once
// Fixed strings that NumPy and other clients would show with bytes which the file does not count among the text.
// Source: HDF5 4.0, "The Datatype Message", class String (padding type); NumPy ends fixed strings before their trailing NULs.

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/dtype.h"

namespace rutter {

/// True where elements of this type hold strings that end by another rule than at their trailing NULs.
bool HasLooseText(const Dtype& dtype);

/// True where one of `count` stored elements holds a string that clients would show otherwise than the file means it.
/// `stored` has count * dtype.size_bytes bytes; dtype is fixed (Dtype::IsFixed).
bool ShowsPadding(const Dtype& dtype, std::span<const std::byte> stored, std::uint64_t count);

}  // namespace rutter
