#pragma once
// Opening the sources of virtual datasets.

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "formats/hdf5/file.h"
#include "model/map.h"

namespace rutter::hdf5 {

struct VirtualSourceName {
  std::string file;     ///< "." is the virtual dataset's own file.
  std::string dataset;
  bool operator==(const VirtualSourceName&) const = default;
};

/// The sources of one virtual dataset. Thread-safe; the last few stay open.
class VirtualSources {
 public:
  explicit VirtualSources(std::shared_ptr<File> file) : file_(std::move(file)) {}

  /// The array, or nullptr where the file or the dataset is missing: its elements then read as the fill value.
  ///
  /// A file is looked for at its absolute path or relative to the folder of the virtual dataset's file; an absolute one that
  /// is not there or may not be followed also by its last name beside that file. The library's other places (HDF5_VDS_PREFIX,
  /// the working folder) belong to the process and not to the file; they are not searched.
  /// Errors: kPolicy, kIo, kLimit (nesting), and what is wrong with the source file.
  Result<std::shared_ptr<const MosaicSource>> Open(const VirtualSourceName& name);
  /// The source's shape; nullopt where it is missing.
  Result<std::optional<Shape>> OpenShape(const VirtualSourceName& name);

 private:
  Result<std::shared_ptr<ByteSource>> FindFile(const std::string& name) const;

  std::shared_ptr<File> file_;
  std::mutex mutex_;
  std::list<std::pair<VirtualSourceName, std::shared_ptr<const MosaicSource>>> recent_;  ///< The latest first.
};

/// Lives while a virtual dataset is set up. Endless mappings open other datasets, which may be virtual themselves: the depth
/// of that, its amount and circles are bounded.
class VirtualNesting {
 public:
  VirtualNesting(const File& file, std::uint64_t object_address);
  ~VirtualNesting();
  VirtualNesting(const VirtualNesting&) = delete;
  VirtualNesting& operator=(const VirtualNesting&) = delete;
  /// kCorrupt in a circle, kLimit below too many virtual datasets or after too many of them.
  Status Check() const { return status_; }

 private:
  Status status_;
};

}  // namespace rutter::hdf5
