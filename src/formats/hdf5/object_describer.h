#pragma once
// From an object's header to its node: what kind it is, its dataset, its attributes.

#include <memory>
#include <vector>

#include "formats/hdf5/attributes.h"
#include "formats/hdf5/dataset.h"
#include "formats/hdf5/object_reader.h"
#include "formats/hdf5/resolver.h"
#include "model/map.h"

namespace rutter::hdf5 {

/// Marks a node as damaged. The source failing is the whole file's affair, which is returned; all else stays on the node.
Status MakeUnreadable(Node& node, Error error);

/// True where describing the dataset adds to the sources of the map: that must happen in the order of the walk.
bool AddsSources(const ObjectHeader& header);

/// Describes objects that have their nodes. One for each thread; `datasets` may be shared as long as no object for which
/// AddsSources holds is described beside others.
class ObjectDescriber {
 public:
  ObjectDescriber(const std::shared_ptr<File>& file, const Superblock& superblock, const std::shared_ptr<KeptBytes>& kept,
                  const std::shared_ptr<Resolver>& resolver, ValueBudget& budget, Map& map, std::vector<std::shared_ptr<ByteSource>>& open_sources)
      : objects_(*file, superblock, kept), attributes_(objects_, *resolver, budget), datasets_{file, objects_, resolver, map.sources, open_sources} {}

  /// Reads the object at node.address into `node`, whose parent and name are set: all but a group's children. Damage makes
  /// the node unreadable. Errors: kIo, and kLimit of the whole file.
  Status Describe(Node& node);
  /// The same, where the object's header was read already.
  Status Describe(Node& node, const ObjectHeader& header);
  /// Attributes with references, once the resolver knows all paths.
  void Finish() { attributes_.Finish(); }

 private:
  Status DescribeKind(Node& node, const ObjectHeader& header);

  ObjectReader objects_;
  AttributeReader attributes_;
  DatasetContext datasets_;
  ObjectHeader header_;  ///< Reused for every object.
};

}  // namespace rutter::hdf5
