#pragma once
// The header messages that say where and how a dataset's elements are stored.
// Sources: HDF5 4.0, "The Data Layout Message", "The Data Storage - Filter Pipeline Message", "The Data Storage - Fill
// Value Message" (and old), "The Data Storage - External Data Files Message".

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "codecs/codec.h"
#include "formats/hdf5/file.h"
#include "model/selection.h"

namespace rutter::hdf5 {

enum class LayoutClass : std::uint8_t { kCompact = 0, kContiguous = 1, kChunked = 2, kVirtual = 3 };
enum class ChunkIndexType : std::uint8_t { kBTreeV1 = 0, kSingle = 1, kImplicit = 2, kFixedArray = 3, kExtensibleArray = 4, kBTreeV2 = 5 };

/// The Data Layout message, versions 1 to 5.
struct DataLayout {
  std::uint8_t version = 0;
  LayoutClass layout_class = LayoutClass::kContiguous;
  std::vector<std::byte> compact_data;
  std::optional<std::uint64_t> address;  ///< Contiguous data, chunk index, or global heap collection of a virtual layout.
  std::uint64_t contiguous_bytes = 0;    ///< Versions 3 and up; 0 before.
  Shape chunk_dims;  ///< Elements per axis, the trailing element size removed.
  std::uint64_t element_bytes = 0;       ///< That trailing number.
  ChunkIndexType index_type = ChunkIndexType::kBTreeV1;
  bool unfiltered_edge_chunks = false;   ///< "Don't filter partial bound chunks".
  std::uint64_t single_filtered_bytes = 0;  ///< Single chunk with filters.
  std::uint32_t single_filter_mask = 0;
  bool single_filtered = false;
  std::uint8_t fixed_page_bits = 0;
  std::uint8_t ea_max_bits = 0, ea_index_elements = 0, ea_min_pointers = 0, ea_min_elements = 0, ea_page_bits = 0;
  std::uint32_t bt2_node_bytes = 0;
  std::uint8_t bt2_split = 0, bt2_merge = 0;
  std::uint32_t virtual_heap_index = 0;
};
Result<DataLayout> DecodeDataLayout(ByteReader reader, const Sizes& sizes);

/// The filter pipeline; names filled from the codec table where the file has none.
Result<std::vector<CodecSpec>> DecodeFilterPipeline(ByteReader reader, const Limits& limits);

struct FillValueMessage {
  bool defined = false;          ///< A value was set by the user.
  bool undefined = false;        ///< Explicitly "no fill value".
  std::uint8_t allocation_time = 0, write_time = 0;
  std::vector<std::byte> value;  ///< One stored element, or empty.
};
Result<FillValueMessage> DecodeFillValue(ByteReader reader);
Result<FillValueMessage> DecodeFillValueOld(ByteReader reader);

struct ExternalFileSlot {
  std::uint64_t name_offset = 0;  ///< In the local heap.
  std::uint64_t file_offset = 0;
  std::uint64_t bytes = 0;        ///< All ones: unlimited.
};
struct ExternalFiles {
  std::uint64_t heap_address = 0;
  std::vector<ExternalFileSlot> slots;
};
Result<ExternalFiles> DecodeExternalFiles(ByteReader reader, const Sizes& sizes);

}  // namespace rutter::hdf5
