#pragma once
// What the numbers of a slice look like.

#include <cstdint>

#include "base/result.h"
#include "read/reader.h"

namespace rutter {

/// All but the counts are over the finite numbers, and NaN where there is none.
struct Summary {
  std::uint64_t count = 0;       ///< Elements in all.
  std::uint64_t non_finite = 0;  ///< NaN and infinities.
  double minimum = 0, maximum = 0, mean = 0;
  double standard_deviation = 0;  ///< Of the population (divided by the count), as NumPy's std().
};

/// One pass, in parallel, block by block. Errors: as Reader::Read, kUnsupported (no plain numbers).
Result<Summary> Summarize(const Reader& reader, const Array& array, const Slice& slice, const ReadOptions& options = {});

}  // namespace rutter
