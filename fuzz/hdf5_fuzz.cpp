// A whole HDF5 file: open, describe, inspect, locate and read.

#include "fuzz/fuzz_format.h"
#include "fuzz/hdf5_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return rutter::fuzz::FuzzFormat("hdf5", data, size);
}
