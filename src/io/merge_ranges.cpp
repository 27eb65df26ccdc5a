#include "io/merge_ranges.h"

#include <algorithm>
#include <numeric>

namespace rutter {

std::vector<MergedRange> MergeRanges(std::span<const ReadRequest> ranges, std::uint64_t gap, std::uint64_t longest) {
  std::vector<std::size_t> order(ranges.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return ranges[a].offset < ranges[b].offset; });
  std::vector<MergedRange> merged;
  for (std::size_t number : order) {
    const std::uint64_t offset = ranges[number].offset, length = ranges[number].length();
    if (length == 0) continue;
    if (!merged.empty()) {
      MergedRange& last = merged.back();
      const std::uint64_t end = last.offset + last.length;
      const std::uint64_t new_length = std::max(end, offset + length) - last.offset;
      if ((offset <= end || offset - end <= gap) && new_length <= longest) {
        last.length = new_length;
        last.wanted.push_back(number);
        continue;
      }
    }
    merged.push_back({offset, length, {number}});
  }
  return merged;
}

}  // namespace rutter
