#pragma once
// HDF5 metadata blocks end in (or hold) a lookup3 checksum. A mutant whose checksums are wrong tests the checksum, not the
// parser behind it: these functions find the sealed blocks of a file and seal them again after damage.

#include <cstddef>
#include <span>
#include <vector>

namespace rutter::fuzz {

/// One block whose checksum covers its bytes with the four checksum bytes left out (at the end) or taken as 0 (inside).
struct SealedBlock {
  std::size_t start = 0;
  std::size_t length = 0;       ///< With the checksum, where that is at the end.
  std::size_t checksum_at = 0;  ///< Absolute.
};

/// The sealed blocks of a file whose checksums are right now: superblock 2 and 3, OHDR, OCHK, BTHD, BTIN, BTLF, FRHP, FHDB,
/// FHIB, FAHD, FADB, EAHD, EAIB, EASB, EADB, SMTB, SMLI. Lengths are found by trying, so no parser is trusted.
/// Source: HDF5 4.0, the "Checksum" fields.
std::vector<SealedBlock> FindSealedBlocks(std::span<const std::byte> file);

/// Writes the right checksum into each block that lies inside `file`.
void Seal(std::span<std::byte> file, std::span<const SealedBlock> blocks);

/// Offsets where HDF5 structures seem to begin: signatures, and what looks like a version 1 object header.
std::vector<std::size_t> FindStructures(std::span<const std::byte> file);

}  // namespace rutter::fuzz
