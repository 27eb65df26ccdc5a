#pragma once
// Reads objects of one file: headers, and the messages that every object has, wherever they stand.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "formats/hdf5/file.h"
#include "formats/hdf5/messages/dataspace.h"
#include "formats/hdf5/object_header.h"
#include "formats/hdf5/shared_messages.h"
#include "formats/hdf5/superblock.h"
#include "model/dtype.h"

namespace rutter::hdf5 {

/// A decoded datatype with what the walk asks of it for every attribute.
struct KnownDatatype {
  DtypePtr dtype;
  bool has_reference = false;
};

/// Not thread-safe; cheap to make. Equal datatype messages give one shared Dtype.
class ObjectReader {
 public:
  ObjectReader(File& file, const Superblock& superblock) : ObjectReader(file, superblock, std::make_shared<KeptBytes>(file.limits())) {}
  /// Several readers of one file count together.
  ObjectReader(File& file, const Superblock& superblock, std::shared_ptr<KeptBytes> kept)
      : file_(file), kept_(std::move(kept)), shared_(file, superblock.shared_messages, *kept_) {}

  File& file() { return file_; }
  KeptBytes& kept() { return *kept_; }
  const std::shared_ptr<KeptBytes>& shared_kept() const { return kept_; }
  Status Read(std::uint64_t address, ObjectHeader& header) { return ReadObjectHeader(file_, address, header); }

  /// A reader over the message's own bytes, followed where it is shared. `structure` and `spec` are string literals.
  Result<ByteReader> Open(const HeaderMessage& message, std::string_view structure, std::string_view spec);
  /// The same for the parts of an attribute: `pointer` holds a shared message.
  Result<ByteReader> OpenShared(MessageType type, ByteReader pointer, std::string_view structure, std::string_view spec) {
    return shared_.Open(type, pointer, structure, spec);
  }

  Result<KnownDatatype> Datatype(ByteReader reader);
  Result<KnownDatatype> Datatype(const HeaderMessage& message);
  Result<Dataspace> Space(const HeaderMessage& message);

  static constexpr std::string_view kDatatypeStructure = "datatype message", kDatatypeSpec = "HDF5 4.0, The Datatype Message";
  static constexpr std::string_view kDataspaceStructure = "dataspace message", kDataspaceSpec = "HDF5 4.0, The Dataspace Message";

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  File& file_;
  std::shared_ptr<KeptBytes> kept_;
  SharedMessages shared_;
  std::unordered_map<std::string, KnownDatatype, TextHash, std::equal_to<>> datatypes_;  ///< By the message's bytes.
  std::size_t cached_bytes_ = 0;
};

}  // namespace rutter::hdf5
