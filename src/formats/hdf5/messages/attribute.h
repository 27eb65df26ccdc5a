#pragma once
// One attribute's parts, not yet decoded. Sources: HDF5 4.0, "The Attribute Message", "The Attribute Info Message".

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/byte_reader.h"
#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

/// Views into the message. Offsets are relative to its first byte.
struct AttributeMessage {
  std::uint8_t version = 0;
  std::string_view name;
  bool utf8_name = false;
  bool shared_datatype = false, shared_dataspace = false;  ///< Then the bytes are a shared message.
  std::span<const std::byte> datatype, dataspace, data;
  std::uint64_t datatype_offset = 0, dataspace_offset = 0, data_offset = 0;
};

/// Versions 1 to 3. `data` is all that follows; how much of it counts is the datatype's and dataspace's to say.
Result<AttributeMessage> DecodeAttribute(ByteReader reader);

/// Where many attributes of one object lie.
struct AttributeInfo {
  bool tracks_creation_order = false, indexes_creation_order = false;
  std::optional<std::uint16_t> max_creation_index;
  std::optional<std::uint64_t> heap;            ///< Fractal heap; absent = attributes are compact.
  std::optional<std::uint64_t> name_index;      ///< Version 2 B-tree, records of type 8.
  std::optional<std::uint64_t> creation_index;  ///< Version 2 B-tree, records of type 9.
};
Result<AttributeInfo> DecodeAttributeInfo(ByteReader reader, const Sizes& sizes);

}  // namespace rutter::hdf5
