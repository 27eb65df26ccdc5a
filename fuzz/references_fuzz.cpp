// A reference document of any dialect: kerchunk v0 and v1 with templates and gen, Zarr v3 keys, LINDI, rutter's own. What is
// read is written again in every dialect, and must then give the same values.

#include <array>

#include "fuzz/fuzz_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rutter::fuzz;
  // What references to "data.bin" find.
  static const auto kData = [] {
    std::array<std::byte, 4096> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 167 >> 3);
    return bytes;
  }();
  ExerciseOptions options;
  options.limits = FuzzLimits();
  options.max_arrays = 16;
  options.max_read_bytes = 256u << 10;
  options.siblings = {{"data.bin", kData}};
  RequireSound(ExerciseReferences({reinterpret_cast<const char*>(data), size}, options));
  return 0;
}
