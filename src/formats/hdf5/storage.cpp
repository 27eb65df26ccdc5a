#include "formats/hdf5/storage.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/checked.h"
#include "formats/hdf5/chunk_index/btree_v1_index.h"
#include "formats/hdf5/chunk_index/btree_v2_index.h"
#include "formats/hdf5/chunk_index/extensible_array.h"
#include "formats/hdf5/chunk_index/fixed_array.h"
#include "formats/hdf5/chunk_index/simple_indexes.h"
#include "formats/hdf5/external_storage.h"
#include "formats/hdf5/virtual_dataset.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kLayout = "data layout message";
constexpr std::string_view kLayoutSpec = "HDF5 4.0, The Data Layout Message";
constexpr std::string_view kFill = "fill value message";
constexpr std::string_view kFillSpec = "HDF5 4.0, The Data Storage - Fill Value Message";
constexpr std::uint64_t kIndexRootBytes = 4096;  ///< Usual roots of chunk indexes are not longer.
constexpr std::uint64_t kSmallBytes = 4096;      ///< Data that a map may hold itself.
constexpr std::uint8_t kWriteNever = 1;  ///< Fill value write time.

class StorageSetup {
 public:
  StorageSetup(const std::shared_ptr<File>& file, const StorageMessages& messages, Array& array, std::vector<Source>& sources,
               std::vector<std::shared_ptr<ByteSource>>& open_sources)
      : file_(file), messages_(messages), array_(array), sources_(sources), open_sources_(open_sources) {}

  Status Run() {
    RUTTER_TRY(SetFillValue());
    if (array_.is_null) {
      array_.index = std::make_shared<EmptyIndex>();
      return {};
    }
    const DataLayout& layout = *messages_.layout;
    switch (layout.layout_class) {
      case LayoutClass::kCompact: return Compact(layout);
      case LayoutClass::kContiguous: return Contiguous(layout);
      case LayoutClass::kChunked: return Chunked(layout);
      case LayoutClass::kVirtual: return SetUpVirtualDataset(file_, layout, messages_.object_address, array_);
    }
    return Corrupt("an unknown layout class");
  }

 private:
  tl::unexpected<Error> Corrupt(std::string message, ErrorCode code = ErrorCode::kCorrupt) const {
    return Fail(file_->MakeErrorAt(code, std::move(message), messages_.object_address, kLayout, kLayoutSpec));
  }

  Status SetFillValue() {
    array_.fill_value.clear();
    array_.fill_defined = false;
    if (!messages_.fill || messages_.fill->value.empty()) return {};
    if (messages_.fill->value.size() != array_.dtype->size_bytes) {
      return Fail(file_->MakeErrorAt(ErrorCode::kCorrupt,
                                     "a fill value of " + std::to_string(messages_.fill->value.size()) + " bytes for elements of " +
                                         std::to_string(array_.dtype->size_bytes),
                                     messages_.object_address, kFill, kFillSpec));
    }
    // A value that is never written is not read either: the library leaves such elements as they were, zeros for every
    // client that asks for fresh memory.
    if (messages_.fill->write_time == kWriteNever) return {};
    array_.fill_value = messages_.fill->value;
    array_.fill_defined = true;
    return {};
  }

  /// Bytes of all elements; nullopt on overflow.
  std::optional<std::uint64_t> ArrayBytes() const {
    auto elements = CheckedProduct(array_.shape);
    return elements ? CheckedMul(*elements, array_.dtype->size_bytes) : std::nullopt;
  }

  /// A map will ask for these soon, for one array after the other.
  void FetchAhead(std::uint64_t address, std::uint64_t bytes) const {
    if (!file_->is_far() || address >= file_->end()) return;
    const std::pair<std::uint64_t, std::uint64_t> range{address, std::min(bytes, file_->end() - address)};
    file_->Prefetch({&range, 1});
  }

  void ChooseChunks() { array_.chunk_shape = ChooseFlatChunks(array_.shape, array_.dtype->size_bytes); }

  Status Compact(const DataLayout& layout) {
    auto bytes = ArrayBytes();
    if (!bytes || *bytes != layout.compact_data.size()) {
      return Corrupt(std::to_string(layout.compact_data.size()) + " bytes of compact data for an array of " +
                     (bytes ? std::to_string(*bytes) : "more than 2^64") + " bytes");
    }
    array_.chunk_shape = array_.shape;
    for (std::uint64_t& length : array_.chunk_shape) length = std::max<std::uint64_t>(length, 1);
    if (*bytes == 0) {
      array_.index = std::make_shared<EmptyIndex>();
    } else {
      array_.index = std::make_shared<InlineIndex>(layout.compact_data);
    }
    return {};
  }

  Status Contiguous(const DataLayout& layout) {
    auto bytes = ArrayBytes();
    if (!bytes) return Corrupt("an array of more than 2^64 bytes");
    ChooseChunks();
    if (*bytes == 0) {
      array_.index = std::make_shared<EmptyIndex>();
      return {};
    }
    std::vector<Extent> extents;
    if (messages_.external && !messages_.external->slots.empty()) {
      RUTTER_ASSIGN(ExternalExtents external, OpenExternalFiles(*file_, *messages_.external, *bytes, sources_, open_sources_));
      extents = std::move(external.extents);
      // What the files are too short for reads as zeros, which a flat array says by a fill value of zeros.
      if (external.short_files) {
        array_.fill_value.clear();
        array_.fill_defined = false;
      }
    } else {
      if (!layout.address) {
        array_.index = std::make_shared<EmptyIndex>();
        return {};
      }
      if (layout.version >= 3 && layout.contiguous_bytes < *bytes) {
        return Corrupt(std::to_string(layout.contiguous_bytes) + " bytes of storage for an array of " + std::to_string(*bytes) +
                       " bytes");
      }
      if (!RangeInside(*layout.address, *bytes, file_->end())) {
        return Fail(file_->MakeErrorAt(ErrorCode::kTruncated,
                                       "the array's " + std::to_string(*bytes) + " bytes end behind the file's " +
                                           std::to_string(file_->end()),
                                       *layout.address, "contiguous storage", kLayoutSpec));
      }
      if (*bytes <= kSmallBytes) FetchAhead(*layout.address, *bytes);
      extents.push_back({0, 0, file_->Absolute(*layout.address), *bytes});
    }
    Shape strides(array_.rank());
    std::uint64_t stride = array_.dtype->size_bytes;
    for (std::size_t k = array_.rank(); k-- > 0;) {
      strides[k] = stride;
      stride *= array_.shape[k];  // the product of all of them was checked
    }
    array_.index = std::make_shared<FlatIndex>(std::move(extents), std::move(strides), array_.shape, array_.chunk_shape,
                                               array_.dtype->size_bytes);
    return {};
  }

  Result<ChunkGeometry> Geometry(const DataLayout& layout) const {
    ChunkGeometry geometry;
    const std::size_t rank = array_.rank();
    if (layout.chunk_dims.size() != rank) {
      return Corrupt("chunks of " + std::to_string(layout.chunk_dims.size()) + " dimensions for an array of " + std::to_string(rank));
    }
    if (layout.element_bytes != array_.dtype->size_bytes) {
      return Corrupt("chunks with elements of " + std::to_string(layout.element_bytes) + " bytes for a type of " +
                     std::to_string(array_.dtype->size_bytes));
    }
    if (std::find(layout.chunk_dims.begin(), layout.chunk_dims.end(), 0u) != layout.chunk_dims.end() || layout.element_bytes == 0) {
      return Corrupt("a chunk without elements");
    }
    auto elements = CheckedProduct(layout.chunk_dims);
    auto bytes = elements ? CheckedMul(*elements, layout.element_bytes) : std::nullopt;
    if (!bytes) return Corrupt("chunks of more than 2^64 bytes");
    if (*bytes > file_->limits().chunk_bytes) {
      return Corrupt("chunks of " + std::to_string(*bytes) + " bytes (Limits::chunk_bytes)", ErrorCode::kLimit);
    }
    geometry.file = file_;
    geometry.shape = array_.shape;
    geometry.chunk = layout.chunk_dims;
    geometry.chunk_bytes = *bytes;
    geometry.filtered = !messages_.pipeline.empty();
    geometry.unfiltered_edges = layout.unfiltered_edge_chunks;
    for (std::size_t k = 0; k < rank; ++k) {
      geometry.grid.push_back(CeilDiv(array_.shape[k], layout.chunk_dims[k]));
      geometry.max_shape.push_back(array_.max_shape.empty() ? std::optional(array_.shape[k]) : array_.max_shape[k]);
      if (geometry.max_shape.back() && *geometry.max_shape.back() < array_.shape[k]) {
        return Corrupt("axis " + std::to_string(k) + " is longer than its maximum");
      }
    }
    return geometry;
  }

  Status Chunked(const DataLayout& layout) {
    if (array_.rank() == 0) return Corrupt("chunks of a scalar");
    RUTTER_ASSIGN(ChunkGeometry geometry, Geometry(layout));
    array_.chunk_shape = layout.chunk_dims;
    array_.codecs = messages_.pipeline;
    if (!layout.address) {
      array_.index = std::make_shared<EmptyIndex>();
      return {};
    }
    const std::uint64_t address = *layout.address;
    if (layout.index_type != ChunkIndexType::kSingle && layout.index_type != ChunkIndexType::kImplicit) FetchAhead(address, kIndexRootBytes);
    switch (layout.index_type) {
      case ChunkIndexType::kBTreeV1: array_.index = std::make_shared<BTreeV1Index>(std::move(geometry), address); return {};
      case ChunkIndexType::kSingle: {
        const std::uint64_t bytes = layout.single_filtered ? layout.single_filtered_bytes : geometry.chunk_bytes;
        array_.index = std::make_shared<SingleChunkIndex>(std::move(geometry), address, bytes, layout.single_filter_mask);
        return {};
      }
      case ChunkIndexType::kImplicit: {
        auto chunks = std::optional<std::uint64_t>(1);
        for (std::size_t k = 0; k < array_.rank(); ++k) {
          if (!geometry.max_shape[k]) return Corrupt("an implicit index of an array without an end");
          chunks = chunks ? CheckedMul(*chunks, *geometry.MaxGrid(k)) : std::nullopt;
        }
        if (!chunks) return Corrupt("a grid of more than 2^64 chunks");
        array_.index = std::make_shared<ImplicitIndex>(std::move(geometry), address);
        return {};
      }
      case ChunkIndexType::kFixedArray: array_.index = std::make_shared<FixedArrayIndex>(std::move(geometry), address); return {};
      case ChunkIndexType::kExtensibleArray:
        array_.index = std::make_shared<ExtensibleArrayIndex>(std::move(geometry), address);
        return {};
      case ChunkIndexType::kBTreeV2: array_.index = std::make_shared<BTreeV2Index>(std::move(geometry), address); return {};
    }
    return Corrupt("an unknown chunk index");
  }

  const std::shared_ptr<File>& file_;
  const StorageMessages& messages_;
  Array& array_;
  std::vector<Source>& sources_;
  std::vector<std::shared_ptr<ByteSource>>& open_sources_;
};

}  // namespace

Status SetUpStorage(const std::shared_ptr<File>& file, const StorageMessages& messages, Array& array,
                    std::vector<Source>& sources, std::vector<std::shared_ptr<ByteSource>>& open_sources) {
  array.index = nullptr;
  array.codecs.clear();
  array.chunk_shape = array.shape;
  for (std::uint64_t& length : array.chunk_shape) length = std::max<std::uint64_t>(length, 1);
  Status status;
  if (messages.layout) {
    status = StorageSetup(file, messages, array, sources, open_sources).Run();
  } else {
    status = Fail(file->MakeErrorAt(ErrorCode::kCorrupt, "a dataset without a layout", messages.object_address, kLayout, kLayoutSpec));
  }
  if (!status) {
    array.index = nullptr;
    array.failure = std::move(status).error();
  }
  return {};
}

}  // namespace rutter::hdf5
