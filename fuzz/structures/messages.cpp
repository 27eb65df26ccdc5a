// Messages of object headers.

#include "formats/hdf5/messages/attribute.h"
#include "formats/hdf5/messages/dataspace.h"
#include "formats/hdf5/messages/datatype.h"
#include "formats/hdf5/messages/group_messages.h"
#include "formats/hdf5/messages/link.h"
#include "formats/hdf5/messages/minor.h"
#include "formats/hdf5/messages/storage_messages.h"
#include "formats/hdf5/shared_messages.h"
#include "formats/hdf5/storage.h"
#include "formats/hdf5/virtual_mapping.h"
#include "fuzz/structures/structures.h"
#include "model/value_json.h"
#include "refs/json_value.h"
#include "refs/zarr_dtype.h"

namespace rutter::fuzz {

using namespace hdf5;

void RunDatatype(const StructureInput& in) {
  ByteReader reader = in.Reader();
  auto dtype = DecodeDatatype(reader, in.sizes, in.file->limits());
  if (!dtype) return;
  (void)HasReference(**dtype);
  // A map can hold any type that a file can have.
  std::string json = DtypeToJson(**dtype);
  auto value = JsonReader(in.file->limits()).Parse(json, "a type");
  Require(value.has_value());
  auto back = DtypeFromJson(*value);
  Require(back.has_value() && DtypeToJson(**back) == json);
}

void RunDataspace(const StructureInput& in) {
  auto space = DecodeDataspace(in.Reader(), in.sizes, in.file->limits());
  Require(!space || space->max_shape.empty() || space->max_shape.size() == space->shape.size());
}

void RunAttributeMessage(const StructureInput& in) {
  (void)DecodeAttribute(in.Reader());
  (void)DecodeAttributeInfo(in.Reader(), in.sizes);
}

void RunLinkMessage(const StructureInput& in) {
  auto link = DecodeLink(in.Reader(), in.sizes);
  Require(!link || !link->name.empty());
  (void)DecodeLinkInfo(in.Reader(), in.sizes);
  (void)DecodeGroupInfo(in.Reader());
  (void)DecodeSymbolTable(in.Reader(), in.sizes);
}

void RunSmallMessages(const StructureInput& in) {
  (void)DecodeContinuation(in.Reader(), in.sizes);
  (void)DecodeObjectComment(in.Reader());
  (void)DecodeModificationTime(in.Reader());
  (void)DecodeModificationTimeOld(in.Reader());
  (void)DecodeBTreeKValues(in.Reader());
  (void)DecodeReferenceCount(in.Reader());
  (void)DecodeSharedMessageTable(in.Reader(), in.sizes);
  (void)DecodeDriverInfo(in.Reader());
  (void)DecodeDriverInfoBlock(in.Reader());
  (void)DecodeFileSpaceInfo(in.Reader(), in.sizes);
  (void)DecodeMetadataCacheImage(in.Reader(), in.sizes);
}

void RunSharedMessage(const StructureInput& in) {
  (void)DecodeSharedLocation(in.Reader(), in.sizes);
  (void)DecodeSharedMessageIndexes(in.Reader(), in.sizes, in.chunk);
}

void RunLayout(const StructureInput& in) { (void)DecodeDataLayout(in.Reader(), in.sizes); }

void RunFilterPipeline(const StructureInput& in) { (void)DecodeFilterPipeline(in.Reader(), in.file->limits()); }

void RunFillValue(const StructureInput& in) {
  (void)DecodeFillValue(in.Reader());
  (void)DecodeFillValueOld(in.Reader());
}

void RunExternalFiles(const StructureInput& in) { (void)DecodeExternalFiles(in.Reader(), in.sizes); }

void RunSelection(const StructureInput& in) {
  ByteReader reader = in.Reader();
  const std::size_t rank = in.rank % 5;
  auto selection = DecodeSelection(reader, in.sizes, rank, in.file->limits());
  if (!selection || rank == 0) return;
  Require(selection->kind != ElementSelection::Kind::kRegular || selection->axes.size() == rank);
  for (const Box& box : selection->boxes) Require(box.start.size() == rank && box.shape.size() == rank);
  for (const Shape& point : selection->points) Require(point.size() == rank);
}

void RunVirtualMappings(const StructureInput& in) {
  const std::size_t rank = in.rank % 5;
  auto mappings = DecodeVirtualMappings(in.bytes, 0, *in.file, rank);
  if (!mappings) return;
  for (const VirtualMapping& mapping : *mappings) {
    const ElementSelection& target = mapping.virtual_selection;
    Require(target.kind != ElementSelection::Kind::kRegular || target.axes.size() == rank);
    if (auto axis = UnlimitedAxis(target)) {
      (void)SelectedBelow(target.axes[*axis], 1'000);
      (void)EndOfSelected(target.axes[*axis], 1'000);
      if (auto other = UnlimitedAxis(mapping.source_selection)) {
        (void)PairAxes(target.axes[*axis], mapping.source_selection.axes[*other], 1'000);
      }
    }
    for (std::size_t k = 0; k < rank; ++k) (void)SelectionEnd(target, k, 1'000);
  }
}

}  // namespace rutter::fuzz
