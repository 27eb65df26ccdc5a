#pragma once
// Slices of any type as Values.

#include "base/result.h"
#include "read/read_job.h"

namespace rutter {

/// All elements of the slice, flat in C order. Errors: as Reader::ReadAsValues.
Result<ValueList> ReadSliceAsValues(ReadJob& job, SourcePool& pool, const Array& array, const Slice& slice);

}  // namespace rutter
