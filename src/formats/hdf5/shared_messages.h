#pragma once
// Messages that stand elsewhere: in a committed datatype's header, or in the file's shared message heap.
// Sources: HDF5 4.0, "Shared Message", "Disk Format: Level 1I - Shared Object Header Message Table".

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/hdf5/file.h"
#include "formats/hdf5/heaps/fractal.h"
#include "formats/hdf5/kept_bytes.h"
#include "formats/hdf5/messages/minor.h"
#include "formats/hdf5/object_header.h"

namespace rutter::hdf5 {

/// Where a shared message leads.
struct SharedLocation {
  std::optional<std::uint64_t> header;  ///< Object header that has the message; else it lies in the shared message heap.
  std::span<const std::byte> heap_id;   ///< Eight bytes.
};
/// Versions 1 to 3 of the pointer that replaces a shared message's own bytes.
Result<SharedLocation> DecodeSharedLocation(ByteReader reader, const Sizes& sizes);

/// One index of the shared message table.
struct SharedMessageIndex {
  std::uint16_t message_types = 0;  ///< Bit n: messages of type n.
  std::uint64_t num_messages = 0;
  std::optional<std::uint64_t> index, heap;
};
Result<std::vector<SharedMessageIndex>> DecodeSharedMessageIndexes(ByteReader reader, const Sizes& sizes, unsigned count);

/// Follows shared messages of one file. Not thread-safe. Spans stay valid while it and the File live.
class SharedMessages {
 public:
  SharedMessages(File& file, std::optional<SharedMessageTableMessage> table, KeptBytes& kept) : file_(file), table_(table), kept_(kept) {}

  /// A reader over the message that the pointer `pointer` leads to.
  /// Errors: kCorrupt (no such message; a shared message that leads to another one), and those of the headers and heaps.
  Result<ByteReader> Open(MessageType type, ByteReader pointer, std::string_view structure, std::string_view spec);

 private:
  Result<ByteReader> OpenInHeap(MessageType type, std::span<const std::byte> id, std::string_view structure, std::string_view spec);

  struct Heap {
    SharedMessageIndex index;
    std::shared_ptr<FractalHeap> heap;
    std::unordered_map<std::uint64_t, std::vector<std::byte>> objects;
  };

  File& file_;
  std::optional<SharedMessageTableMessage> table_;
  KeptBytes& kept_;
  std::vector<Heap> heaps_;
  bool table_read_ = false;
};

}  // namespace rutter::hdf5
