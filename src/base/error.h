#pragma once
// One error type for the whole engine: what kind, what happened, and where in which source.

#include <cstdint>
#include <optional>
#include <string>

namespace rutter {

/// Kinds of failure. Append-only: the numbers are part of the C ABI and of `--json` output.
enum class ErrorCode : int {
  kInvalidArgument = 1,  ///< The caller asked for something that cannot be.
  kNotFound = 2,         ///< No such file, node or key.
  kIo = 3,               ///< The world: permissions, disk, network.
  kCorrupt = 4,          ///< Bytes contradict the specification.
  kTruncated = 5,        ///< The source ends before the bytes that it promises.
  kUnsupported = 6,      ///< Valid, but not done here; the message names the feature.
  kLimit = 7,            ///< One of our bounds (`Limits`) was reached; the message names it.
  kPolicy = 8,           ///< The map or file points where it may not be followed.
  kSourceChanged = 9,    ///< The source is not the one that was mapped.
  kCancelled = 10,       ///< The caller's cancel token fired.
  kInternal = 11,        ///< Our bug.
};

/// The stable lower-case word for a code: "corrupt", "unsupported", "source-changed", ...
const char* ErrorCodeName(ErrorCode code);

/// The command line's exit code for a kind of failure: 2 usage, 3 I/O or not found, 4 corrupt or truncated,
/// 5 unsupported, 6 limit, 7 policy, 8 source changed, 70 our bug.
int ExitCode(ErrorCode code);

/// Where a failure happened. Every field is optional.
struct Where {
  std::string source;                   ///< Path or URL.
  std::optional<std::uint64_t> offset;  ///< Absolute byte offset in `source`.
  std::string structure;                ///< The specification's noun, e.g. "fixed array header".
  std::string spec;                     ///< Specification and section, e.g. "HDF5 4.0, VII.C".
  std::string path;                     ///< Path of the node in the hierarchy, e.g. "/acquisition/data".
};

/// A failure. Copyable; cheap to move.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  ///< One sentence without a full stop.
  Where where;
  std::string hint;  ///< What the user can do; empty where nothing helps.

  /// "corrupt: needs 8 bytes, 1 remain in fixed array header at byte 618 of a.h5 (HDF5 4.0, VII.C)".
  std::string ToString() const;
};

Error MakeError(ErrorCode code, std::string message);

}  // namespace rutter
