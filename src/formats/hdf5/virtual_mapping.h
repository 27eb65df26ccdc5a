#pragma once
// The mappings of a virtual dataset, as the global heap holds them.
// Source: HDF5 4.0, "Disk Format: Level 1F - Global Heap Block for Virtual Datasets" (version 0); version 1, which shares
// names between mappings, is that of the library's release 2.0.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "formats/hdf5/file.h"
#include "model/selection.h"

namespace rutter::hdf5 {

struct VirtualMapping {
  std::string file_name;     ///< "." is the virtual dataset's own file.
  std::string dataset_name;
  ElementSelection source_selection, virtual_selection;
};

/// `rank` is that of the virtual dataset. The checksum is verified.
/// Errors: kCorrupt, kUnsupported (version), kLimit (Limits::virtual_mappings).
Result<std::vector<VirtualMapping>> DecodeVirtualMappings(std::span<const std::byte> block, std::uint64_t absolute_offset,
                                                          const File& file, std::size_t rank);

/// A source name with "%b" replaced by `number` and "%%" by "%". Other uses of "%" stay as they are.
std::string SubstituteBlock(std::string_view name, std::uint64_t number);
/// Whether a name has a "%b".
bool HasBlockNumber(std::string_view name);

/// The axis along which a selection has no end; nullopt: all are finite.
std::optional<std::size_t> UnlimitedAxis(const ElementSelection& selection);

/// One more than the highest coordinate along an axis. `extent` is that of the array, for selections of all of it.
std::uint64_t SelectionEnd(const ElementSelection& selection, std::size_t axis, std::uint64_t extent);

/// The `n` > 0 first selected coordinates of two endless axes whose blocks are not empty, as few pairs of finite axes: the
/// selections of a pair are equally long and regular. Errors: kUnsupported (too many pairs).
struct AxisPair {
  HyperslabAxis target, part;
};
Result<std::vector<AxisPair>> PairAxes(const HyperslabAxis& target, const HyperslabAxis& part, std::uint64_t n);

/// How many coordinates an endless axis selects below `extent`.
std::uint64_t SelectedBelow(const HyperslabAxis& axis, std::uint64_t extent);
/// One more than the coordinate of the n-th selected one; 0 for none.
std::uint64_t EndOfSelected(const HyperslabAxis& axis, std::uint64_t n);

}  // namespace rutter::hdf5
