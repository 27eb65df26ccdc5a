#include "io/http/answer.h"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace rutter;
using namespace rutter::http;

namespace {

using Kind = Answer::Kind;

Answer Judge(Question question, std::initializer_list<const char*> lines) {
  ResponseHeadParser parser;
  for (const char* line : lines) parser.AddLine(line);
  return JudgeAnswer(parser.head(), question);
}

/// Bytes 100-199 of 1000.
Question Middle() {
  Question question;
  question.source = "https://h/x";
  question.first = 100;
  question.last = 199;
  question.known = Fingerprint{1000, std::nullopt, "\"v1\"", "Sat, 21 Nov 2026 08:00:00 GMT"};
  return question;
}

Question Opening() {
  Question question;
  question.source = "https://h/x";
  question.last = 65'535;
  return question;
}

void CheckError(const Answer& answer, Kind kind, ErrorCode code) {
  CHECK(answer.kind == kind);
  CHECK(answer.error.code == code);
  CHECK(answer.error.where.source == "https://h/x");
}

}  // namespace

TEST_CASE("206 is data where everything it says fits") {
  Answer answer = Judge(Middle(), {"HTTP/1.1 206", "Content-Range: bytes 100-199/1000", "Content-Length: 100", "ETag: \"v1\""});
  CHECK(answer.kind == Kind::kData);
  CHECK(answer.length == 100);
  CHECK(answer.exact);
  CHECK(answer.skip == 0);
  // A server may send less, and may leave the total open.
  answer = Judge(Middle(), {"HTTP/1.1 206", "Content-Range: bytes 100-149/*"});
  CHECK(answer.kind == Kind::kData);
  CHECK(answer.length == 50);
  CHECK_FALSE(answer.size_is_known);
  answer = Judge(Opening(), {"HTTP/1.1 206", "Content-Range: bytes 0-999/1000", "ETag: W/\"v1\""});
  CHECK(answer.kind == Kind::kData);
  CHECK(answer.length == 1000);
  CHECK(answer.found.size == 1000);
  CHECK(answer.found.etag == "W/\"v1\"");
}

TEST_CASE("206 that does not fit is never data") {
  for (std::initializer_list<const char*> lines : {
           std::initializer_list<const char*>{"HTTP/1.1 206"},
           {"HTTP/1.1 206", "Content-Range: bytes 101-200/1000"},
           {"HTTP/1.1 206", "Content-Range: bytes 0-99/1000"},
           {"HTTP/1.1 206", "Content-Range: bytes 100-200/1000"},
           {"HTTP/1.1 206", "Content-Range: bytes */1000"},
           {"HTTP/1.1 206", "Content-Range: bytes 100-199/1000", "Content-Length: 99"},
           {"HTTP/1.1 206", "Content-Range: bytes 100-199/1000", "Content-Range: bytes 0-99/1000"},
           {"HTTP/1.1 206", "Content-Range: nonsense"},
       }) {
    CheckError(Judge(Middle(), lines), Kind::kRepeat, ErrorCode::kIo);
  }
  CheckError(Judge(Middle(), {"HTTP/1.1 206", "Content-Type: multipart/byteranges; boundary=x"}), Kind::kFail, ErrorCode::kIo);
  CheckError(Judge(Middle(), {"HTTP/1.1 206", "Content-Range: bytes 100-199/1000", "Content-Encoding: gzip"}), Kind::kFail, ErrorCode::kIo);
}

TEST_CASE("another version is told, however the server shows it") {
  for (std::initializer_list<const char*> lines : {
           std::initializer_list<const char*>{"HTTP/1.1 206", "Content-Range: bytes 100-199/1001"},
           {"HTTP/1.1 206", "Content-Range: bytes 100-199/1000", "ETag: \"v2\""},
           {"HTTP/1.1 206", "Content-Range: bytes 100-199/1000", "Last-Modified: Sat, 21 Nov 2026 08:00:01 GMT"},
           {"HTTP/1.1 200", "Content-Length: 1001"},
           {"HTTP/1.1 200", "Content-Length: 1000", "ETag: \"v2\""},
           {"HTTP/1.1 412"},
           {"HTTP/1.1 409"},
           {"HTTP/1.1 416", "Content-Range: bytes */50"},
       }) {
    CheckError(Judge(Middle(), lines), Kind::kFail, ErrorCode::kSourceChanged);
  }
}

TEST_CASE("200 for a range is cut only where its length and version fit") {
  Answer answer = Judge(Middle(), {"HTTP/1.1 200", "Content-Length: 1000", "ETag: \"v1\""});
  CHECK(answer.kind == Kind::kData);
  CHECK(answer.skip == 100);
  CHECK(answer.length == 100);
  CHECK_FALSE(answer.exact);
  CheckError(Judge(Middle(), {"HTTP/1.1 200", "ETag: \"v1\""}), Kind::kRepeat, ErrorCode::kIo);
  CheckError(Judge(Middle(), {"HTTP/1.1 200", "Content-Length: 1000", "Content-Type: text/html; charset=utf-8"}), Kind::kFail, ErrorCode::kIo);
  Question far = Middle();
  far.known->size = 1ull << 40;
  far.last = kReadOverBytes;
  CheckError(Judge(far, {"HTTP/1.1 200", "Content-Length: 1099511627776", "ETag: \"v1\""}), Kind::kRepeat, ErrorCode::kIo);
}

TEST_CASE("200 when opening is the whole source, if its length is told") {
  Answer answer = Judge(Opening(), {"HTTP/1.1 200", "Content-Length: 1000", "ETag: \"v1\""});
  CHECK(answer.kind == Kind::kWhole);
  CHECK(answer.whole_length == 1000);
  answer = Judge(Opening(), {"HTTP/1.1 200", "Transfer-Encoding: chunked"});
  CHECK(answer.kind == Kind::kWhole);
  CHECK_FALSE(answer.whole_length);
  CheckError(Judge(Opening(), {"HTTP/1.1 200"}), Kind::kFail, ErrorCode::kIo);
  CheckError(Judge(Opening(), {"HTTP/1.1 200", "Content-Length: 25", "Content-Type: Text/HTML"}), Kind::kFail, ErrorCode::kIo);
  CHECK(Judge(Opening(), {"HTTP/1.1 416", "Content-Range: bytes */0"}).kind == Kind::kEmpty);
  CheckError(Judge(Opening(), {"HTTP/1.1 416"}), Kind::kRepeat, ErrorCode::kIo);
}

TEST_CASE("refusals") {
  CheckError(Judge(Middle(), {"HTTP/1.1 404"}), Kind::kFail, ErrorCode::kNotFound);
  CheckError(Judge(Middle(), {"HTTP/1.1 410"}), Kind::kFail, ErrorCode::kNotFound);
  CheckError(Judge(Middle(), {"HTTP/1.1 403"}), Kind::kFail, ErrorCode::kIo);
  CheckError(Judge(Middle(), {"HTTP/1.1 416", "Content-Range: bytes */1000"}), Kind::kFail, ErrorCode::kTruncated);
  CheckError(Judge(Middle(), {"HTTP/1.1 416"}), Kind::kFail, ErrorCode::kTruncated);
  CheckError(Judge(Middle(), {"HTTP/1.1 204"}), Kind::kFail, ErrorCode::kIo);
  CheckError(Judge(Middle(), {"HTTP/1.1 304"}), Kind::kFail, ErrorCode::kIo);
  CheckError(Judge(Middle(), {"HTTP/1.1 418"}), Kind::kFail, ErrorCode::kIo);
  CheckError(Judge(Middle(), {"HTTP/1.1"}), Kind::kFail, ErrorCode::kIo);
  Question redirected = Middle();
  redirected.was_redirected = true;
  CheckError(Judge(redirected, {"HTTP/1.1 403"}), Kind::kRenew, ErrorCode::kIo);
  for (const char* status : {"HTTP/1.1 408", "HTTP/1.1 429", "HTTP/1.1 500", "HTTP/1.1 502", "HTTP/1.1 503", "HTTP/1.1 504"}) {
    Answer answer = Judge(Middle(), {status, "Retry-After: 3"});
    CheckError(answer, Kind::kRepeat, ErrorCode::kIo);
    CHECK(answer.wait_seconds == 3);
  }
  Answer redirect = Judge(Middle(), {"HTTP/1.1 302", "Location: https://g/y"});
  CHECK(redirect.kind == Kind::kRedirect);
  CHECK(redirect.location == "https://g/y");
  CheckError(Judge(Middle(), {"HTTP/1.1 302"}), Kind::kFail, ErrorCode::kIo);
}

TEST_CASE("only strong validators go into If-Match") {
  CHECK(IsStrong("\"a\""));
  CHECK(IsStrong("\"\""));
  CHECK_FALSE(IsStrong("W/\"a\""));
  CHECK_FALSE(IsStrong(""));
  CHECK_FALSE(IsStrong("abc"));
}
