#pragma once
// Everything that the engine does with a file, over bytes in memory: what fuzzers and the damaged-file drivers run.

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "formats/format.h"

namespace rutter::fuzz {

struct ExerciseOptions {
  Limits limits = Limits::Strict();
  const Format* format = nullptr;         ///< Null: by content, as for a user.
  bool through_map = true;                ///< Also writes a map in memory, reads it back, and compares what both read.
  bool inspect = true;
  unsigned max_arrays = 48;               ///< Arrays that are read; the others are only described.
  std::uint64_t max_read_bytes = 1 << 20;  ///< Arrays up to this size are read whole, of others a few slices.
  std::vector<std::pair<std::string, std::span<const std::byte>>> siblings;  ///< Sidecar files by name.
  bool record = false;                    ///< Fill Outcome::values and Outcome::nodes.
};

enum class Verdict : std::uint8_t {
  kRead,      ///< Everything that was asked for was read.
  kPartial,   ///< Described; some nodes or reads gave typed errors.
  kRefused,   ///< A typed error for the whole file.
  kInternal,  ///< kInternal somewhere: our bug.
  kDiffers,   ///< The map gave other bytes than the file, or lost something without its reason.
};
inline constexpr const char* kVerdictNames[] = {"read", "partly read", "refused", "internal error", "map differs"};

struct Outcome {
  Verdict verdict = Verdict::kRead;
  Error error;                    ///< kRefused, kInternal, kDiffers.
  std::uint64_t complaints = 0;   ///< Typed errors and notes in all.
  std::set<std::string> nodes;    ///< Paths, with the kind in front.
  std::map<std::string, std::uint64_t> values;  ///< Path of an array, or "path@attribute" -> hash of its values.
};

/// Opens, describes, reads; maps, writes, reads back. `name` matters for formats that look at it. Never throws.
Outcome Exercise(const std::string& name, std::span<const std::byte> bytes, const ExerciseOptions& options);

/// The same for a reference document: reads it and its arrays, lints it, writes it in every dialect and reads it back. Sources
/// are looked for among `options.siblings` by the last part of their URL. Never throws.
Outcome ExerciseReferences(std::string_view document, const ExerciseOptions& options);

}  // namespace rutter::fuzz
