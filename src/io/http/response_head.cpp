#include "io/http/response_head.h"

#include "base/text.h"
#include "io/http/libcurl.h"

#include <algorithm>
#include <charconv>

namespace rutter::http {
namespace {

constexpr std::size_t kMaxHeadBytes = 256 * 1024;
constexpr std::size_t kMaxFieldBytes = 16 * 1024;

}  // namespace

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t number = 0;
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<ContentRange> ParseContentRange(std::string_view text) {
  text = Trimmed(text);
  if (Lower(text.substr(0, 5)) != "bytes" || text.size() < 6 || text[5] != ' ') return std::nullopt;
  text = Trimmed(text.substr(6));
  std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::string_view range = Trimmed(text.substr(0, slash)), total = Trimmed(text.substr(slash + 1));
  ContentRange result;
  if (total != "*") {
    result.total = ParseNumber(total);
    if (!result.total) return std::nullopt;
  }
  if (range == "*") return result;
  std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  result.first = ParseNumber(range.substr(0, dash));
  result.last = ParseNumber(range.substr(dash + 1));
  if (!result.first || !result.last || *result.last < *result.first || *result.last == UINT64_MAX) return std::nullopt;
  if (result.total && *result.total <= *result.last) return std::nullopt;
  return result;
}

bool ResponseHead::IsWebPage() const {
  std::string type = Lower(content_type);
  return type.starts_with("text/html") || type.starts_with("application/xhtml");
}

void ResponseHeadParser::Once(std::string& field, std::string_view name, std::string_view value) {
  if (value.size() > kMaxFieldBytes) {
    head_.problem = std::string(name) + " has " + std::to_string(value.size()) + " bytes";
  } else if (!field.empty() && field != value) {
    head_.problem = std::string(name) + " stands twice and differs";
  } else {
    field = value;
  }
}

void ResponseHeadParser::AddField(std::string_view name, std::string_view value) {
  std::string key = Lower(name);
  auto malformed = [&] { head_.problem = key + " is malformed: " + std::string(value.substr(0, 100)); };
  if (key == "content-length") {
    auto number = ParseNumber(value);
    if (!number || (head_.content_length && *head_.content_length != *number)) return malformed();
    head_.content_length = number;
  } else if (key == "content-range") {
    auto range = ParseContentRange(value);
    if (!range || (head_.content_range && !(*head_.content_range == *range))) return malformed();
    head_.content_range = range;
  } else if (key == "transfer-encoding") {
    head_.is_chunked = Lower(value).ends_with("chunked");
  } else if (key == "etag") {
    Once(head_.etag, key, value);
  } else if (key == "last-modified") {
    Once(head_.last_modified, key, value);
  } else if (key == "content-type") {
    Once(head_.content_type, key, value);
  } else if (key == "content-encoding") {
    if (Lower(value) != "identity") Once(head_.content_encoding, key, value);
  } else if (key == "location") {
    Once(head_.location, key, value);
  } else if (key == "x-amz-bucket-region") {
    Once(head_.bucket_region, key, value);
  } else if (key == "retry-after") {
    head_.retry_after = std::string(value.substr(0, 100));
  }
}

void ResponseHeadParser::AddLine(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    head_ = ResponseHead();
    bytes_ = line.size();
    std::size_t space = line.find(' ');
    auto status = space == std::string_view::npos ? std::nullopt : ParseNumber(line.substr(space + 1, 3));
    head_.status = status && *status >= 100 ? static_cast<int>(*status) : 0;
    return;
  }
  bytes_ += line.size();
  if (bytes_ > kMaxHeadBytes) {
    head_.problem = "the head is longer than " + std::to_string(kMaxHeadBytes) + " bytes";
    return;
  }
  std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return;
  AddField(Trimmed(line.substr(0, colon)), Trimmed(line.substr(colon + 1)));
}

std::optional<std::uint64_t> ParseRetryAfter(std::string_view text, std::int64_t now) {
  text = Trimmed(text);
  if (auto seconds = ParseNumber(text)) return seconds;
  if (text.empty() || text.size() > 100 || !Curl().is_loaded) return std::nullopt;
  std::int64_t date = Curl().getdate(std::string(text).c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return date > now ? static_cast<std::uint64_t>(date - now) : 0;
}

}  // namespace rutter::http
