#include "io/access_policy.h"

#include <doctest/doctest.h>

using namespace rutter;

namespace {

ErrorCode CodeOf(const Result<AccessPolicy::Place>& place) { return place ? ErrorCode::kInternal : place.error().code; }

}  // namespace

TEST_CASE("a remote document leads to its own origin and to what the user named, never to local files") {
  AccessPolicy policy({"https://named.org/data/", "/"});
  const char* base = "https://maps.org/a/map.json";
  CHECK(policy.Decide("b.h5", base)->url->text == "https://maps.org/a/b.h5");
  CHECK(policy.Decide("/x/b.h5", base)->url->text == "https://maps.org/x/b.h5");
  CHECK(policy.Decide("https://maps.org/c/d.h5?s=1", base)->url->text == "https://maps.org/c/d.h5?s=1");
  CHECK_FALSE(policy.Decide("b.h5", base)->may_be_private);
  CHECK(policy.Decide("https://named.org/data/x", base)->may_be_private);
  for (const char* out : {"https://other.org/x", "http://maps.org/a/b.h5", "https://maps.org:444/b", "https://named.org/x", "//other.org/x", "https://named.org/data/../x",
                          "file:///etc/passwd", "file://localhost/etc/passwd", "http://127.0.0.1/", "http://169.254.169.254/latest/meta-data"}) {
    CAPTURE(std::string(out));
    CHECK(CodeOf(policy.Decide(out, base)) == ErrorCode::kPolicy);
  }
  CHECK(policy.Decide("https://other.org/p/x.h5?secret=1", base).error().hint == "add --allow https://other.org/p/ to follow it");
  CHECK(policy.Decide("https://other.org/p/x.h5?secret=1", base).error().ToString().find("secret") == std::string::npos);
  CHECK(CodeOf(policy.Decide("s3://bucket/key", base)) == ErrorCode::kUnsupported);
  CHECK(CodeOf(policy.Decide("https://maps.org/%2e%2e/x", base)) == ErrorCode::kInvalidArgument);
}

TEST_CASE("a local document leads to URLs that the user named only") {
  AccessPolicy policy({"https://named.org/data/", "https://named.org/one.h5"});
  CHECK(policy.Decide("https://named.org/data/x.h5", "/maps/a.json"));
  CHECK(policy.Decide("https://named.org/one.h5", "/maps/a.json"));
  CHECK(CodeOf(policy.Decide("https://named.org/two.h5", "/maps/a.json")) == ErrorCode::kPolicy);
  CHECK(CodeOf(policy.Decide("http://localhost/x", "/maps/a.json")) == ErrorCode::kPolicy);
  CHECK(CodeOf(policy.Decide("/etc/hostname", "/maps/a.json")) == ErrorCode::kPolicy);
  CHECK(CodeOf(policy.Decide(std::string_view("https://named.org/data/\0x", 25), "/maps/a.json")) == ErrorCode::kPolicy);
  CHECK(CodeOf(AccessPolicy({"/"}).Decide("https://named.org/data/x.h5", "/maps/a.json")) == ErrorCode::kPolicy);
}

TEST_CASE("a place on this machine may lead to itself where the user named it by its address") {
  AccessPolicy none({});
  CHECK(none.Decide("b.h5", "http://127.0.0.1:8000/map.json")->may_be_private);
  CHECK(none.Decide("b.h5", "http://localhost/map.json")->may_be_private);
  CHECK_FALSE(none.Decide("b.h5", "http://intranet/map.json")->may_be_private);
  CHECK_FALSE(none.Decide("b.h5", "http://8.8.8.8/map.json")->may_be_private);
  CHECK(CodeOf(none.Decide("http://127.0.0.1:8001/b.h5", "http://127.0.0.1:8000/map.json")) == ErrorCode::kPolicy);
}

TEST_CASE("redirects lead to public places, to named ones, and within a named origin; never from https to http") {
  AccessPolicy policy({"http://127.0.0.1:8000/a", "http://127.0.0.1:9000/"});
  auto given = *policy.Decide("http://127.0.0.1:8000/a", "");
  CHECK(given.may_be_private);
  CHECK(policy.Redirect(given, *given.url, "/b")->may_be_private);
  CHECK(policy.Redirect(given, *given.url, "http://127.0.0.1:9000/x")->may_be_private);
  CHECK_FALSE(policy.Redirect(given, *given.url, "http://127.0.0.1:7000/x")->may_be_private);
  CHECK_FALSE(policy.Redirect(given, *given.url, "https://bucket.org/x?sig=1")->may_be_private);
  Url secure = *ParseUrl("https://h.org/x");
  CHECK(CodeOf(policy.Redirect({"", secure, true}, secure, "http://h.org/x")) == ErrorCode::kPolicy);
  CHECK(CodeOf(policy.Redirect({"", secure, true}, secure, "file:///etc/passwd")) == ErrorCode::kUnsupported);
  CHECK(CodeOf(policy.Redirect({"", secure, true}, secure, "https://me:pw@h.org/x")) == ErrorCode::kInvalidArgument);
}
