#include "formats/hdf5/virtual_mapping.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "base/checked.h"
#include "formats/hdf5/checksum.h"
#include "formats/hdf5/storage.h"

namespace rutter::hdf5 {
namespace {

/// Version 1 selections list every block; one block alone is a regular hyperslab.
void SingleBoxAsAxes(ElementSelection& selection) {
  if (selection.kind != ElementSelection::Kind::kBoxes || selection.boxes.size() != 1) return;
  const Box box = selection.boxes.front();
  selection = {};
  selection.kind = ElementSelection::Kind::kRegular;
  for (std::size_t k = 0; k < box.start.size(); ++k) selection.axes.push_back({box.start[k], 1, 1, box.shape[k]});
}

constexpr std::string_view kSpec = "HDF5 4.0, III.F Global Heap Block for Virtual Datasets";
constexpr std::string_view kStructure = "virtual dataset mappings";

// Flags of a mapping, version 1: the name is that of an earlier mapping; the file is the own one.
constexpr std::uint8_t kFileShared = 1, kDatasetShared = 2, kSameFile = 4;
constexpr std::size_t kMinMappingBytes = 16;
constexpr std::size_t kMaxPieces = 4096;  ///< Of one mapping whose blocks do not fit each other.

/// A name, or that of the earlier mapping which the field counts.
std::string DecodeName(ByteReader& r, bool shared, const std::vector<VirtualMapping>& earlier, std::string VirtualMapping::*member,
                       const Sizes& sizes) {
  if (!shared) return std::string(r.Text0());
  const std::uint64_t origin = r.Uint(sizes.lengths);
  if (r.ok() && origin >= earlier.size()) {
    r.Fail(ErrorCode::kCorrupt, "a name of mapping " + std::to_string(origin) + ", which does not come before");
  }
  return r.ok() ? earlier[origin].*member : std::string();
}

}  // namespace

Result<std::vector<VirtualMapping>> DecodeVirtualMappings(std::span<const std::byte> block, std::uint64_t absolute_offset,
                                                          const File& file, std::size_t rank) {
  const ReaderContext context{file.name(), kStructure, kSpec};
  RUTTER_TRY(VerifyChecksum(block, absolute_offset, context));
  ByteReader r(block.first(block.size() - 4), absolute_offset, context);
  const std::uint8_t version = r.U8();
  if (version > 1) r.Fail(ErrorCode::kUnsupported, "version " + std::to_string(version));
  const std::uint64_t count = r.Uint(file.sizes().lengths);
  if (count > file.limits().virtual_mappings) {
    r.Fail(ErrorCode::kLimit, std::to_string(count) + " mappings (Limits::virtual_mappings)");
  }
  std::vector<VirtualMapping> mappings;
  // Names that are shared cost memory, not file: they are bounded like the map's own data.
  std::uint64_t name_bytes = 0;
  if (r.Fits(count, kMinMappingBytes)) mappings.reserve(count);
  for (std::uint64_t i = 0; i < count && r.ok(); ++i) {
    VirtualMapping mapping;
    const std::uint8_t flags = version == 0 ? 0 : r.U8();
    if (flags & ~(kFileShared | kDatasetShared | kSameFile)) r.Fail(ErrorCode::kUnsupported, "flags " + std::to_string(flags));
    if ((flags & kSameFile) != 0) {
      mapping.file_name = ".";
    } else {
      mapping.file_name = DecodeName(r, (flags & kFileShared) != 0, mappings, &VirtualMapping::file_name, file.sizes());
    }
    mapping.dataset_name = DecodeName(r, (flags & kDatasetShared) != 0, mappings, &VirtualMapping::dataset_name, file.sizes());
    name_bytes += mapping.file_name.size() + mapping.dataset_name.size();
    if (name_bytes > file.limits().inline_bytes) r.Fail(ErrorCode::kLimit, "names of mappings (Limits::inline_bytes)");
    RUTTER_ASSIGN(mapping.source_selection, DecodeSelection(r, file.sizes(), 0, file.limits()));
    RUTTER_ASSIGN(mapping.virtual_selection, DecodeSelection(r, file.sizes(), rank, file.limits()));
    using Kind = ElementSelection::Kind;
    if (rank == 0 && mapping.virtual_selection.kind != Kind::kAll && mapping.virtual_selection.kind != Kind::kNone) {
      r.Fail(ErrorCode::kCorrupt, "a selection along the axes of a scalar");
    }
    SingleBoxAsAxes(mapping.source_selection);
    SingleBoxAsAxes(mapping.virtual_selection);
    mappings.push_back(std::move(mapping));
  }
  return r.Finish(std::move(mappings));
}

std::string SubstituteBlock(std::string_view name, std::uint64_t number) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%' && i + 1 < name.size() && (name[i + 1] == 'b' || name[i + 1] == '%')) {
      result += name[i + 1] == 'b' ? std::to_string(number) : "%";
      ++i;
    } else {
      result += name[i];
    }
  }
  return result;
}

bool HasBlockNumber(std::string_view name) { return SubstituteBlock(name, 0) != SubstituteBlock(name, 1); }

std::optional<std::size_t> UnlimitedAxis(const ElementSelection& selection) {
  for (std::size_t k = 0; k < selection.axes.size(); ++k) {
    if (selection.axes[k].count == HyperslabAxis::kUnlimited) return k;
  }
  return std::nullopt;
}

std::uint64_t SelectionEnd(const ElementSelection& selection, std::size_t axis, std::uint64_t extent) {
  std::uint64_t end = 0;
  switch (selection.kind) {
    case ElementSelection::Kind::kNone: break;
    case ElementSelection::Kind::kAll: end = extent; break;
    case ElementSelection::Kind::kRegular: {
      const HyperslabAxis& a = selection.axes[axis];
      auto selected = CheckedMul(a.count, a.block);
      end = selected ? EndOfSelected(a, *selected) : ~0ull;
      break;
    }
    case ElementSelection::Kind::kBoxes:
      for (const Box& box : selection.boxes) end = std::max(end, CheckedAdd(box.start[axis], box.shape[axis]).value_or(~0ull));
      break;
    case ElementSelection::Kind::kPoints:
      for (const Shape& point : selection.points) end = std::max(end, CheckedAdd(point[axis], 1).value_or(~0ull));
      break;
  }
  return end;
}

std::uint64_t SelectedBelow(const HyperslabAxis& axis, std::uint64_t extent) {
  if (extent <= axis.start || axis.block == 0) return 0;
  const std::uint64_t room = extent - axis.start;
  if (axis.stride <= axis.block) return room;  // blocks without gaps
  const std::uint64_t blocks = room / axis.stride;
  return blocks * axis.block + std::min(axis.block, room % axis.stride);
}

std::uint64_t EndOfSelected(const HyperslabAxis& axis, std::uint64_t n) {
  if (n == 0 || axis.block == 0) return 0;
  const std::uint64_t block = (n - 1) / axis.block;
  auto offset = CheckedMul(block, axis.stride);
  auto start = offset ? CheckedAdd(axis.start, *offset) : std::nullopt;
  return start ? CheckedAdd(*start, (n - 1) % axis.block + 1).value_or(~0ull) : ~0ull;
}

Result<std::vector<AxisPair>> PairAxes(const HyperslabAxis& target, const HyperslabAxis& part, std::uint64_t n) {
  // Without gaps an axis is one run.
  auto without_gaps = [&](const HyperslabAxis& a) { return a.stride <= a.block ? HyperslabAxis{a.start, 1, 1, n} : a; };
  const HyperslabAxis t = without_gaps(target), p = without_gaps(part);
  std::vector<AxisPair> pairs;
  // All blocks that are whole on both sides.
  const bool t_run = t.block == n, p_run = p.block == n;
  const std::uint64_t both = CheckedMul(t.block / std::gcd(t.block, p.block), p.block).value_or(~0ull);
  const std::uint64_t common = t_run && p_run ? n : t_run ? p.block : p_run ? t.block : both;
  const std::uint64_t whole = n / common * common;
  auto first = [&](const HyperslabAxis& a, bool run, std::uint64_t count) {
    return run ? HyperslabAxis{a.start, 1, 1, count} : HyperslabAxis{a.start, a.stride, count / a.block, a.block};
  };
  if (whole > 0) pairs.push_back({first(t, t_run, whole), first(p, p_run, whole)});
  for (std::uint64_t done = whole; done < n;) {
    const std::uint64_t in_t = t_run ? done : done % t.block, in_p = p_run ? done : done % p.block;
    const std::uint64_t run = std::min({n - done, t.block - in_t, p.block - in_p});
    const std::uint64_t at_t = t.start + (t_run ? 0 : done / t.block * t.stride) + in_t;
    const std::uint64_t at_p = p.start + (p_run ? 0 : done / p.block * p.stride) + in_p;
    pairs.push_back({{at_t, 1, 1, run}, {at_p, 1, 1, run}});
    if (pairs.size() > kMaxPieces) return Fail(ErrorCode::kUnsupported, "endless selections whose blocks do not fit each other");
    done += run;
  }
  return pairs;
}

}  // namespace rutter::hdf5
