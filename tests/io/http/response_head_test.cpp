#include "io/http/response_head.h"

#include <doctest/doctest.h>

using namespace rutter::http;

TEST_CASE("Content-Range is what RFC 9110 says, or nothing") {
  CHECK(ParseContentRange("bytes 0-99/1000") == ContentRange{0, 99, 1000});
  CHECK(ParseContentRange(" BYTES 5-5/6 ") == ContentRange{5, 5, 6});
  CHECK(ParseContentRange("bytes 0-99/*") == ContentRange{0, 99, std::nullopt});
  CHECK(ParseContentRange("bytes */1000") == ContentRange{std::nullopt, std::nullopt, 1000});
  CHECK(ParseContentRange("bytes 0-18446744073709551614/18446744073709551615"));
  for (const char* text : {"", "bytes", "bytes ", "bytes 0-99", "bytes 0-99/", "bytes 99-0/1000", "bytes 0-1000/1000", "bytes 0-99/50", "items 0-9/10", "bytes -5/10", "bytes 5-/10",
                           "bytes 0-99/10x", "bytes 0x0-99/100", "bytes +0-99/100", "bytes 0--99/100", "bytes=0-99/100", "bytes 0-18446744073709551615/*",
                           "bytes 0-18446744073709551616/*", "bytes 0-9/18446744073709551616", "bytes 0-9,20-29/100", "bytes 1 0-9/100"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(ParseContentRange(text));
  }
}

TEST_CASE("the fields of a head") {
  ResponseHeadParser parser;
  for (const char* line : {"HTTP/1.1 100 Continue\r\n", "ETag: \"old\"\r\n", "\r\n", "HTTP/1.1 206 Partial Content\r\n", "content-LENGTH: 100\r\n", "Content-Range: bytes 0-99/1000\r\n",
                           "ETag:\"abc\"\r\n", "Last-Modified:  Sat, 21 Nov 2026 08:00:00 GMT \r\n", "Content-Encoding: identity\r\n", "Transfer-Encoding: gzip, Chunked\r\n", "no field\r\n", ": none\r\n", "\r\n"}) {
    parser.AddLine(line);
  }
  const ResponseHead& head = parser.head();
  CHECK(head.status == 206);
  CHECK(head.content_length == 100);
  CHECK(head.content_range == ContentRange{0, 99, 1000});
  CHECK(head.etag == "\"abc\"");
  CHECK(head.last_modified == "Sat, 21 Nov 2026 08:00:00 GMT");
  CHECK(head.content_encoding.empty());
  CHECK(head.is_chunked);
  CHECK(head.problem.empty());
}

TEST_CASE("a head that contradicts itself has a problem") {
  for (const auto& lines : {std::pair{"Content-Length: 5", "Content-Length: 6"}, {"Content-Range: bytes 0-4/9", "Content-Range: bytes 1-5/9"}, {"ETag: \"a\"", "ETag: \"b\""},
                            {"Content-Length: -5", ""}, {"Content-Range: bytes 9-4/9", ""}, {"Content-Length: 5, 5", ""}}) {
    CAPTURE(std::string(lines.first));
    ResponseHeadParser parser;
    parser.AddLine("HTTP/2 206\r\n");
    parser.AddLine(lines.first);
    parser.AddLine(lines.second);
    CHECK(parser.head().status == 206);
    CHECK_FALSE(parser.head().problem.empty());
  }
  ResponseHeadParser parser;
  parser.AddLine("HTTP/1.1 200 OK");
  for (int k = 0; k < 20'000; ++k) parser.AddLine("X-Long: aaaaaaaaaaaaaaaaaaaaaaaa\r\n");
  CHECK_FALSE(parser.head().problem.empty());
}

TEST_CASE("Retry-After as seconds and as a date") {
  CHECK(ParseRetryAfter("7", 0) == 7);
  CHECK(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", 784111777 - 30) == 30);
  CHECK(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", 784111777 + 30) == 0);
  for (const char* text : {"", "-3", "soon", "1.5", "99999999999999999999999"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(ParseRetryAfter(text, 0));
  }
}
