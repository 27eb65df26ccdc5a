#pragma once
// Values as JSON text, by the one rule that `ls --json`, `read --json` and the maps share.

#include <string>
#include <string_view>

#include "model/value.h"

namespace rutter {

/// Appends JSON: strings as strings; non-finite numbers as "NaN", "Infinity", "-Infinity"; floats shortest-exact and always
/// with a point or an exponent (1.0); Bytes and text that is not UTF-8 as base64 (text as {"base64": ...}); references as
/// {"path": ...} (null references as null; regions with "selection"); complex as {"real": .., "imag": ..}; compounds as objects.
void AppendJson(const Value& value, std::string& out);
void AppendJsonString(std::string_view text, std::string& out);  ///< Quoted and escaped; `text` must be UTF-8.
void AppendJsonNumber(double number, std::string& out);          ///< Finite or not, as above.
void AppendJsonNumber(float number, std::string& out);           ///< The shortest text that gives this float back.
void AppendBase64(std::string_view bytes, std::string& out);
bool IsUtf8(std::string_view text);

}  // namespace rutter
