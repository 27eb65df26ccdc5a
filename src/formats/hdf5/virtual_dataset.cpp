#include "formats/hdf5/virtual_dataset.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/checked.h"
#include "formats/hdf5/heaps/global.h"
#include "formats/hdf5/virtual_mapping.h"
#include "formats/hdf5/virtual_sources.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.F Global Heap Block for Virtual Datasets";
constexpr std::string_view kStructure = "virtual dataset mappings";

class MosaicSetup {
 public:
  MosaicSetup(const std::shared_ptr<File>& file, std::uint64_t heap_address, Array& array)
      : file_(*file), heap_address_(heap_address), array_(array), sources_(std::make_shared<VirtualSources>(file)) {}

  Status Run(const std::vector<VirtualMapping>& mappings) {
    new_shape_.assign(array_.rank(), std::nullopt);
    smallest_shape_.assign(array_.rank(), 0);
    for (const VirtualMapping& mapping : mappings) {
      RUTTER_TRY(Add(mapping));
    }
    for (std::size_t k = 0; k < array_.rank(); ++k) {
      if (new_shape_[k]) array_.shape[k] = std::max(*new_shape_[k], smallest_shape_[k]);
    }
    auto elements = CheckedProduct(array_.shape);
    if (!elements || !CheckedMul(*elements, array_.dtype->size_bytes)) return Corrupt("an array of more than 2^64 bytes");
    array_.chunk_shape = ChooseFlatChunks(array_.shape, array_.dtype->size_bytes);
    array_.index = std::make_shared<MosaicIndex>(std::move(pieces_));
    return {};
  }

 private:
  tl::unexpected<Error> Corrupt(std::string message, ErrorCode code = ErrorCode::kCorrupt) const {
    return Fail(file_.MakeErrorAt(code, std::move(message), heap_address_, kStructure, kSpec));
  }

  Status Add(const VirtualMapping& mapping) {
    const auto endless = UnlimitedAxis(mapping.virtual_selection);
    for (std::size_t k = 0; k < array_.rank(); ++k) {
      if (endless && *endless == k) continue;
      if (mapping.virtual_selection.kind == ElementSelection::Kind::kRegular &&
          mapping.virtual_selection.axes[k].count == HyperslabAxis::kUnlimited) {
        return Corrupt("a selection without an end along two axes");
      }
      smallest_shape_[k] = std::max(smallest_shape_[k], SelectionEnd(mapping.virtual_selection, k, array_.shape[k]));
    }
    const auto endless_source = UnlimitedAxis(mapping.source_selection);
    const bool numbered = HasBlockNumber(mapping.file_name) || HasBlockNumber(mapping.dataset_name);
    if (!endless) {
      if (endless_source || numbered) return Corrupt("an endless source of a selection that ends");
      if (mapping.virtual_selection.kind == ElementSelection::Kind::kNone) return {};
      return AddPiece({mapping.virtual_selection, mapping.source_selection, {}, {}}, Name(mapping, 0));
    }
    if (mapping.virtual_selection.axes[*endless].block == 0) return Corrupt("an endless selection of empty blocks");
    if (endless_source && numbered) return Corrupt("numbered sources without an end of their own");
    if (endless_source) return AddEndless(mapping, *endless, *endless_source);
    if (numbered) return AddNumbered(mapping, *endless);
    return Corrupt("an endless selection of a source that ends");
  }

  static VirtualSourceName Name(const VirtualMapping& mapping, std::uint64_t number) {
    return {SubstituteBlock(mapping.file_name, number), SubstituteBlock(mapping.dataset_name, number)};
  }

  Status AddPiece(MosaicPiece piece, VirtualSourceName name) {
    if (pieces_.size() >= file_.limits().virtual_mappings) {
      return Corrupt("more than " + std::to_string(file_.limits().virtual_mappings) + " pieces (Limits::virtual_mappings)",
                     ErrorCode::kLimit);
    }
    piece.source_name = name.file + ":" + name.dataset;
    piece.open = [sources = sources_, name = std::move(name)] { return sources->Open(name); };
    pieces_.push_back(std::move(piece));
    return {};
  }

  void GrowTo(std::size_t axis, std::uint64_t end) { new_shape_[axis] = std::max(new_shape_[axis].value_or(0), end); }

  /// Both selections grow with the source.
  Status AddEndless(const VirtualMapping& mapping, std::size_t axis, std::size_t source_axis) {
    const VirtualSourceName name = Name(mapping, 0);
    RUTTER_ASSIGN(auto source, sources_->OpenShape(name));
    if (!source) {
      GrowTo(axis, 0);
      return {};
    }
    if (source->size() != mapping.source_selection.axes.size()) return Corrupt("a source of another rank than its selection");
    const HyperslabAxis& target = mapping.virtual_selection.axes[axis];
    const HyperslabAxis& part = mapping.source_selection.axes[source_axis];
    const std::uint64_t selected = SelectedBelow(part, (*source)[source_axis]);
    const std::uint64_t end = EndOfSelected(target, selected);
    if (end == ~0ull) return Corrupt("a selection that ends behind 2^64");
    GrowTo(axis, end);
    if (selected == 0) return {};
    auto pairs = PairAxes(target, part, selected);
    if (!pairs) return Corrupt(pairs.error().message, pairs.error().code);
    // Several pieces keep the elements in order only where the endless axes count alike on both sides.
    if (pairs->size() > 1 && AxesBefore(mapping.virtual_selection, axis) != AxesBefore(mapping.source_selection, source_axis)) {
      return Corrupt("endless selections along different axes whose blocks do not fit each other", ErrorCode::kUnsupported);
    }
    for (const AxisPair& pair : *pairs) {
      MosaicPiece piece{mapping.virtual_selection, mapping.source_selection, {}, {}};
      piece.target.axes[axis] = pair.target;
      piece.part.axes[source_axis] = pair.part;
      RUTTER_TRY(AddPiece(std::move(piece), name));
    }
    return {};
  }

  /// Elements selected along the axes before this one.
  static std::optional<std::uint64_t> AxesBefore(const ElementSelection& selection, std::size_t axis) {
    std::uint64_t elements = 1;
    for (std::size_t k = 0; k < axis; ++k) {
      auto length = CheckedMul(selection.axes[k].count, selection.axes[k].block);
      auto product = length ? CheckedMul(elements, *length) : std::nullopt;
      if (!product) return std::nullopt;
      elements = *product;
    }
    return elements;
  }

  /// Block after block from one source each, up to the first that is missing.
  Status AddNumbered(const VirtualMapping& mapping, std::size_t axis) {
    const HyperslabAxis& endless = mapping.virtual_selection.axes[axis];
    GrowTo(axis, 0);
    for (std::uint64_t number = 0;; ++number) {
      VirtualSourceName name = Name(mapping, number);
      RUTTER_ASSIGN(auto source, sources_->OpenShape(name));
      if (!source) return {};
      auto offset = CheckedMul(number, endless.stride);
      auto start = offset ? CheckedAdd(endless.start, *offset) : std::nullopt;
      auto end = start ? CheckedAdd(*start, endless.block) : std::nullopt;
      if (!end) return Corrupt("a selection that ends behind 2^64");
      GrowTo(axis, *end);
      MosaicPiece piece{mapping.virtual_selection, mapping.source_selection, {}, {}};
      piece.target.axes[axis] = {*start, 1, 1, endless.block};
      RUTTER_TRY(AddPiece(std::move(piece), std::move(name)));
    }
  }

  File& file_;
  const std::uint64_t heap_address_;
  Array& array_;
  std::shared_ptr<VirtualSources> sources_;
  std::vector<MosaicPiece> pieces_;
  std::vector<std::optional<std::uint64_t>> new_shape_;  ///< Along endless axes.
  Shape smallest_shape_;                                 ///< What the finite selections need.
};

}  // namespace

Status SetUpVirtualDataset(const std::shared_ptr<File>& file, const DataLayout& layout, std::uint64_t object_address, Array& array) {
  if (!layout.address) {
    // No mapping was ever made.
    array.chunk_shape = ChooseFlatChunks(array.shape, array.dtype->size_bytes);
    array.index = std::make_shared<EmptyIndex>();
    return {};
  }
  GlobalHeap heap(*file);
  RUTTER_ASSIGN(auto block, heap.Object(*layout.address, layout.virtual_heap_index));
  RUTTER_ASSIGN(auto mappings, DecodeVirtualMappings(block, file->Absolute(*layout.address), *file, array.rank()));
  VirtualNesting nesting(*file, object_address);
  RUTTER_TRY(nesting.Check());
  return MosaicSetup(file, *layout.address, array).Run(mappings);
}

}  // namespace rutter::hdf5
