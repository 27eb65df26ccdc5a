#pragma once
// From object headers to the model's tree.

#include <memory>
#include <string>
#include <vector>

#include "formats/hdf5/file.h"
#include "model/map.h"

namespace rutter::hdf5 {

/// The whole tree. `open_sources` receives the byte sources in the order of Map::sources.
Result<Map> DescribeFile(const std::shared_ptr<File>& file, std::uint64_t root_header,
                         std::vector<std::shared_ptr<ByteSource>>& open_sources);

/// Opens another HDF5 file (external links, virtual datasets) and its root header.
struct OpenedFile {
  std::shared_ptr<File> file;
  std::uint64_t root_header = 0;
};
Result<OpenedFile> OpenHdf5(std::shared_ptr<ByteSource> source, std::shared_ptr<SourceOpener> opener, const Limits& limits);

/// One dataset of a file by its absolute path (links followed), without describing the rest: virtual datasets' sources.
/// kNotFound where nothing is there.
Result<std::shared_ptr<const MosaicSource>> OpenDataset(const OpenedFile& opened, const std::string& path);

}  // namespace rutter::hdf5
