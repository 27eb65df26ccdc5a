#include "io/store/ini_file.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "io/byte_source.h"

namespace rutter::store {
namespace {

constexpr std::uint64_t kLongestFile = 1ull << 20;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

IniFile ParseIni(std::string_view text) {
  IniFile file;
  std::map<std::string, std::string>* section = nullptr;
  std::string parent;  // of indented lines
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    std::string_view line = text.substr(0, text[end] == '\n' ? end : end + 1);
    text.remove_prefix(end + 1);
    const bool is_indented = !line.empty() && IsBlank(line.front());
    line = Trimmed(line);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const std::size_t close = line.find(']');
      section = close == std::string_view::npos ? nullptr : &file[std::string(Trimmed(line.substr(1, close - 1)))];
      parent.clear();
      continue;
    }
    const std::size_t equals = line.find('=');
    if (section == nullptr || equals == std::string_view::npos) continue;
    std::string name = Lower(Trimmed(line.substr(0, equals)));
    std::string_view value = Trimmed(line.substr(equals + 1));
    for (std::string_view comment : {" #", "\t#", " ;", "\t;"}) value = Trimmed(value.substr(0, value.find(comment)));
    if (is_indented && !parent.empty()) {
      (*section)[parent + "." + name] = std::string(value);
    } else {
      parent = value.empty() ? name : "";
      (*section)[std::move(name)] = std::string(value);
    }
  }
  return file;
}

Result<IniFile> ReadIni(const std::string& path) {
  if (path.empty()) return IniFile();
  auto file = OpenFile(path);
  if (!file && file.error().code == ErrorCode::kNotFound) return IniFile();
  if (!file) return Fail(std::move(file).error());
  if ((*file)->size() > kLongestFile) return Fail(ErrorCode::kLimit, path + " is too long for a file of settings");
  std::string text(static_cast<std::size_t>((*file)->size()), '\0');
  RUTTER_TRY((*file)->ReadAt(0, std::as_writable_bytes(std::span(text.data(), text.size()))));
  return ParseIni(text);
}

}  // namespace rutter::store
