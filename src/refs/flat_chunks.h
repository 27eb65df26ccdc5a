#pragma once
// How flat data is cut into chunks that Zarr clients can follow.

#include <cstdint>

#include "model/selection.h"

namespace rutter {

/// Chooses chunks of about `target_bytes` for data that lies in C order: the first axes are split, later ones kept whole.
/// A length that divides the axis is preferred, up to 64 times larger than the target or 8 times smaller, because the
/// last chunk is then a whole one. Where no such length exists (a prime number of samples), the last chunk along the
/// split axis is short; `max_tail_bytes` bounds all short chunks together, which a map must hold itself, padded.
/// Where that is not enough either, the best divisor is taken, whatever its size. No length is 0.
Shape ChooseReferenceChunks(const Shape& shape, std::uint64_t element_bytes, std::uint64_t target_bytes, std::uint64_t max_tail_bytes);

}  // namespace rutter
