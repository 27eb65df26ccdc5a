#pragma once
// From the storage messages of one dataset to the model's chunk index.

#include <memory>
#include <optional>
#include <vector>

#include "formats/hdf5/file.h"
#include "formats/hdf5/messages/storage_messages.h"
#include "model/map.h"

namespace rutter::hdf5 {

/// What Describe knows of a dataset when its storage is set up. array.dtype, shape, max_shape and is_null are filled.
struct StorageMessages {
  std::uint64_t object_address = 0;
  std::optional<DataLayout> layout;
  std::vector<CodecSpec> pipeline;
  std::optional<FillValueMessage> fill;
  std::optional<ExternalFiles> external;
};

/// Fills chunk_shape, codecs, fill_value, fill_defined and index. External files become entries of `sources` (index 0 is
/// the HDF5 file itself) and of `open_sources`, through the file's opener; one that policy forbids or that is missing sets
/// array.failure, as does every damage: the function itself fails only on kLimit and kIo of the whole file.
Status SetUpStorage(const std::shared_ptr<File>& file, const StorageMessages& messages, Array& array,
                    std::vector<Source>& sources, std::vector<std::shared_ptr<ByteSource>>& open_sources);

/// Decodes a serialized dataspace selection (virtual layouts, region references). `rank` is checked where it is known (0 = not).
/// Source: HDF5 4.0, "Dataspace selection" (versions 1 to 3).
Result<ElementSelection> DecodeSelection(ByteReader& reader, const Sizes& sizes, std::size_t rank, const Limits& limits);

}  // namespace rutter::hdf5
