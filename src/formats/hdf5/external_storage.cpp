#include "formats/hdf5/external_storage.h"

#include <algorithm>
#include <string>

#include "formats/hdf5/heaps/local.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, The Data Storage - External Data Files Message";
constexpr std::string_view kStructure = "external data files message";

/// The number of this source, which is added where it is new.
std::uint32_t AddSource(const std::shared_ptr<ByteSource>& source, std::vector<Source>& sources,
                        std::vector<std::shared_ptr<ByteSource>>& open_sources) {
  for (std::size_t i = 1; i < sources.size(); ++i) {
    if (sources[i].url == source->name()) return static_cast<std::uint32_t>(i);
  }
  Fingerprint fingerprint = source->fingerprint();
  sources.push_back({source->name(), fingerprint.size, fingerprint.mtime_ns, fingerprint.etag, fingerprint.last_modified});
  open_sources.push_back(source);
  return static_cast<std::uint32_t>(sources.size() - 1);
}

}  // namespace

Result<ExternalExtents> OpenExternalFiles(File& file, const ExternalFiles& message, std::uint64_t array_bytes,
                                          std::vector<Source>& sources, std::vector<std::shared_ptr<ByteSource>>& open_sources) {
  RUTTER_ASSIGN(LocalHeap names, LocalHeap::Open(file, message.heap_address));
  ExternalExtents result;
  std::uint64_t stream = 0;
  for (const ExternalFileSlot& slot : message.slots) {
    if (stream == array_bytes) break;
    RUTTER_ASSIGN(std::string_view name, names.Name(slot.name_offset));
    auto opened = file.opener()->Open(name, file.name());
    if (!opened) {
      Error error = std::move(opened).error();
      error.message = "external file \"" + std::string(name.substr(0, 256)) + "\": " + error.message;
      error.where.structure = std::string(kStructure);
      error.where.spec = std::string(kSpec);
      return Fail(std::move(error));
    }
    const std::uint64_t wanted = std::min(slot.bytes, array_bytes - stream);
    const std::uint64_t size = (*opened)->size();
    const std::uint64_t there = slot.file_offset < size ? std::min(wanted, size - slot.file_offset) : 0;
    result.short_files = result.short_files || there < wanted;
    if (there > 0) {
      result.extents.push_back({stream, AddSource(*opened, sources, open_sources), slot.file_offset, there});
    }
    stream += wanted;
  }
  if (stream < array_bytes) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt,
                                 "external files for " + std::to_string(stream) + " of the array's " + std::to_string(array_bytes) +
                                     " bytes",
                                 message.heap_address, kStructure, kSpec));
  }
  return result;
}

}  // namespace rutter::hdf5
