#pragma once
// A SpikeGLX .meta file: lines of key=value, some of them tables in parentheses.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace rutter::spikeglx {

/// The keys in the order of the file; a leading "~" (which marks tables) is cut off.
class Meta {
 public:
  /// Lines without "=" are left out and counted. Text that is not UTF-8 is taken as Latin-1.
  /// Errors: kLimit (more keys than Limits::members).
  static Result<Meta> Parse(std::string_view text, const Limits& limits);

  /// The first value of the key; nullopt where it is absent. An empty value is a value.
  std::optional<std::string_view> Find(std::string_view key) const;
  /// The value as a number; nullopt where it is absent, empty or no number.
  std::optional<std::uint64_t> FindUnsigned(std::string_view key) const;
  std::optional<double> FindDouble(std::string_view key) const;
  /// "384,0,1" as numbers; nullopt unless there are exactly `count`.
  std::optional<std::vector<std::uint64_t>> FindCounts(std::string_view key, std::size_t count) const;

  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }
  std::size_t ignored_lines() const { return ignored_lines_; }

 private:
  /// A file that ends without a newline may have been cut between two entries of its last table.
  void DropShortChannelMap();
  std::vector<std::pair<std::string, std::string>> entries_;
  std::size_t ignored_lines_ = 0;
};

/// One parenthesis of a table, split at its separators: "(0 1 0 500 250 1)" or "(AP0;0:12)".
using Fields = std::vector<std::string_view>;

/// "(a,b)(c d)(e:f)" as its parentheses; the first is the table's header. At most `max_entries`; nullopt where the text
/// is no such table or longer. The views point into `text`.
std::optional<std::vector<Fields>> ParseTable(std::string_view text, std::size_t max_entries);

/// "0:383,768" as its numbers, in order. Nullopt where the text is no such list or holds more than `max_numbers`.
std::optional<std::vector<std::uint64_t>> ParseNumberList(std::string_view text, std::size_t max_numbers);

/// True for text of key=value lines that hold typeThis=imec, nidq or obx. `head` may be cut anywhere.
bool LooksLikeMeta(std::string_view head);

}  // namespace rutter::spikeglx
