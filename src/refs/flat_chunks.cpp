#include "refs/flat_chunks.h"

#include <algorithm>
#include <optional>

#include "base/checked.h"

namespace rutter {
namespace {

/// How far a chunk size is from the wanted one, as a ratio of at least 1.
double Distance(std::uint64_t bytes, std::uint64_t target) {
  double ratio = static_cast<double>(bytes) / static_cast<double>(target);
  return ratio < 1 ? 1 / ratio : ratio;
}

struct Candidate {
  std::size_t axis = 0;
  std::uint64_t length = 1, bytes = 0;
};

/// The divisor of some axis whose chunk is nearest to the target; axes before it are cut into single steps.
std::optional<Candidate> BestDivisor(const Shape& lengths, const Shape& row_bytes, std::uint64_t target) {
  std::optional<Candidate> best;
  auto offer = [&](std::size_t axis, std::uint64_t length) {
    auto bytes = CheckedMul(length, row_bytes[axis]);
    if (!bytes) return;
    if (!best || Distance(*bytes, target) < Distance(best->bytes, target)) best = Candidate{axis, length, *bytes};
  };
  for (std::size_t axis = 0; axis < lengths.size(); ++axis) {
    // Divisors of lengths beyond this square are not all looked for; their cofactors still are.
    for (std::uint64_t d = 1; d <= 65'536 && d * d <= lengths[axis]; ++d) {
      if (lengths[axis] % d != 0) continue;
      offer(axis, d);
      offer(axis, lengths[axis] / d);
    }
  }
  return best;
}

}  // namespace

Shape ChooseReferenceChunks(const Shape& shape, std::uint64_t element_bytes, std::uint64_t target_bytes, std::uint64_t max_tail_bytes) {
  constexpr std::uint64_t kMaxOversize = 64, kMaxUndersize = 8, kMinTailChunk = 4096;
  target_bytes = std::max<std::uint64_t>(1, target_bytes);
  Shape chunks(shape.size());
  for (std::size_t k = 0; k < shape.size(); ++k) chunks[k] = std::max<std::uint64_t>(1, shape[k]);
  // Bytes of one step along each axis; saturates where a step is larger than any chunk could be.
  Shape row_bytes(shape.size());
  std::uint64_t bytes = std::max<std::uint64_t>(1, element_bytes);
  for (std::size_t k = shape.size(); k-- > 0;) {
    row_bytes[k] = bytes;
    bytes = CheckedMul(bytes, chunks[k]).value_or(~0ull);
  }
  if (bytes <= target_bytes) return chunks;
  Shape whole = chunks;
  auto split = [&](std::size_t axis, std::uint64_t length) {
    for (std::size_t k = 0; k < axis; ++k) chunks[k] = 1;
    for (std::size_t k = axis; k < chunks.size(); ++k) chunks[k] = whole[k];
    chunks[axis] = length;
  };
  auto best = BestDivisor(whole, row_bytes, target_bytes);
  if (best) split(best->axis, best->length);
  if (best && best->bytes <= target_bytes * kMaxOversize && best->bytes >= target_bytes / kMaxUndersize) return chunks;
  // A short last chunk along the first axis whose steps are small enough.
  std::uint64_t tails = 1;
  for (std::size_t k = 0; k < whole.size(); ++k) {
    if (row_bytes[k] <= target_bytes) {
      std::uint64_t length = std::min(target_bytes, max_tail_bytes / tails) / row_bytes[k];
      if (length >= 1 && length * row_bytes[k] >= std::min<std::uint64_t>(kMinTailChunk, target_bytes)) split(k, std::min(length, whole[k]));
      break;
    }
    auto more = CheckedMul(tails, whole[k]);
    if (!more || *more > max_tail_bytes) break;
    tails = *more;
  }
  return chunks;
}

}  // namespace rutter
