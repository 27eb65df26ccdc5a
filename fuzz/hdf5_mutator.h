#pragma once
// libFuzzer's custom mutator for whole HDF5 files: damage near structures, with the checksums made right again, so that
// what lies behind them is reached. Included by one target per program.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "fuzz/hdf5_seal.h"
#include "fuzz/mutate.h"

#ifdef RUTTER_LIBFUZZER

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  using namespace rutter::fuzz;
  Random random(seed);
  if (size < 16 || random.Chance(10)) return LLVMFuzzerMutate(data, size, max_size);
  // Blocks are found by their right checksums, so before the damage; they are kept for the next mutation of the same input.
  static std::vector<std::uint8_t> last;
  static std::vector<SealedBlock> sealed;
  static std::vector<std::size_t> structures;
  auto file = std::as_writable_bytes(std::span(data, size));
  if (last.size() != size || std::memcmp(last.data(), data, size) != 0) {
    sealed = FindSealedBlocks(file);
    structures = FindStructures(file);
  }
  if (random.Chance(70)) {
    Damage(random, file, structures, 1 + static_cast<unsigned>(random.Below(4)));
  } else {
    // libFuzzer's own mutations (with the dictionary) of one window, which keeps its length.
    std::size_t at = structures.empty() ? random.Below(size) : structures[random.Below(structures.size())];
    std::size_t window = std::min<std::size_t>(8 + random.Below(120), size - at);
    std::vector<std::uint8_t> copy(data + at, data + at + window);
    std::size_t mutated = LLVMFuzzerMutate(copy.data(), window, window);
    std::memcpy(data + at, copy.data(), std::min(mutated, window));
  }
  if (random.Chance(90)) Seal(file, sealed);
  last.assign(data, data + size);
  return size;
}

#endif
