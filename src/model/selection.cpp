#include "model/selection.h"

#include <algorithm>

#include "base/checked.h"

namespace rutter {

std::uint64_t Box::NumElements() const { return CheckedProduct(shape).value_or(~0ull); }

bool Box::Empty() const { return std::find(shape.begin(), shape.end(), 0u) != shape.end(); }

Box Intersect(const Box& a, const Box& b) {
  Box result;
  std::size_t rank = a.shape.size();
  result.start.resize(rank);
  result.shape.resize(rank);
  for (std::size_t k = 0; k < rank; ++k) {
    std::uint64_t start = std::max(a.start[k], b.start[k]);
    std::uint64_t stop = std::min(a.start[k] + a.shape[k], b.start[k] + b.shape[k]);
    result.start[k] = start;
    result.shape[k] = stop > start ? stop - start : 0;
  }
  return result;
}

}  // namespace rutter
