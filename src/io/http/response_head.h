#pragma once
// The head of an HTTP response, as far as a range request needs it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rutter::http {

/// "bytes 0-99/1000": inclusive; a part that the server left open ("*") is absent.
struct ContentRange {
  std::optional<std::uint64_t> first, last;  ///< Both or none.
  std::optional<std::uint64_t> total;
  bool operator==(const ContentRange&) const = default;
};

/// nullopt where the text contradicts RFC 9110, 14.4: another unit, last < first, total <= last, a number over 2^64.
std::optional<ContentRange> ParseContentRange(std::string_view text);

/// Digits only; nullopt on anything else and on overflow.
std::optional<std::uint64_t> ParseNumber(std::string_view text);

struct ResponseHead {
  int status = 0;
  std::optional<std::uint64_t> content_length;
  std::optional<ContentRange> content_range;
  bool is_chunked = false;  ///< The end of the body is marked in the body.
  std::string etag, last_modified, content_type, content_encoding, location, retry_after;
  std::string bucket_region;  ///< Object stores of S3's kind: x-amz-bucket-region.
  std::string problem;  ///< Empty, or what makes the head unusable: a field that is malformed or stands twice and differs.

  bool IsWebPage() const;
};

/// Takes header lines as they come (with their line ends), those of interim and proxy responses too: a status line starts
/// again.
class ResponseHeadParser {
 public:
  void AddLine(std::string_view line);
  const ResponseHead& head() const { return head_; }

 private:
  void AddField(std::string_view name, std::string_view value);
  void Once(std::string& field, std::string_view name, std::string_view value);

  ResponseHead head_;
  std::size_t bytes_ = 0;
};

/// How long a server asks to wait: seconds, or a date, against `now` (seconds since 1970). nullopt where it says nothing
/// that can be understood; never negative.
std::optional<std::uint64_t> ParseRetryAfter(std::string_view text, std::int64_t now);

}  // namespace rutter::http
