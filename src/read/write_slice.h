#pragma once
// A slice of any size into a file, with bounded memory.

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "read/reader.h"

namespace rutter {

struct WriteSliceOptions {
  ReadOptions read;            ///< max_memory_bytes bounds everything that the write holds.
  bool npy = false;            ///< A .npy header first.
  std::string scratch_folder;  ///< Where a scratch file may be made; empty = nowhere.
};

/// Streams a slice to `write` piece by piece: native elements in C order. Memory is bounded by max_memory_bytes, whatever the
/// slice; one chunk must fit (encoded, decoded and once more for its filters).
///
/// Pieces end where chunks end, so that each chunk is decoded once, or twice where memory is short. Where the order of the
/// output runs so far across the chunks that they would be decoded more often (chunks as long as the slowest axis), the chunks
/// are decoded once into a scratch file of the slice's size, which is then read in the order of the output. Without a folder
/// for it they are decoded again for every piece.
/// Errors: as Reader::Read, kUnsupported (types of no fixed size), kIo (the scratch file), what `write` returns.
Status WriteSlice(const Reader& reader, const Array& array, const Slice& slice, const WriteSliceOptions& options,
                  const std::function<Status(std::string_view)>& write);

}  // namespace rutter
