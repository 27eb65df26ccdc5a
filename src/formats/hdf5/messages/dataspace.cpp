#include "formats/hdf5/messages/dataspace.h"

#include <string>
#include <utility>

namespace rutter::hdf5 {
namespace {

constexpr unsigned kMaxRank = 32;
constexpr std::uint8_t kMaxDimensionsPresent = 1;
constexpr std::uint8_t kScalar = 0, kSimple = 1, kNull = 2;

}  // namespace

Result<Dataspace> DecodeDataspace(ByteReader reader, const Sizes& sizes, const Limits& limits) {
  Dataspace space;
  std::uint8_t version = reader.U8();
  if (reader.ok() && version != 1 && version != 2) {
    reader.Fail(ErrorCode::kUnsupported, "dataspace message version " + std::to_string(version));
  }
  unsigned rank = reader.U8();
  std::uint8_t flags = reader.U8();
  std::uint8_t type = reader.U8();  // reserved in version 1
  if (version == 1) {
    type = rank == 0 ? kScalar : kSimple;
    reader.Skip(4);
  }
  if (reader.ok() && type > kNull) reader.Fail(ErrorCode::kCorrupt, "dataspace type " + std::to_string(type));
  if (rank > kMaxRank) reader.Fail(ErrorCode::kCorrupt, "rank " + std::to_string(rank));
  if (rank > limits.rank) reader.Fail(ErrorCode::kLimit, "rank " + std::to_string(rank) + " (Limits::rank)");
  if (rank != 0 && type != kSimple) reader.Fail(ErrorCode::kCorrupt, "a scalar or null dataspace with dimensions");
  space.is_null = type == kNull;
  if (!reader.Fits(rank, sizes.lengths)) return reader.Finish(std::move(space));
  if (rank == 0) return reader.Finish(std::move(space));

  space.shape.reserve(rank);
  for (unsigned k = 0; k < rank; ++k) space.shape.push_back(reader.Uint(sizes.lengths));
  if ((flags & kMaxDimensionsPresent) != 0 && reader.Fits(rank, sizes.lengths)) {
    // Most writers store the maxima of arrays that cannot grow, too; those say nothing.
    bool grows = false;
    ByteReader peek = reader;
    for (unsigned k = 0; k < rank; ++k) grows |= peek.Uint(sizes.lengths) != space.shape[k];
    if (grows) {
      space.max_shape.reserve(rank);
      for (unsigned k = 0; k < rank; ++k) space.max_shape.push_back(reader.Address(sizes.lengths));
    } else {
      reader.Skip(std::uint64_t{rank} * sizes.lengths);
    }
  }
  return reader.Finish(std::move(space));
}

}  // namespace rutter::hdf5
