#include "formats/hdf5/dataset.h"

#include <algorithm>
#include <utility>

#include "formats/hdf5/storage.h"

namespace rutter::hdf5 {
namespace {

/// What the storage messages say; the first one that cannot be decoded is the failure.
Status DecodeStorage(ObjectReader& objects, const ObjectHeader& header, StorageMessages& storage) {
  const File& file = objects.file();
  for (const HeaderMessage& message : header.messages) {
    switch (message.type) {
      case MessageType::kDataLayout: {
        RUTTER_ASSIGN(storage.layout, DecodeDataLayout(message.Reader(file, "data layout message", "HDF5 4.0, The Data Layout Message"), file.sizes()));
        break;
      }
      case MessageType::kFilterPipeline: {
        RUTTER_ASSIGN(auto reader, objects.Open(message, "filter pipeline message", "HDF5 4.0, The Data Storage - Filter Pipeline Message"));
        RUTTER_ASSIGN(storage.pipeline, DecodeFilterPipeline(std::move(reader), file.limits()));
        break;
      }
      case MessageType::kFillValue: {
        RUTTER_ASSIGN(auto reader, objects.Open(message, "fill value message", "HDF5 4.0, The Data Storage - Fill Value Message"));
        RUTTER_ASSIGN(storage.fill, DecodeFillValue(std::move(reader)));
        break;
      }
      case MessageType::kFillValueOld: {
        if (header.Find(MessageType::kFillValue) != nullptr) break;  // the new message says it all
        RUTTER_ASSIGN(auto reader, objects.Open(message, "fill value message", "HDF5 4.0, The Data Storage - Fill Value (Old) Message"));
        RUTTER_ASSIGN(storage.fill, DecodeFillValueOld(std::move(reader)));
        break;
      }
      case MessageType::kExternalFiles: {
        RUTTER_ASSIGN(storage.external, DecodeExternalFiles(message.Reader(file, "external data files message", "HDF5 4.0, The Data Storage - External Data Files Message"), file.sizes()));
        break;
      }
      default: break;
    }
  }
  if (!storage.layout) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "a dataset without a data layout message", header.address, "object header", "HDF5 4.0, The Data Layout Message"));
  }
  return {};
}

}  // namespace

bool IsDataset(const ObjectHeader& header) {
  return header.Find(MessageType::kDatatype) != nullptr && header.Find(MessageType::kDataspace) != nullptr;
}

Source MainSource(const File& file) {
  Fingerprint fingerprint = file.source()->fingerprint();
  return {file.name(), fingerprint.size, fingerprint.mtime_ns, fingerprint.etag, fingerprint.last_modified};
}

Status DescribeDataset(const DatasetContext& context, const ObjectHeader& header, Array& array) {
  ObjectReader& objects = context.objects;
  RUTTER_ASSIGN(KnownDatatype known, objects.Datatype(*header.Find(MessageType::kDatatype)));
  RUTTER_ASSIGN(Dataspace space, objects.Space(*header.Find(MessageType::kDataspace)));
  array.dtype = std::move(known.dtype);
  array.shape = std::move(space.shape);
  array.max_shape = std::move(space.max_shape);
  array.is_null = space.is_null;
  if (!array.dtype->IsFixed()) array.resolver = context.resolver;

  StorageMessages storage;
  storage.object_address = header.address;
  if (auto status = DecodeStorage(objects, header, storage); !status) {
    array.failure = std::move(status).error();
  } else {
    RUTTER_TRY(SetUpStorage(context.file, storage, array, context.sources, context.open_sources));
  }
  if (array.index == nullptr && !array.failure) {
    array.failure = context.file->MakeErrorAt(ErrorCode::kInternal, "no chunk index was set up", header.address, "dataset", "");
  }
  if (array.chunk_shape.size() != array.shape.size()) {
    array.chunk_shape = array.shape;
    for (std::uint64_t& length : array.chunk_shape) length = std::max<std::uint64_t>(length, 1);
  }
  return {};
}

}  // namespace rutter::hdf5
