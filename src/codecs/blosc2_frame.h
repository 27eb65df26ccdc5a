#pragma once
// A contiguous Blosc2 frame: a header with metalayers, chunks, and an index of their offsets.
// Sources: C-Blosc2, "Blosc2 Contiguous Frame Format" and "B2ND Metalayer Format".

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "codecs/blosc2_chunk.h"

namespace rutter {

/// The metalayer "b2nd": an array that is cut into chunks, and each chunk into blocks, all of the same shape. Chunks and blocks
/// at the far edges are padded. Slowest dimension first.
struct Blosc2Array {
  std::vector<std::uint64_t> shape, chunk, block;
};

struct Blosc2Frame {
  std::uint64_t bytes = 0;                ///< Decoded size of all chunks.
  std::uint64_t chunk_bytes = 0;          ///< Of each chunk but the last.
  std::uint64_t type_bytes = 0;           ///< Of an element of the array; chunks of elements beyond 255 bytes do not know it.
  std::optional<Blosc2Array> array;

  std::uint64_t num_chunks() const { return chunk_bytes == 0 ? 0 : bytes / chunk_bytes + (bytes % chunk_bytes != 0); }
};

/// A chunk of a frame: stored, or one special value all through.
struct Blosc2StoredChunk {
  Blosc2Special special = Blosc2Special::kNone;
  std::span<const std::byte> bytes;
};

/// Reads the header and metalayers. Errors: kCorrupt, kUnsupported (sparse frames, chunks of variable length).
Result<Blosc2Frame> DecodeBlosc2Frame(std::span<const std::byte> bytes);

/// Where each chunk lies. At most `max_chunks`. Errors: kCorrupt, kLimit.
Result<std::vector<Blosc2StoredChunk>> DecodeBlosc2Index(const Blosc2Frame& frame, std::span<const std::byte> bytes, std::uint64_t max_chunks);

}  // namespace rutter
