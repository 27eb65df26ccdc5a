#pragma once
// Python literals as NPY headers hold them: strings, unsigned integers, True and False, tuples, lists, dicts.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"

namespace rutter::npy {

/// One literal. Dicts keep their order; keys are strings.
struct Literal {
  enum class Kind : std::uint8_t { kString, kInteger, kBool, kTuple, kList, kDict };
  Kind kind = Kind::kString;
  std::string text;           ///< kString: the value, escapes resolved, UTF-8.
  std::uint64_t integer = 0;  ///< kInteger; kBool as 0 or 1.
  std::vector<Literal> items;     ///< Tuple, list; dict: the values.
  std::vector<std::string> keys;  ///< Dict: one key per item.
  std::string_view source;        ///< The literal as it was written; lives as long as the parsed text.

  const Literal* Find(std::string_view key) const;  ///< Dict only; nullptr where there is no such key.
};

/// Parses one literal that fills `text` (UTF-8) but for white space. `text` starts at `file_offset` of the source.
/// Errors: kCorrupt (not a literal of these kinds), kLimit (Limits::depth, Limits::members).
/// Source: NumPy 2, "numpy.lib.format", and the Python language reference, "Lexical analysis".
Result<Literal> ParseLiteral(std::string_view text, std::uint64_t file_offset, const ReaderContext& context,
                             const Limits& limits);

}  // namespace rutter::npy
