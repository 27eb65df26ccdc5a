// SpikeGLX: the input is a .meta; what follows its first NUL byte is the .bin.

#include <algorithm>

#include "fuzz/fuzz_format.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rutter;
  std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  auto nul = static_cast<std::size_t>(std::find(input.begin(), input.end(), std::byte{0}) - input.begin());
  fuzz::ExerciseOptions options;
  options.limits = fuzz::FuzzLimits();
  options.format = fuzz::FormatNamed("spikeglx");
  options.through_map = true;
  options.max_arrays = 16;
  options.max_read_bytes = 256u << 10;
  options.siblings.emplace_back("input.bin", input.subspan(std::min(nul + 1, size)));
  fuzz::RequireSound(fuzz::Exercise("input.meta", input.first(nul), options));
  return 0;
}
