#pragma once
// From object headers to the model's tree.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "formats/hdf5/file.h"
#include "formats/hdf5/superblock.h"
#include "model/map.h"

namespace rutter::hdf5 {

/// A file whose superblock was read.
struct OpenedFile {
  std::shared_ptr<File> file;
  std::uint64_t root_header = 0;
  std::shared_ptr<const Superblock> superblock;
};

/// Opens an HDF5 file: also those that external links and virtual datasets lead to.
/// Errors: kUnsupported (no signature, a driver of several files, ...), kCorrupt, kTruncated, kIo.
Result<OpenedFile> OpenHdf5(std::shared_ptr<ByteSource> source, std::shared_ptr<SourceOpener> opener, const Limits& limits);

/// The whole tree. `open_sources` receives the byte sources in the order of Map::sources.
/// Errors: those of the root's own header; kLimit and kIo of the whole file.
Result<Map> DescribeFile(const OpenedFile& opened, std::vector<std::shared_ptr<ByteSource>>& open_sources);

/// One dataset of a file by its absolute path, without describing the rest: virtual datasets' sources. Soft links are
/// followed, external ones through the file's opener, both up to a bound. `pool` of the result is a
/// std::vector<std::shared_ptr<ByteSource>>, one per entry of `sources`. Thread-safe.
/// Errors: kNotFound where nothing is there, kInvalidArgument where it is no dataset, and what is wrong on the way.
Result<std::shared_ptr<const MosaicSource>> OpenDataset(const OpenedFile& opened, const std::string& path);

}  // namespace rutter::hdf5
