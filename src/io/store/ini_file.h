#pragma once
// The files of ~/.aws: sections, names and values.

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rutter::store {

/// Section -> name -> value. A name below another one ("s3 =" and then indented lines) is "s3.name". Names are in lower case.
using IniFile = std::map<std::string, std::map<std::string, std::string>, std::less<>>;

/// Lines that are neither a section nor a pair are passed over.
IniFile ParseIni(std::string_view text);

/// Empty where there is no such file. Errors: kIo (it cannot be read), kLimit (over 1 MiB).
Result<IniFile> ReadIni(const std::string& path);

}  // namespace rutter::store
