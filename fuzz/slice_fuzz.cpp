// NumPy slice syntax of any text over any shape: a slice that is taken lies inside the shape.

#include <cstdlib>
#include <string_view>

#include "read/slice.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using rutter::AxisSlice;
  if (size < 1) return 0;
  std::size_t rank = data[0] % 5;
  rutter::Shape shape;
  std::size_t at = 1;
  for (std::size_t k = 0; k < rank && at + 1 < size; ++k, at += 2) {
    std::uint64_t extent = data[at];
    shape.push_back(data[at + 1] % 4 == 0 ? extent << (data[at + 1] / 4) : extent);  // small ones and huge ones
  }
  std::string_view text(reinterpret_cast<const char*>(data) + at, size - at);
  auto slice = rutter::ParseSlice(text, shape);
  if (!slice) {
    if (slice.error().code != rutter::ErrorCode::kInvalidArgument || slice.error().message.empty()) std::abort();
    return 0;
  }
  if (slice->axes.size() != shape.size()) std::abort();
  for (std::size_t k = 0; k < shape.size(); ++k) {
    const AxisSlice& axis = slice->axes[k];
    if (axis.step == 0 || (axis.drop && axis.count != 1)) std::abort();
    if (axis.count == 0) continue;
    __int128 last = static_cast<__int128>(axis.start) + static_cast<__int128>(axis.count - 1) * axis.step;
    if (axis.start >= shape[k] || last < 0 || last >= static_cast<__int128>(shape[k])) std::abort();
  }
  return 0;
}
