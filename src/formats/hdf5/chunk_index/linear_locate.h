#pragma once
// The walk that fixed and extensible arrays share: chunks have numbers, and runs of numbers lie together.
// Source: HDF5 4.0, "Appendix C: Types of Indexes for Dataset Chunks".

#include <cstdint>
#include <vector>

#include "formats/hdf5/chunk_index/geometry.h"

namespace rutter::hdf5 {

/// One entry of an array: an address and, of filtered chunks, the stored size and the filter mask.
struct ChunkEntryFormat {
  unsigned address_bytes = 8;
  unsigned size_bytes = 0;  ///< 0: chunks are not filtered.

  unsigned Bytes() const { return address_bytes + (size_bytes == 0 ? 0 : size_bytes + 4); }
  /// From the entry size that the array's header gives. nullopt where it cannot be.
  static std::optional<ChunkEntryFormat> Of(unsigned entry_bytes, unsigned address_bytes, bool filtered);
};

/// Consecutive entries [first, end) in memory, or their common absence.
struct EntryRun {
  std::uint64_t first = 0, end = 0;
  const std::byte* entries = nullptr;  ///< Of entry `first`; nullptr: none of these chunks was ever stored.
};

/// Finds entries; asked with growing numbers.
class EntryRuns {
 public:
  virtual ~EntryRuns() = default;
  /// A run that holds entry `number`, valid until the next call. `last` >= number is the last one that will be asked for:
  /// reading ahead stops there.
  virtual Result<EntryRun> Find(std::uint64_t number, std::uint64_t last) = 0;
};

/// How chunk coordinates become numbers: C order of the grid that max_shape gives, the unlimited axis moved to the front.
class ChunkNumbering {
 public:
  /// `slowest`: the axis to move to the front. Errors: kCorrupt (more than 2^64 chunks, a shape beyond its maximum).
  static Result<ChunkNumbering> Make(const ChunkGeometry& geometry, std::size_t slowest);

  /// Visits the entries of the box in the order of their numbers; runs that are absent are skipped whole.
  Status Locate(const Box& box, const ChunkEntryFormat& format, EntryRuns& runs, ChunkEmitter& emitter) const;

 private:
  std::uint64_t Number(std::span<const std::uint64_t> at) const;

  std::vector<std::size_t> axes_;  ///< Axis of each place, slowest first.
  Shape strides_;
};

}  // namespace rutter::hdf5
