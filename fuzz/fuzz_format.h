#pragma once
// The body of a format's fuzz target: `return FuzzFormat("tiff", data, size);`.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "formats/registry.h"
#include "fuzz/exercise.h"

namespace rutter::fuzz {

/// Budgets below those for files from strangers, so that one input costs little time.
inline Limits FuzzLimits() {
  Limits limits = Limits::Strict();
  limits.metadata_bytes = 16u << 20;
  limits.objects = 2'000;
  limits.attributes = 5'000;
  limits.chunk_bytes = 4u << 20;
  limits.value_bytes = 4u << 20;
  limits.inline_bytes = 8u << 20;
  limits.chunks_located = 20'000;
  limits.virtual_mappings = 1'000;
  limits.output_bytes = 8u << 20;
  return limits;
}

/// Ends the program where a file made the engine say "internal error" or where a map disagrees with its file.
inline void RequireSound(const Outcome& outcome) {
  if (outcome.verdict != Verdict::kInternal && outcome.verdict != Verdict::kDiffers) return;
  std::fprintf(stderr, "%s: %s\n", kVerdictNames[static_cast<int>(outcome.verdict)], outcome.error.ToString().c_str());
  std::abort();
}

inline const Format* FormatNamed(std::string_view name) {
  for (const Format* format : AllFormats()) {
    if (format->name == name) return format;
  }
  std::fprintf(stderr, "no format is called so\n");
  std::abort();
}

/// Opens, describes, inspects and reads the bytes as a file of this format. Always 0, as libFuzzer wants it.
inline int FuzzFormat(std::string_view format, const std::uint8_t* data, std::size_t size, bool through_map = false) {
  ExerciseOptions options;
  options.limits = FuzzLimits();
  options.format = FormatNamed(format);
  options.through_map = through_map;
  options.max_arrays = 16;
  options.max_read_bytes = 256u << 10;
  RequireSound(Exercise("input." + std::string(format), std::as_bytes(std::span(data, size)), options));
  return 0;
}

}  // namespace rutter::fuzz
