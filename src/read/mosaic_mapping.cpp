#include "read/mosaic_mapping.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/checked.h"

namespace rutter {
namespace {

constexpr std::size_t kMaxRows = 4 << 20;  // of one piece, where elements are matched row by row
constexpr std::size_t kMaxSegments = 1 << 20;

tl::unexpected<Error> BadPiece(const MosaicPiece& piece, const std::string& why) {
  Error error = MakeError(ErrorCode::kCorrupt, "the mapping of " + piece.source_name + " " + why);
  return Fail(std::move(error));
}

std::uint64_t Length(const HyperslabAxis& axis) { return axis.count * axis.block; }

/// Elements along one axis that are affine on both sides.
struct Segment {
  std::uint64_t wanted = 0, wanted_step = 1;  // index in the wanted axis
  std::uint64_t source = 0, source_step = 1;  // coordinate in the source
  std::uint64_t count = 0;
};

/// Appends a segment, joined to the one before where they continue each other.
void Append(std::vector<Segment>& segments, Segment next) {
  if (!segments.empty()) {
    Segment& last = segments.back();
    std::uint64_t wanted_step = next.wanted - (last.wanted + (last.count - 1) * last.wanted_step);
    std::uint64_t source_end = last.source + (last.count - 1) * last.source_step;
    bool forward = next.source > source_end;
    std::uint64_t source_step = next.source - source_end;
    bool fits_last = last.count == 1 || (wanted_step == last.wanted_step && source_step == last.source_step);
    bool fits_next = next.count == 1 || (wanted_step == next.wanted_step && source_step == next.source_step);
    if (forward && fits_last && fits_next) {
      last.wanted_step = wanted_step;
      last.source_step = source_step;
      last.count += next.count;
      return;
    }
  }
  segments.push_back(next);
}

/// The positions of a regular target axis that are wanted, with their coordinates on the part's axis.
Result<std::vector<Segment>> MatchAxis(const HyperslabAxis& target, const HyperslabAxis& part, const SelectedAxis& wanted) {
  std::vector<Segment> segments;
  std::uint64_t last = wanted.start + (wanted.count - 1) * wanted.step;
  // Neighbouring blocks are one block.
  HyperslabAxis t = target, p = part;
  if (t.count == 1 || t.stride == t.block) t = {t.start, 1, 1, Length(t)};
  if (p.count == 1 || p.stride == p.block) p = {p.start, 1, 1, Length(p)};
  std::uint64_t first_block = 0;
  if (t.count > 1 && wanted.start >= t.start + t.block) first_block = (wanted.start - t.start - t.block) / t.stride + 1;
  for (std::uint64_t b = first_block; b < t.count; ++b) {
    std::uint64_t begin = t.start + b * t.stride, end = begin + t.block;
    if (begin > last) break;
    std::uint64_t low = std::max(begin, wanted.start), high = std::min(end, last + 1);
    if (low >= high) continue;
    std::uint64_t index = CeilDiv(low - wanted.start, wanted.step), stop = CeilDiv(high - wanted.start, wanted.step);
    while (index < stop) {
      std::uint64_t position = b * t.block + (wanted.start + index * wanted.step - begin);
      std::uint64_t in_block = position % p.block;
      Segment segment{index, 1, p.start + position / p.block * p.stride + in_block, wanted.step, stop - index};
      if (p.block == 1) {
        segment.source_step = wanted.step * p.stride;
      } else if (p.count > 1) {
        segment.count = std::min(segment.count, (p.block - in_block - 1) / wanted.step + 1);
      }
      index += segment.count;
      Append(segments, segment);
      if (segments.size() > kMaxSegments) return Fail(ErrorCode::kLimit, "a mosaic piece of too many blocks");
    }
  }
  return segments;
}

/// The selection as one regular hyperslab with finite counts; nullopt where it is none.
Result<std::optional<std::vector<HyperslabAxis>>> AsRegular(const MosaicPiece& piece, const ElementSelection& selection, const Shape& shape) {
  std::vector<HyperslabAxis> axes;
  switch (selection.kind) {
    case ElementSelection::Kind::kAll:
      for (std::uint64_t extent : shape) axes.push_back({0, 1, 1, extent});
      return std::optional(std::move(axes));
    case ElementSelection::Kind::kBoxes:
      if (selection.boxes.size() != 1 || selection.boxes[0].start.size() != shape.size() || selection.boxes[0].shape.size() != shape.size()) break;
      for (std::size_t k = 0; k < shape.size(); ++k) axes.push_back({selection.boxes[0].start[k], 1, 1, selection.boxes[0].shape[k]});
      break;
    case ElementSelection::Kind::kRegular: axes = selection.axes; break;
    default: break;
  }
  if (axes.empty() && !(selection.kind == ElementSelection::Kind::kRegular && shape.empty())) return std::optional<std::vector<HyperslabAxis>>();
  if (axes.size() != shape.size()) return BadPiece(piece, "has a selection of another rank than its array");
  for (const HyperslabAxis& axis : axes) {
    if (axis.count == HyperslabAxis::kUnlimited) return Fail(ErrorCode::kUnsupported, "an unlimited selection that was not resolved");
    if (axis.count > 1 && axis.stride < axis.block) return BadPiece(piece, "has blocks that overlap");
    auto reach = CheckedMul(axis.count, std::max(axis.stride, axis.block));
    if (!reach || !CheckedAdd(axis.start, *reach) || !CheckedMul(axis.count, axis.block)) return BadPiece(piece, "overflows");
  }
  return std::optional(std::move(axes));
}

Status CheckInside(const MosaicPiece& piece, const std::vector<HyperslabAxis>& axes, const Shape& shape) {
  for (std::size_t k = 0; k < shape.size(); ++k) {
    if (Length(axes[k]) == 0) continue;
    std::uint64_t end = axes[k].start + (axes[k].count - 1) * axes[k].stride + axes[k].block;
    if (end > shape[k]) {
      return BadPiece(piece, "reaches element " + std::to_string(end) + " of axis " + std::to_string(k) + ", which has " + std::to_string(shape[k]));
    }
  }
  return {};
}

/// Axes of the target with those of the part, where both are equally long once axes of one element are left out.
std::optional<std::vector<std::pair<std::size_t, std::size_t>>> PairAxes(const std::vector<HyperslabAxis>& target, const std::vector<HyperslabAxis>& part) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  std::size_t j = 0;
  for (std::size_t k = 0; k < target.size(); ++k) {
    if (Length(target[k]) == 1) continue;
    while (j < part.size() && Length(part[j]) == 1) ++j;
    if (j == part.size() || Length(part[j]) != Length(target[k])) return std::nullopt;
    pairs.emplace_back(k, j++);
  }
  while (j < part.size() && Length(part[j]) == 1) ++j;
  if (j != part.size()) return std::nullopt;
  return pairs;
}

Status MapSeparable(const std::vector<HyperslabAxis>& target, const std::vector<HyperslabAxis>& part,
                    const std::vector<std::pair<std::size_t, std::size_t>>& pairs, const Selection& wanted, const PartSink& sink) {
  Selection fixed;
  fixed.rank = part.size();
  fixed.to = wanted.to;
  for (std::size_t j = 0; j < part.size(); ++j) fixed.axes[j] = {part[j].start, 1, 1, 0};
  for (std::size_t k = 0; k < target.size(); ++k) {
    if (Length(target[k]) != 1) continue;
    const SelectedAxis& axis = wanted.axes[k];
    if (target[k].start < axis.start || (target[k].start - axis.start) % axis.step != 0) return {};
    std::uint64_t index = (target[k].start - axis.start) / axis.step;
    if (index >= axis.count) return {};
    fixed.to += static_cast<std::int64_t>(index) * axis.to;
  }
  std::vector<std::vector<Segment>> segments(pairs.size());
  for (std::size_t n = 0; n < pairs.size(); ++n) {
    RUTTER_ASSIGN(segments[n], MatchAxis(target[pairs[n].first], part[pairs[n].second], wanted.axes[pairs[n].first]));
    if (segments[n].empty()) return {};
  }
  std::vector<std::size_t> at(pairs.size(), 0);
  for (;;) {
    Selection box = fixed;
    for (std::size_t n = 0; n < pairs.size(); ++n) {
      const Segment& segment = segments[n][at[n]];
      std::int64_t stride = wanted.axes[pairs[n].first].to;
      box.axes[pairs[n].second] = {segment.source, segment.count, segment.count == 1 ? 1 : segment.source_step,
                                   stride * static_cast<std::int64_t>(segment.wanted_step)};
      box.to += static_cast<std::int64_t>(segment.wanted) * stride;
    }
    RUTTER_TRY(sink(box));
    std::size_t n = pairs.size();
    for (;;) {
      if (n == 0) return {};
      --n;
      if (++at[n] < segments[n].size()) break;
      at[n] = 0;
    }
  }
}

/// Consecutive elements of one row: C-order number of the first, and how many.
struct Row {
  std::uint64_t first, length;
};

/// Rows of a box or hyperslab in C order of the array.
Status AppendRows(const MosaicPiece& piece, const std::vector<HyperslabAxis>& axes, const Shape& shape, std::vector<Row>& rows) {
  RUTTER_TRY(CheckInside(piece, axes, shape));
  if (axes.empty()) {
    rows.push_back({0, 1});
    return {};
  }
  for (const HyperslabAxis& axis : axes) {
    if (Length(axis) == 0) return {};
  }
  std::size_t rank = axes.size();
  HyperslabAxis last = axes[rank - 1];
  if (last.count == 1 || last.stride == last.block) last = {last.start, 1, 1, Length(last)};
  std::vector<std::uint64_t> position(rank, 0);
  for (;;) {
    std::uint64_t base = 0;
    for (std::size_t k = 0; k + 1 < rank; ++k) {
      base = base * shape[k] + axes[k].start + position[k] / axes[k].block * axes[k].stride + position[k] % axes[k].block;
    }
    base *= shape[rank - 1];
    for (std::uint64_t b = 0; b < last.count; ++b) {
      if (rows.size() >= kMaxRows) return Fail(ErrorCode::kLimit, "a mosaic piece of more than " + std::to_string(kMaxRows) + " rows");
      rows.push_back({base + last.start + b * last.stride, last.block});
    }
    std::size_t k = rank - 1;
    for (;;) {
      if (k == 0) return {};
      --k;
      if (++position[k] < Length(axes[k])) break;
      position[k] = 0;
    }
  }
}

/// All rows of a selection in selection order: C order for hyperslabs, however their blocks are listed; the file's for points.
Result<std::vector<Row>> RowsOf(const MosaicPiece& piece, const ElementSelection& selection, const Shape& shape) {
  std::vector<Row> rows;
  if (!CheckedProduct(shape)) return Fail(ErrorCode::kUnsupported, "an array of more than 2^64 elements in a mosaic");
  RUTTER_ASSIGN(auto regular, AsRegular(piece, selection, shape));
  if (regular) {
    RUTTER_TRY(AppendRows(piece, *regular, shape, rows));
    return rows;
  }
  if (selection.kind == ElementSelection::Kind::kBoxes) {
    for (const Box& box : selection.boxes) {
      ElementSelection one{ElementSelection::Kind::kBoxes, {}, {box}, {}};
      RUTTER_ASSIGN(auto axes, AsRegular(piece, one, shape));
      if (!axes) return BadPiece(piece, "has a block of another rank than its array");
      RUTTER_TRY(AppendRows(piece, *axes, shape, rows));
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.first < b.first; });
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (rows[i - 1].first + rows[i - 1].length > rows[i].first) return BadPiece(piece, "has blocks that overlap");
    }
  } else if (selection.kind == ElementSelection::Kind::kPoints) {
    for (const Shape& point : selection.points) {
      if (point.size() != shape.size()) return BadPiece(piece, "has a point of another rank than its array");
      std::uint64_t number = 0;
      for (std::size_t k = 0; k < shape.size(); ++k) {
        if (point[k] >= shape[k]) return BadPiece(piece, "has a point outside its array");
        number = number * shape[k] + point[k];
      }
      if (rows.size() >= kMaxRows) return Fail(ErrorCode::kLimit, "a mosaic piece of more than " + std::to_string(kMaxRows) + " points");
      rows.push_back({number, 1});
    }
  }
  return rows;
}

void Unravel(std::uint64_t number, const Shape& shape, Shape& index) {
  index.resize(shape.size());
  for (std::size_t k = shape.size(); k-- > 0;) {
    index[k] = number % shape[k];
    number /= shape[k];
  }
}

Status MapByRows(const MosaicPiece& piece, const Shape& mosaic_shape, const Shape& source_shape, const Selection& wanted, const PartSink& sink) {
  RUTTER_ASSIGN(auto targets, RowsOf(piece, piece.target, mosaic_shape));
  RUTTER_ASSIGN(auto parts, RowsOf(piece, piece.part, source_shape));
  Shape at, from;
  std::size_t i = 0, j = 0;
  std::uint64_t used_i = 0, used_j = 0;
  while (i < targets.size() && j < parts.size()) {
    std::uint64_t length = std::min(targets[i].length - used_i, parts[j].length - used_j);
    Unravel(targets[i].first + used_i, mosaic_shape, at);
    // The elements of this run that are wanted: all axes but the last are fixed.
    bool inside = true;
    std::int64_t to = 0;
    std::size_t rank = mosaic_shape.size();
    for (std::size_t k = 0; k + 1 < rank && inside; ++k) {
      const SelectedAxis& axis = wanted.axes[k];
      inside = at[k] >= axis.start && (at[k] - axis.start) % axis.step == 0 && (at[k] - axis.start) / axis.step < axis.count;
      if (inside) to += static_cast<std::int64_t>((at[k] - axis.start) / axis.step) * axis.to;
    }
    std::uint64_t first = 0, count = 1, step = 1;
    std::int64_t stride = 0;
    if (rank > 0 && inside) {
      const SelectedAxis& axis = wanted.axes[rank - 1];
      std::uint64_t low = std::max(at[rank - 1], axis.start);
      std::uint64_t index = CeilDiv(low - axis.start, axis.step);
      std::uint64_t end = at[rank - 1] + length;
      std::uint64_t stop = end <= axis.start ? 0 : std::min(axis.count, CeilDiv(end - axis.start, axis.step));
      inside = index < stop;
      if (inside) {
        first = axis.start + index * axis.step - at[rank - 1];
        count = stop - index;
        step = axis.step;
        stride = axis.to;
        to += static_cast<std::int64_t>(index) * axis.to;
      }
    }
    if (inside) {
      Unravel(parts[j].first + used_j + first, source_shape, from);
      Selection row;
      row.rank = source_shape.size();
      row.to = wanted.to + to;
      for (std::size_t k = 0; k < row.rank; ++k) row.axes[k] = {from[k], 1, 1, 0};
      if (row.rank > 0) row.axes[row.rank - 1] = {from[row.rank - 1], count, count == 1 ? 1 : step, stride};
      RUTTER_TRY(sink(row));
    }
    if ((used_i += length) == targets[i].length) ++i, used_i = 0;
    if ((used_j += length) == parts[j].length) ++j, used_j = 0;
  }
  if (i < targets.size() || j < parts.size()) return BadPiece(piece, "selects another number of elements than it fills");
  return {};
}

}  // namespace

Result<std::optional<SeparablePiece>> AsSeparable(const MosaicPiece& piece, const Shape& mosaic_shape, const Shape& source_shape) {
  RUTTER_ASSIGN(auto target, AsRegular(piece, piece.target, mosaic_shape));
  RUTTER_ASSIGN(auto part, AsRegular(piece, piece.part, source_shape));
  if (!target || !part) return std::optional<SeparablePiece>();
  auto pairs = PairAxes(*target, *part);
  if (!pairs) return std::optional<SeparablePiece>();
  RUTTER_TRY(CheckInside(piece, *part, source_shape));
  return std::optional(SeparablePiece{*std::move(target), *std::move(part), *std::move(pairs)});
}

bool MayMeet(const ElementSelection& target, const Selection& wanted) {
  auto meets = [&](std::size_t k, std::uint64_t begin, std::uint64_t last) {
    const SelectedAxis& axis = wanted.axes[k];
    return begin <= axis.start + (axis.count - 1) * axis.step && last >= axis.start;
  };
  switch (target.kind) {
    case ElementSelection::Kind::kNone: return false;
    case ElementSelection::Kind::kRegular:
      for (std::size_t k = 0; k < target.axes.size() && k < wanted.rank; ++k) {
        const HyperslabAxis& axis = target.axes[k];
        if (axis.count == 0 || axis.block == 0) return false;
        auto reach = axis.count == 1 ? 0 : CheckedMul(axis.count - 1, axis.stride);
        auto last = reach ? CheckedAdd(*reach, axis.block - 1) : std::nullopt;
        if (last) last = CheckedAdd(*last, axis.start);
        if (!meets(k, axis.start, last.value_or(~0ull))) return false;
      }
      return true;
    case ElementSelection::Kind::kBoxes:
      return std::any_of(target.boxes.begin(), target.boxes.end(), [&](const Box& box) {
        for (std::size_t k = 0; k < box.start.size() && k < box.shape.size() && k < wanted.rank; ++k) {
          if (box.shape[k] == 0 || !meets(k, box.start[k], CheckedAdd(box.start[k], box.shape[k] - 1).value_or(~0ull))) return false;
        }
        return true;
      });
    default: return true;
  }
}

Status MapPiece(const MosaicPiece& piece, const Shape& mosaic_shape, const Shape& source_shape, const Selection& wanted, const PartSink& sink) {
  if (source_shape.size() > kMaxRank) return Fail(ErrorCode::kLimit, "a source array of more than " + std::to_string(kMaxRank) + " axes");
  RUTTER_ASSIGN(auto regular, AsSeparable(piece, mosaic_shape, source_shape));
  if (regular) return MapSeparable(regular->target, regular->part, regular->pairs, wanted, sink);
  return MapByRows(piece, mosaic_shape, source_shape, wanted, sink);
}

}  // namespace rutter
