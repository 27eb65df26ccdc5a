// What we read of servers ourselves: response heads, Content-Range, Retry-After, and what is concluded.
// The first byte chooses the subject; the rest is the text.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "io/http/answer.h"
#include "io/http/response_head.h"

namespace {

using namespace rutter;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckRange(const http::ContentRange& range) {
  Require(range.first.has_value() == range.last.has_value());
  if (range.first) Require(*range.first <= *range.last);
  if (range.first && range.total) Require(*range.last < *range.total);
}

/// No answer, whatever it says, may lead to bytes of another place or version.
void CheckAnswer(const http::ResponseHead& head, const http::Question& question) {
  using Kind = http::Answer::Kind;
  const http::Answer answer = http::JudgeAnswer(head, question);
  const std::uint64_t wanted = question.last - question.first + 1;
  switch (answer.kind) {
    case Kind::kData:
      Require(head.problem.empty() && head.content_encoding.empty() && answer.length >= 1 && answer.length <= wanted);
      if (answer.exact) {
        Require(head.status == 206 && answer.skip == 0 && head.content_range->first == question.first);
        Require(*head.content_range->last - question.first + 1 == answer.length);
        if (head.content_length) Require(*head.content_length == answer.length);
      } else {
        Require(head.status == 200 && question.known && answer.skip == question.first && answer.length == wanted && question.last < http::kReadOverBytes);
        Require(head.content_length == question.known->size);
      }
      if (question.known) {
        if (answer.size_is_known) Require(answer.found.size == question.known->size);
        if (!head.etag.empty() && !question.known->etag.empty()) Require(head.etag == question.known->etag);
      }
      break;
    case Kind::kWhole: Require(!question.known && head.status == 200 && head.problem.empty() && (head.content_length || head.is_chunked)); break;
    case Kind::kEmpty: Require(!question.known && head.status == 416); break;
    case Kind::kRedirect: Require(head.status >= 300 && head.status < 400 && !answer.location.empty()); break;
    case Kind::kRepeat:
    case Kind::kRenew:
    case Kind::kRegion:
    case Kind::kNewKeys:
    case Kind::kFail: Require(!answer.error.message.empty() && answer.error.code != ErrorCode::kInternal && answer.error.where.source == question.source); break;
  }
}

void CheckHead(std::string_view text) {
  http::ResponseHeadParser parser;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    parser.AddLine(text.substr(0, end));
    text.remove_prefix(end);
  }
  http::Question question;
  question.source = "https://h/x";
  question.last = 65'535;
  CheckAnswer(parser.head(), question);
  question.first = 100;
  question.last = 199;
  question.known = Fingerprint{1000, std::nullopt, "\"v1\"", ""};
  CheckAnswer(parser.head(), question);
  question.first = question.last = 1ull << 40;
  question.known = Fingerprint{1ull << 41, std::nullopt, "", "Sat, 21 Nov 2026 08:00:00 GMT"};
  question.was_redirected = true;
  CheckAnswer(parser.head(), question);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    CheckHead(text);
  } else {
    if (auto range = http::ParseContentRange(text)) CheckRange(*range);
    http::ParseRetryAfter(text, 1'800'000'000);
  }
  return 0;
}
