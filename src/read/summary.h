#pragma once
// `rutter read --stats`: what the numbers of a slice are like.

#include <cstdint>

#include "read/reader.h"

namespace rutter {

struct Summary {
  std::uint64_t count = 0;       ///< Elements, non-finite ones included.
  std::uint64_t non_finite = 0;  ///< NaN and infinities; they do not enter the rest.
  double minimum = 0, maximum = 0, mean = 0, standard_deviation = 0;  ///< Of the finite ones; 0 where there is none.
};

/// One pass with bounded memory (Welford's update over blocks). Complex numbers and text are no numbers.
/// Errors: kUnsupported (not integers, floats, booleans or enumerations), as Reader::Read.
Result<Summary> Summarize(const Reader& reader, const Array& array, const Slice& slice, const ReadOptions& options);

}  // namespace rutter
