#include "io/url.h"

#include <doctest/doctest.h>

using namespace rutter;

TEST_CASE("a URL is taken apart and written in one form") {
  auto url = ParseUrl("HTTPS://Data.Example.ORG:443/a/./b/../c%20d?x=1#part");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->host == "data.example.org");
  CHECK(url->path == "/a/c%20d");
  CHECK(url->query == "x=1");
  CHECK(url->text == "https://data.example.org/a/c%20d?x=1");
  CHECK(url->Origin() == "https://data.example.org");
  CHECK(url->WithoutQuery() == "https://data.example.org/a/c%20d");
  CHECK(FolderOf(*url) == "https://data.example.org/a/");
  CHECK(ParseUrl("http://h:8080/")->Origin() == "http://h:8080");
  CHECK(ParseUrl("http://h")->text == "http://h/");
  CHECK(ParseUrl("http://h./x")->host == "h");
  CHECK(ParseUrl("http://[::1]:80/x")->Origin() == "http://[::1]");
  CHECK(ParseUrl(ParseUrl("http://h/%C3%A4?q=%26#f")->text)->text == "http://h/%C3%A4?q=%26");
  // Spellings of an address become the address.
  for (const char* text : {"http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://2130706433./"}) {
    CAPTURE(std::string(text));
    CHECK(ParseUrl(text)->host == "127.0.0.1");
  }
}

TEST_CASE("what is no URL that can be read") {
  for (const char* text : {"", "http:///x", "http://%3127.0.0.1/", "http://%32/", "http://h%2e/", "http://", "https://user:secret@h/x", "http://user@h/", "http://h/a b", "http://h/\x01", "http://h\\@g/x",
                           "http://h/%2e%2e/x", "http://h/a/%2E./b", "http://h/..%2fx/%2e", "http://h/a%00b", "http://h/a%5cb", "http://h../x", "http://h:99999/", "http://h:x/", "/local/path", "a/b", "http://b\xc3\xbc\x63her.example/"}) {
    CAPTURE(std::string(text));
    auto url = ParseUrl(text);
    REQUIRE(!url);
    CHECK(url.error().code == ErrorCode::kInvalidArgument);
  }
  CHECK(ParseUrl("s3://bucket/key").error().code == ErrorCode::kUnsupported);
  CHECK(ParseUrl("ftp://h/x").error().code == ErrorCode::kUnsupported);
  CHECK(!ParseUrl("http://h/" + std::string(20'000, 'a')));
}

TEST_CASE("references are resolved against the folder of a URL") {
  Url base = *ParseUrl("https://h/a/b/map.json?sig=1");
  CHECK(ResolveUrl(base, "x.h5")->text == "https://h/a/b/x.h5");
  CHECK(ResolveUrl(base, "../x.h5")->text == "https://h/a/x.h5");
  CHECK(ResolveUrl(base, "/x.h5")->text == "https://h/x.h5");
  CHECK(ResolveUrl(base, "//other/x.h5")->text == "https://other/x.h5");
  CHECK(ResolveUrl(base, "http://other/x.h5")->text == "http://other/x.h5");
  CHECK(ResolveUrl(base, "my file#1?.h5")->text == "https://h/a/b/my%20file%231%3F.h5");
  CHECK(ResolveUrl(base, "my%20file.h5")->text == "https://h/a/b/my%20file.h5");
  CHECK(ResolveUrl(base, "100%.h5")->text == "https://h/a/b/100%25.h5");
  CHECK(!ResolveUrl(base, ""));
  CHECK(!ResolveUrl(base, std::string_view("a\0b", 3)));
  CHECK(FollowLocation(base, "/p?q=a%20b&c#f")->text == "https://h/p?q=a%20b&c");
  CHECK(FollowLocation(base, "?v=2")->text == "https://h/a/b/map.json?v=2");
  CHECK(FollowLocation(base, "c/d")->text == "https://h/a/b/c/d");
  CHECK(FollowLocation(base, "//g/d")->text == "https://g/d");
  CHECK(FollowLocation(base, "http://g:81/d e")->text == "http://g:81/d%20e");
  CHECK(!FollowLocation(base, "file:///etc/passwd"));
}

TEST_CASE("below means at or under a folder, of the same origin") {
  auto below = [](const char* url, const char* prefix) { return IsBelow(*ParseUrl(url), *ParseUrl(prefix)); };
  CHECK(below("https://a/b/c", "https://a/b/"));
  CHECK(below("https://a/b/c", "https://a/b"));
  CHECK(below("https://a/b", "https://a/b"));
  CHECK(below("https://a/b?x=1", "https://a/b"));
  CHECK(below("https://A:443/b/c", "https://a/"));
  CHECK(!below("https://a/bc", "https://a/b"));
  CHECK(!below("https://a/b", "https://a/b/"));
  CHECK(!below("http://a/b/c", "https://a/b/"));
  CHECK(!below("https://a:444/b/c", "https://a/b/"));
  CHECK(!below("https://a.evil/b/c", "https://a/b/"));
  CHECK(!below("https://a/b/../c", "https://a/b/"));
}

TEST_CASE("paths are no URLs") {
  CHECK(HasScheme("s3://x/y"));
  CHECK(!HasScheme("/a://b"));
  CHECK(!HasScheme("a/b"));
  CHECK(!HasScheme("C:/x"));
  CHECK(IsHttpUrl("HTTP://x"));
  CHECK(!IsHttpUrl("http:/x"));
}
