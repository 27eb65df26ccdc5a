#pragma once
// JSON text as Values, in the order of the text, with bounds; and short ways to look inside.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "model/value.h"

namespace rutter {

/// Parses many small JSON texts of one document. Objects become ValueRecords (members in order, repeated names kept),
/// integers int64, or uint64 above its range, other numbers double. Not thread-safe.
class JsonReader {
 public:
  explicit JsonReader(const Limits& limits);
  ~JsonReader();

  /// `what` names the text in errors ("a/.zarray"). Python's bare NaN, Infinity and -Infinity are taken as strings.
  /// Errors: kCorrupt (not JSON), kLimit (nesting, number of values in all).
  Result<Value> Parse(std::string_view text, std::string_view what);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::uint64_t values_left_;
  std::uint32_t depth_;
};

/// The last member of this name of an object; nullptr where there is none, or where `value` is no object.
const Value* JsonMember(const Value& value, std::string_view name);
/// A member that is text, or nullptr.
const std::string* JsonText(const Value& value, std::string_view name);
/// An integer that is not negative.
std::optional<std::uint64_t> JsonUnsigned(const Value& value);
/// Any number, and the strings "NaN", "Infinity" and "-Infinity".
std::optional<double> JsonNumber(const Value& value);
/// A list of integers that are not negative. Errors: kCorrupt, naming `what`.
Result<std::vector<std::uint64_t>> JsonShape(const Value* value, std::string_view what);

/// The text of a JSON string that is given with its quotes; `scratch` holds it where it has escapes. Errors: kCorrupt.
Result<std::string_view> JsonString(std::string_view json, std::string& scratch, JsonReader& reader);

/// Errors: kCorrupt (length, alphabet, padding).
Result<std::string> DecodeBase64(std::string_view text);

}  // namespace rutter
