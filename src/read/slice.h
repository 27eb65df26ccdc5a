#pragma once
// What a user asks of an array: NumPy's basic slicing.

#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/selection.h"

namespace rutter {

/// One axis: elements start, start + step, ... (count of them). An integer index has count 1 and drops its axis.
struct AxisSlice {
  std::uint64_t start = 0, count = 0;
  std::int64_t step = 1;  ///< May be negative; never 0.
  bool drop = false;
};

/// A slice of every axis of an array.
struct Slice {
  std::vector<AxisSlice> axes;
  Shape ResultShape() const;           ///< Dropped axes left out.
  std::uint64_t NumElements() const;
};

/// The whole of an array of this shape.
Slice WholeSlice(const Shape& shape);

/// NumPy slice syntax: "0:1000,::2,5", "...", negative indices and steps, missing trailing axes taken whole; "" = whole;
/// "()" too. Errors: kInvalidArgument (syntax, too many axes, an integer out of bounds), naming the part.
Result<Slice> ParseSlice(std::string_view text, const Shape& shape);

}  // namespace rutter
