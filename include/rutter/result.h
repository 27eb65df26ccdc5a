#pragma once
// A value, or an error that tells what happened and where.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "rutter/config.h"

namespace rutter {
RUTTER_V1 {

/// Kinds of failure. The numbers never change; new ones may come.
enum class ErrorCode : int {
  kInvalidArgument = 1,  ///< The caller asked for something that cannot be.
  kNotFound = 2,         ///< No such file or node.
  kIo = 3,               ///< The world: permissions, disk, network.
  kCorrupt = 4,          ///< Bytes contradict the specification of their format.
  kTruncated = 5,        ///< The file ends before the bytes that it promises.
  kUnsupported = 6,      ///< Valid, but not done here; the message names the feature.
  kLimit = 7,            ///< A bound was reached; the message names it.
  kPolicy = 8,           ///< A file or map leads to a place where it may not lead.
  kSourceChanged = 9,    ///< The data file is not the one that was mapped.
  kCancelled = 10,       ///< A CancelToken was used.
  kInternal = 11,        ///< A bug of rutter's.
};

/// The lower-case word for a code: "corrupt", "source-changed", ...
RUTTER_EXPORT const char* ErrorCodeName(ErrorCode code);

/// One failure. Fields are empty where nothing is known.
struct RUTTER_EXPORT Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;                  ///< One sentence without a full stop.
  std::string source;                   ///< Path or URL.
  std::optional<std::uint64_t> offset;  ///< Bytes from the start of `source`.
  std::string structure;                ///< The specification's name of what was read, or the chunk.
  std::string spec;                     ///< Specification and section.
  std::string path;                     ///< The node, such as "/acquisition/data".
  std::string hint;                     ///< What the user can do.

  /// All of it but the hint in one line.
  std::string ToString() const;
};

/// A value or an Error. Asking for what is not there is the caller's mistake (std::bad_variant_access).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return error_.value(); }

 private:
  std::optional<Error> error_;
};
using Status = Result<void>;

}  // namespace v1
}  // namespace rutter
