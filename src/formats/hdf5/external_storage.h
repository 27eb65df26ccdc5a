#pragma once
// Contiguous data that lies in other files.
// Source: HDF5 4.0, "The Data Storage - External Data Files Message".

#include <cstdint>
#include <memory>
#include <vector>

#include "formats/hdf5/file.h"
#include "formats/hdf5/messages/storage_messages.h"
#include "model/map.h"

namespace rutter::hdf5 {

struct ExternalExtents {
  std::vector<Extent> extents;  ///< Of the array's first bytes, in order; `source` indexes the map's sources.
  bool short_files = false;     ///< Some file ends before its slot does; what is missing reads as zeros.
};

/// Opens the files, relative to the folder of the HDF5 file and as far as the opener allows, and adds them to the sources.
/// Errors: kNotFound, kPolicy, kCorrupt (a name outside the heap, slots too small for `array_bytes`), kIo.
Result<ExternalExtents> OpenExternalFiles(File& file, const ExternalFiles& message, std::uint64_t array_bytes,
                                          std::vector<Source>& sources, std::vector<std::shared_ptr<ByteSource>>& open_sources);

}  // namespace rutter::hdf5
