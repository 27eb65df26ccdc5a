#pragma once
// How many bytes the program holds on its heap, by everybody: C++, C libraries, threads.

#include <cstdint>

namespace rutter::fuzz {

/// Starts a new measurement: the peak is counted from what is held now.
void StartMemoryMeter();
/// The most bytes held since StartMemoryMeter, beyond what was held then.
std::uint64_t PeakMemoryBytes();

}  // namespace rutter::fuzz
