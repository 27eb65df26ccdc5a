// NPY: the header's literal, its type description, every kind of element.

#include "fuzz/fuzz_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return rutter::fuzz::FuzzFormat("npy", data, size, true);
}
