// A whole HDF5 file through its maps: read directly, written as kerchunk, LINDI and Zarr v3 keys, read back. The values
// must be the same where both ways give some.

#include "fuzz/fuzz_format.h"
#include "fuzz/hdf5_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return rutter::fuzz::FuzzFormat("hdf5", data, size, /*through_map=*/true);
}
