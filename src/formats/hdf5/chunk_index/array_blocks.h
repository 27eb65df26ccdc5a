#pragma once
// Reading the blocks of fixed and extensible arrays: checked, bounded, and big ones not kept.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "formats/hdf5/file.h"

namespace rutter::hdf5 {

/// Names of a kind of block, for errors.
struct BlockName {
  std::string_view structure, spec;
};

/// Reads blocks for one walk over an array. Blocks of a sound array are disjoint, so the sum of what a walk reads is
/// bounded by the file; that ends the walk over a hostile one.
class ArrayBlocks {
 public:
  explicit ArrayBlocks(File& file) : file_(file) {}

  /// `bytes` bytes at `address`; in `buffer` unless they lie in memory or are few.
  Result<std::span<const std::byte>> Read(std::uint64_t address, std::uint64_t bytes, std::vector<std::byte>& buffer,
                                          const BlockName& name);
  /// The same with signature, version 0, client id, and the header's address checked, and the checksum over all of it.
  /// The reader stands behind the header's address.
  Result<ByteReader> ReadBlock(std::uint64_t address, std::uint64_t bytes, std::string_view signature, std::uint8_t client,
                               std::uint64_t header, std::vector<std::byte>& buffer, const BlockName& name);
  /// What ReadBlock checks, of a block that was read already.
  Result<ByteReader> CheckBlock(std::span<const std::byte> block, std::uint64_t address, std::string_view signature, std::uint8_t client,
                                std::uint64_t header, const BlockName& name) const;
  /// kCorrupt unless the last four bytes are the checksum of the rest.
  Status Verify(std::span<const std::byte> block, std::uint64_t address, const BlockName& name) const;
  tl::unexpected<Error> Corrupt(std::string message, std::uint64_t address, const BlockName& name) const;

 private:
  File& file_;
  std::uint64_t read_bytes_ = 0;
};

/// Bit `i` of a page bitmap, the highest bit of a byte first.
bool PageExists(std::span<const std::byte> bitmap, std::uint64_t i);

}  // namespace rutter::hdf5
