#pragma once
// One link of a new-style group, in an object header or in a fractal heap. Source: HDF5 4.0, "The Link Message".

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/byte_reader.h"
#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

enum class LinkKind : std::uint8_t { kHard, kSoft, kExternal, kUser };

/// Text views point into the decoded bytes.
struct LinkMessage {
  LinkKind kind = LinkKind::kHard;
  std::uint8_t link_class = 0;  ///< As stored: 0 hard, 1 soft, 64 external, 65 to 255 user-defined.
  std::string_view name;
  std::optional<std::uint64_t> creation_order;
  std::uint64_t address = 0;        ///< Hard: the object header.
  std::string_view target;          ///< Soft: the path. External: the path in the other file. User: the bytes of its data.
  std::string_view target_file;     ///< External.
};

/// Errors: kCorrupt (empty name, hard link to nowhere), kUnsupported (version, reserved link class, external link version).
Result<LinkMessage> DecodeLink(ByteReader reader, const Sizes& sizes);

}  // namespace rutter::hdf5
