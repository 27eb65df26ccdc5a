// What leads from the superblock to objects: B-trees, headers, groups, attributes, datasets.

#include <vector>

#include "base/checked.h"
#include "formats/hdf5/attributes.h"
#include "formats/hdf5/btree/v1.h"
#include "formats/hdf5/btree/v2.h"
#include "formats/hdf5/cache_image.h"
#include "formats/hdf5/dataset.h"
#include "formats/hdf5/groups/group.h"
#include "formats/hdf5/object_reader.h"
#include "formats/hdf5/resolver.h"
#include "formats/hdf5/superblock.h"
#include "fuzz/structures/structures.h"

namespace rutter::fuzz {

using namespace hdf5;

void RunGroupBTree(const StructureInput& in) {
  (void)VisitGroupBTree(*in.file, in.address, [](std::uint64_t) -> Status { return {}; });
}

void RunBTreeV2(const StructureInput& in) {
  (void)VisitBTreeV2(*in.file, in.address, 0, [](std::span<const std::byte>) -> Status { return {}; });
}

void RunSymbolTableNode(const StructureInput& in) { (void)DecodeSymbolTableNode(in.Reader(), in.sizes); }

void RunSuperblock(const StructureInput& in) {
  auto superblock = ReadSuperblock(*in.file);
  if (!superblock) return;
  auto allowed = [](unsigned width) { return width == 2 || width == 4 || width == 8; };
  Require(allowed(superblock->sizes.offsets) && allowed(superblock->sizes.lengths));
  Require(superblock->position < in.bytes.size());
}

void RunCacheImage(const StructureInput& in) {
  auto structures = DecodeCacheImage(in.Reader(), in.sizes, in.bytes.size());
  if (!structures) return;
  std::uint64_t free = 0;
  for (const CachedStructure& one : *structures) {
    Require(!one.bytes.empty() && one.address >= free && RangeInside(one.address, one.bytes.size(), in.bytes.size()));
    free = one.address + one.bytes.size();
  }
}

void RunObjectHeader(const StructureInput& in) {
  ObjectHeader header;
  if (!ReadObjectHeader(*in.file, in.address, header)) return;
  for (const HeaderMessage& message : header.messages) {
    Require(message.address <= in.file->end() && message.data.size() <= in.file->end() - message.address);
  }
}

namespace {

// A header and those who read objects of its file.
struct Object {
  Superblock superblock;
  ObjectReader objects;
  ObjectHeader header;
  bool read;

  explicit Object(const StructureInput& in) : objects(*in.file, superblock), read(objects.Read(in.address, header).has_value()) {}
};

}  // namespace

void RunLinks(const StructureInput& in) {
  Object object(in);
  GroupLinks links;
  if (object.read) (void)ListGroup(object.objects, object.header, links);
}

void RunAttributes(const StructureInput& in) {
  Object object(in);
  if (!object.read) return;
  Resolver resolver(in.file);
  ValueBudget budget(in.file->limits());
  AttributeReader reader(object.objects, resolver, budget);
  Node node;
  (void)reader.Read(object.header, node);
  reader.Finish();
}

void RunDataset(const StructureInput& in) {
  Object object(in);
  if (!object.read || !IsDataset(object.header)) return;
  std::vector<Source> sources{MainSource(*in.file)};
  std::vector<std::shared_ptr<ByteSource>> open_sources{in.file->source()};
  Array array;
  if (!DescribeDataset({in.file, object.objects, std::make_shared<Resolver>(in.file), sources, open_sources}, object.header, array)) return;
  Require(array.dtype != nullptr && (array.index != nullptr || array.failure));
  Require(array.chunk_shape.size() == array.shape.size());
  Require(array.max_shape.empty() || array.max_shape.size() == array.shape.size());
}

}  // namespace rutter::fuzz
