#pragma once
// Jenkins' lookup3 hash, HDF5's checksum of metadata. Source: HDF5 4.0, "Checksum" fields; Bob Jenkins, lookup3.c, 2006 (public domain algorithm).

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/byte_reader.h"

namespace rutter::hdf5 {

/// lookup3 "hashlittle" of the bytes with this initial value.
std::uint32_t Lookup3(std::span<const std::byte> bytes, std::uint32_t initial = 0);

/// kCorrupt unless the last four bytes of `block` are the checksum of the rest.
Status VerifyChecksum(std::span<const std::byte> block, std::uint64_t absolute_offset, const ReaderContext& context);

}  // namespace rutter::hdf5
