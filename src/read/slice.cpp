#include "read/slice.h"

#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "base/checked.h"
#include "base/text.h"

namespace rutter {
namespace {

tl::unexpected<Error> BadPart(std::string_view part, const std::string& why) {
  Error error = MakeError(ErrorCode::kInvalidArgument, "slice part '" + std::string(part.substr(0, 80)) + "' " + why);
  error.hint = "write one part an axis, as in NumPy: 0:1000,::2,5 or ...";
  return Fail(std::move(error));
}

/// An optional signed integer; numbers beyond 64 bits saturate, as they do in Python's slices.
Result<std::optional<std::int64_t>> ParseBound(std::string_view text, std::string_view part) {
  text = Trimmed(text);
  if (text.empty()) return std::optional<std::int64_t>();
  std::string_view digits = text.front() == '+' ? text.substr(1) : text;
  std::int64_t number = 0;
  auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  bool signs_twice = text.front() == '+' && !digits.empty() && digits.front() == '-';
  if (digits.empty() || signs_twice || failure == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    return BadPart(part, "is not an integer, a slice or '...'");
  }
  if (failure == std::errc::result_out_of_range) {
    number = digits.front() == '-' ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  }
  return std::optional<std::int64_t>(number);
}

/// Python's rule for one slice bound: negative counts from the end, then it is clipped to [low, high].
__int128 Clip(std::int64_t bound, std::uint64_t extent, __int128 low, __int128 high) {
  __int128 at = bound;
  if (at < 0) at += extent;
  return at < low ? low : at > high ? high : at;
}

AxisSlice Resolve(std::optional<std::int64_t> start, std::optional<std::int64_t> stop, std::int64_t step, std::uint64_t extent) {
  AxisSlice axis;
  axis.step = step;
  auto size = static_cast<__int128>(extent);
  __int128 width = step > 0 ? static_cast<__int128>(step) : -static_cast<__int128>(step);
  __int128 from, distance;
  if (step > 0) {
    from = start ? Clip(*start, extent, 0, size) : 0;
    distance = (stop ? Clip(*stop, extent, 0, size) : size) - from;
  } else {
    from = start ? Clip(*start, extent, -1, size - 1) : size - 1;
    distance = from - (stop ? Clip(*stop, extent, -1, size - 1) : -1);
  }
  if (distance > 0) {
    axis.count = static_cast<std::uint64_t>((distance - 1) / width + 1);
    axis.start = static_cast<std::uint64_t>(from);
  }
  if (axis.count <= 1) axis.step = 1;
  return axis;
}

Result<AxisSlice> ParsePart(std::string_view part, std::uint64_t extent, std::size_t axis_number) {
  std::size_t first = part.find(':');
  if (first == std::string_view::npos) {
    RUTTER_ASSIGN(auto index, ParseBound(part, part));
    __int128 at = *index;
    if (at < 0) at += extent;
    if (at < 0 || at >= static_cast<__int128>(extent)) {
      return BadPart(part, "is out of bounds for axis " + std::to_string(axis_number) + " with " + std::to_string(extent) + " elements");
    }
    return AxisSlice{static_cast<std::uint64_t>(at), 1, 1, true};
  }
  std::size_t second = part.find(':', first + 1);
  std::string_view stop_text = part.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
  RUTTER_ASSIGN(auto start, ParseBound(part.substr(0, first), part));
  RUTTER_ASSIGN(auto stop, ParseBound(stop_text, part));
  std::optional<std::int64_t> step;
  if (second != std::string_view::npos) {
    RUTTER_ASSIGN(step, ParseBound(part.substr(second + 1), part));
  }
  if (step == 0) return BadPart(part, "has a step of zero");
  return Resolve(start, stop, step.value_or(1), extent);
}

}  // namespace

Shape Slice::ResultShape() const {
  Shape shape;
  for (const AxisSlice& axis : axes) {
    if (!axis.drop) shape.push_back(axis.count);
  }
  return shape;
}

std::uint64_t Slice::NumElements() const {
  Shape counts;
  for (const AxisSlice& axis : axes) counts.push_back(axis.count);
  return CheckedProduct(counts).value_or(~0ull);
}

Slice WholeSlice(const Shape& shape) {
  Slice slice;
  for (std::uint64_t extent : shape) slice.axes.push_back({0, extent, 1, false});
  return slice;
}

Result<Slice> ParseSlice(std::string_view text, const Shape& shape) {
  text = Trimmed(text);
  if (text.size() >= 2 && ((text.front() == '(' && text.back() == ')') || (text.front() == '[' && text.back() == ']'))) {
    text = Trimmed(text.substr(1, text.size() - 2));
  }
  std::vector<std::string_view> parts;
  std::optional<std::size_t> ellipsis;
  while (!text.empty()) {
    std::size_t comma = text.find(',');
    std::string_view part = Trimmed(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : Trimmed(text.substr(comma + 1));
    if (part.empty()) return BadPart(part, "is empty");
    if (part == "...") {
      if (ellipsis) return BadPart(part, "comes twice");
      ellipsis = parts.size();
      continue;
    }
    parts.push_back(part);
    if (parts.size() > shape.size()) {
      return BadPart(part, "is one too many: the array has " + std::to_string(shape.size()) + (shape.size() == 1 ? " axis" : " axes"));
    }
  }
  std::size_t whole = shape.size() - parts.size();  // axes that no part names
  std::size_t whole_at = ellipsis.value_or(parts.size());
  Slice slice;
  std::size_t next = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (axis >= whole_at && axis < whole_at + whole) {
      slice.axes.push_back({0, shape[axis], 1, false});
    } else {
      RUTTER_ASSIGN(auto part, ParsePart(parts[next++], shape[axis], axis));
      slice.axes.push_back(part);
    }
  }
  return slice;
}

}  // namespace rutter
