// Serialized dataspace selections. Source: HDF5 4.0, "Dataspace selection" (Appendix D and the reference encodings).

#include <algorithm>
#include <string>

#include "formats/hdf5/storage.h"

namespace rutter::hdf5 {
namespace {

enum : std::uint32_t { kNone = 0, kPoints = 1, kHyperslab = 2, kAll = 3 };
constexpr std::uint8_t kRegularFlag = 1;

/// The rank of what follows; fails where it is none or not the expected one.
std::size_t DecodeRank(ByteReader& r, std::size_t expected, const Limits& limits) {
  const std::uint32_t rank = r.U32();
  if (r.ok() && rank == 0) r.Fail(ErrorCode::kCorrupt, "a selection of rank 0");
  if (rank > limits.rank) r.Fail(ErrorCode::kCorrupt, "a selection of rank " + std::to_string(rank));
  if (expected != 0 && rank != expected) {
    r.Fail(ErrorCode::kCorrupt, "a selection of rank " + std::to_string(rank) + " where " + std::to_string(expected) + " belongs");
  }
  return r.ok() ? rank : 0;
}

unsigned DecodeWidth(ByteReader& r) {
  const std::uint8_t width = r.U8();
  if (r.ok() && width != 2 && width != 4 && width != 8) {
    r.Fail(ErrorCode::kCorrupt, "numbers of " + std::to_string(width) + " bytes");
  }
  return r.ok() ? width : 8;
}

/// A count or block whose bits are all set is unlimited.
std::uint64_t DecodeExtent(ByteReader& r, unsigned width) {
  return r.Address(width).value_or(r.ok() ? HyperslabAxis::kUnlimited : 0);
}

void DecodePoints(ByteReader& r, std::uint32_t version, std::size_t rank, const Limits& limits, ElementSelection& selection) {
  selection.kind = ElementSelection::Kind::kPoints;
  unsigned width = 4;
  if (version == 1) {
    r.Skip(8);  // reserved, length
  } else if (version == 2) {
    width = DecodeWidth(r);
  } else {
    r.Fail(ErrorCode::kUnsupported, "point selection version " + std::to_string(version));
  }
  const std::size_t dims = DecodeRank(r, rank, limits);
  const std::uint64_t count = r.Uint(width);
  if (dims == 0 || !r.Fits(count, dims * width)) return;
  selection.points.resize(count);
  for (Shape& point : selection.points) {
    point.resize(dims);
    for (std::uint64_t& coordinate : point) coordinate = r.Uint(width);
  }
}

/// Blocks by their first and last element.
void DecodeBoxes(ByteReader& r, unsigned width, std::size_t dims, ElementSelection& selection) {
  selection.kind = ElementSelection::Kind::kBoxes;
  const std::uint64_t count = r.Uint(width);
  if (dims == 0 || !r.Fits(count, 2 * dims * width)) return;
  selection.boxes.resize(count);
  for (Box& box : selection.boxes) {
    box.start.resize(dims);
    box.shape.resize(dims);
    for (std::uint64_t& start : box.start) start = r.Uint(width);
    for (std::size_t k = 0; k < dims; ++k) {
      const std::uint64_t last = r.Uint(width);
      if (r.ok() && (last < box.start[k] || last == ~0ull)) r.Fail(ErrorCode::kCorrupt, "a block that ends before it starts");
      box.shape[k] = last - box.start[k] + 1;
    }
  }
}

void DecodeRegular(ByteReader& r, unsigned width, std::size_t dims, ElementSelection& selection) {
  selection.kind = ElementSelection::Kind::kRegular;
  if (dims == 0 || !r.Fits(dims, 4 * width)) return;
  selection.axes.resize(dims);
  for (HyperslabAxis& axis : selection.axes) {
    axis.start = r.Uint(width);
    axis.stride = r.Uint(width);
    axis.count = DecodeExtent(r, width);
    axis.block = DecodeExtent(r, width);
    if (axis.block == HyperslabAxis::kUnlimited) {
      // One block without an end is as many blocks of one element.
      if (axis.count > 1) r.Fail(ErrorCode::kCorrupt, "several blocks without an end");
      axis = {axis.start, 1, HyperslabAxis::kUnlimited, 1};
    }
    if (axis.count > 1 && (axis.stride == 0 || axis.stride < axis.block)) r.Fail(ErrorCode::kCorrupt, "blocks that overlap");
  }
}

void DecodeHyperslab(ByteReader& r, std::uint32_t version, std::size_t rank, const Limits& limits, ElementSelection& selection) {
  if (version == 1) {
    r.Skip(8);  // reserved, length
    DecodeBoxes(r, 4, DecodeRank(r, rank, limits), selection);
    return;
  }
  const std::uint8_t flags = r.U8();
  unsigned width = 8;
  if (version == 2) {
    r.Skip(4);  // length
  } else if (version == 3) {
    width = DecodeWidth(r);
  } else {
    r.Fail(ErrorCode::kUnsupported, "hyperslab selection version " + std::to_string(version));
  }
  const std::size_t dims = DecodeRank(r, rank, limits);
  if ((flags & kRegularFlag) != 0) {
    DecodeRegular(r, width, dims, selection);
  } else {
    DecodeBoxes(r, width, dims, selection);
  }
}

}  // namespace

Result<ElementSelection> DecodeSelection(ByteReader& r, const Sizes&, std::size_t rank, const Limits& limits) {
  ElementSelection selection;
  const std::uint32_t type = r.U32();
  const std::uint32_t version = r.U32();
  switch (type) {
    case kNone:
    case kAll:
      selection.kind = type == kAll ? ElementSelection::Kind::kAll : ElementSelection::Kind::kNone;
      if (r.ok() && version != 1) r.Fail(ErrorCode::kUnsupported, "selection version " + std::to_string(version));
      r.Skip(8);  // reserved, length
      break;
    case kPoints: DecodePoints(r, version, rank, limits, selection); break;
    case kHyperslab: DecodeHyperslab(r, version, rank, limits, selection); break;
    default: r.Fail(ErrorCode::kCorrupt, "selection type " + std::to_string(type));
  }
  // The reader stays the caller's, so its failure is copied.
  if (!r.ok()) return Fail(r.error());
  return selection;
}

}  // namespace rutter::hdf5
