#pragma once
// From a dataset's header to the model's array.

#include <memory>
#include <vector>

#include "formats/hdf5/object_reader.h"
#include "formats/hdf5/resolver.h"
#include "model/map.h"

namespace rutter::hdf5 {

/// True where the header has what every dataset has: a datatype and a dataspace.
bool IsDataset(const ObjectHeader& header);

/// Source 0 of a map of this file.
Source MainSource(const File& file);

/// What datasets of one map share. `sources` and `open_sources` grow by the files of external storage.
struct DatasetContext {
  std::shared_ptr<File> file;
  ObjectReader& objects;
  std::shared_ptr<const Resolver> resolver;
  std::vector<Source>& sources;
  std::vector<std::shared_ptr<ByteSource>>& open_sources;
};

/// Fills the array. Damage of the storage messages stays on Array::failure; without a datatype or dataspace there is no array.
Status DescribeDataset(const DatasetContext& context, const ObjectHeader& header, Array& array);

}  // namespace rutter::hdf5
