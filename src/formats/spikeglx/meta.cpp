#include "formats/spikeglx/meta.h"

#include <algorithm>

#include "base/text.h"
#include "model/value_json.h"

namespace rutter::spikeglx {
namespace {

/// Calls visit(line) for each line, without its end.
template <class Visit>
void ForEachLine(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    visit(Trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

Fields SplitFields(std::string_view text) {
  Fields fields;
  std::size_t start = 0;
  while (start <= text.size()) {
    std::size_t end = text.find_first_of(" ,;:", start);
    std::string_view field = text.substr(start, end == std::string_view::npos ? end : end - start);
    if (!field.empty()) fields.push_back(field);
    if (end == std::string_view::npos) break;
    start = end + 1;
  }
  return fields;
}

}  // namespace

Result<Meta> Meta::Parse(std::string_view text, const Limits& limits) {
  std::string utf8 = IsUtf8(text) ? std::string(text) : Latin1ToUtf8(text);
  Meta meta;
  bool too_many = false;
  ForEachLine(utf8, [&](std::string_view line) {
    too_many = too_many || meta.entries_.size() >= limits.members;
    if (line.empty() || too_many) return;
    std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      ++meta.ignored_lines_;
      return;
    }
    std::string_view key = line.substr(0, equals), value = Trimmed(line.substr(equals + 1));
    bool is_table = key.front() == '~' || value.starts_with('(');
    if (is_table && !(value.starts_with('(') && value.ends_with(')'))) {  // cut off
      ++meta.ignored_lines_;
      return;
    }
    if (key.front() == '~') key.remove_prefix(1);
    meta.entries_.emplace_back(Trimmed(key), value);
  });
  if (too_many) return Fail(ErrorCode::kLimit, "more keys than Limits::members");
  if (!utf8.ends_with('\n')) meta.DropShortChannelMap();
  return meta;
}

void Meta::DropShortChannelMap() {
  if (entries_.empty() || entries_.back().first != "snsChanMap") return;
  auto entries = static_cast<std::uint64_t>(std::count(entries_.back().second.begin(), entries_.back().second.end(), '('));
  if (auto channels = FindUnsigned("nSavedChans"); channels && entries <= *channels) {
    entries_.pop_back();
    ++ignored_lines_;
  }
}

std::optional<std::string_view> Meta::Find(std::string_view key) const {
  for (const auto& [name, value] : entries_) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Meta::FindUnsigned(std::string_view key) const {
  auto value = Find(key);
  return value ? ParseUnsigned(*value) : std::nullopt;
}

std::optional<double> Meta::FindDouble(std::string_view key) const {
  auto value = Find(key);
  return value ? ParseDouble(*value) : std::nullopt;
}

std::optional<std::vector<std::uint64_t>> Meta::FindCounts(std::string_view key, std::size_t count) const {
  auto value = Find(key);
  if (!value) return std::nullopt;
  std::vector<std::uint64_t> numbers;
  for (std::string_view field : SplitFields(*value)) {
    auto number = ParseUnsigned(field);
    if (!number || numbers.size() == count) return std::nullopt;
    numbers.push_back(*number);
  }
  if (numbers.size() != count) return std::nullopt;
  return numbers;
}

std::optional<std::vector<Fields>> ParseTable(std::string_view text, std::size_t max_entries) {
  std::vector<Fields> table;
  while (!text.empty()) {
    std::size_t end = text.find(')');
    if (text.front() != '(' || end == std::string_view::npos || table.size() == max_entries) return std::nullopt;
    table.push_back(SplitFields(text.substr(1, end - 1)));
    text.remove_prefix(end + 1);
  }
  if (table.empty()) return std::nullopt;
  return table;
}

std::optional<std::vector<std::uint64_t>> ParseNumberList(std::string_view text, std::size_t max_numbers) {
  std::vector<std::uint64_t> numbers;
  std::size_t start = 0;
  while (start < text.size()) {
    std::size_t end = text.find(',', start);
    std::string_view part = text.substr(start, end == std::string_view::npos ? end : end - start);
    std::size_t colon = part.find(':');
    auto first = ParseUnsigned(Trimmed(part.substr(0, colon)));
    auto last = colon == std::string_view::npos ? first : ParseUnsigned(Trimmed(part.substr(colon + 1)));
    if (!first || !last || *last < *first || *last - *first >= max_numbers - numbers.size()) return std::nullopt;
    for (std::uint64_t number = *first;; ++number) {
      numbers.push_back(number);
      if (number == *last) break;
    }
    if (end == std::string_view::npos) break;
    start = end + 1;
  }
  return numbers;
}

bool LooksLikeMeta(std::string_view head) {
  if (head.find('\0') != std::string_view::npos) return false;
  bool first = true, all_pairs = true, names_stream = false;
  ForEachLine(head, [&](std::string_view line) {
    if (first && line.find('=') == std::string_view::npos) all_pairs = false;
    first = false;
    if (line == "typeThis=imec" || line == "typeThis=nidq" || line == "typeThis=obx") names_stream = true;
  });
  return all_pairs && names_stream;
}

}  // namespace rutter::spikeglx
