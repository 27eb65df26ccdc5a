#pragma once
// Which elements of a source array a mosaic piece puts where.

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "model/chunk_index.h"
#include "read/read_job.h"

namespace rutter {

/// Receives one strided box of the source array and where its elements go.
using PartSink = std::function<Status(const Selection& part)>;

/// Hands out the parts of `piece` that `wanted` (a selection of the mosaic) meets. Regular selections that have the
/// same lengths axis by axis give few, large parts; all others are matched element by element in selection order.
/// Errors: kCorrupt (counts differ, outside the source), kUnsupported (unlimited counts), kLimit (too many rows), what `sink` returns.
Status MapPiece(const MosaicPiece& piece, const Shape& mosaic_shape, const Shape& source_shape, const Selection& wanted, const PartSink& sink);

/// A piece whose elements correspond axis by axis: two finite hyperslabs, and the axes of the target that run along those of the
/// part, in order and equally long. Axes of one element may stand alone.
struct SeparablePiece {
  std::vector<HyperslabAxis> target, part;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
};

/// nullopt where the piece is none. Errors: kCorrupt (overlapping blocks, outside the source), kUnsupported (unlimited counts).
Result<std::optional<SeparablePiece>> AsSeparable(const MosaicPiece& piece, const Shape& mosaic_shape, const Shape& source_shape);

/// False where no element of `target` can lie in `wanted`; cheap.
bool MayMeet(const ElementSelection& target, const Selection& wanted);

}  // namespace rutter
