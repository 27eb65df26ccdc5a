#pragma once
// Virtual datasets: arrays that are pieced together from others.
// Source: HDF5 4.0, "The Data Layout Message" (class 3); RFC "HDF5 Virtual Dataset", 2014, for endless and "%b" mappings.

#include <memory>

#include "formats/hdf5/file.h"
#include "formats/hdf5/messages/storage_messages.h"
#include "model/map.h"

namespace rutter::hdf5 {

/// Fills chunk_shape and index (a MosaicIndex). Endless selections are resolved here against the sources that exist now, as
/// the library does with its default view (the last available data), and array.shape grows or shrinks with them; sources
/// of finite mappings are opened only when they are read.
Status SetUpVirtualDataset(const std::shared_ptr<File>& file, const DataLayout& layout, std::uint64_t object_address, Array& array);

}  // namespace rutter::hdf5
