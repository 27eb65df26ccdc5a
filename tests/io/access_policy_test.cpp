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
  CHECK(CodeOf(policy.Decide("ftp://maps.org/key", base)) == ErrorCode::kUnsupported);
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
  AccessPolicy::Place named;
  named.url = secure;
  named.may_be_private = true;
  CHECK(CodeOf(policy.Redirect(named, secure, "http://h.org/x")) == ErrorCode::kPolicy);
  CHECK(CodeOf(policy.Redirect(named, secure, "file:///etc/passwd")) == ErrorCode::kUnsupported);
  CHECK(CodeOf(policy.Redirect(named, secure, "https://me:pw@h.org/x")) == ErrorCode::kInvalidArgument);
}

TEST_CASE("objects of stores: a bucket is an origin, and keys are for those whom the user named") {
  AccessPolicy policy({"s3://named/data/", "gs://public", "s3://named/one.h5"});
  const char* local = "/maps/a.json";
  CHECK(policy.Decide("s3://named/data/a b+c.h5", local)->object->key == "data/a b+c.h5");
  CHECK(policy.Decide("s3a://named/one.h5", local)->object);
  CHECK(policy.Decide("gs://public/x", local)->object->bucket == "public");
  for (const char* out : {"s3://named/other.h5", "s3://named/one.h5x", "s3://stranger/data/x", "s3://public/x", "gs://named/data/x"}) {
    CAPTURE(std::string(out));
    CHECK(CodeOf(policy.Decide(out, local)) == ErrorCode::kPolicy);
    CHECK(CodeOf(policy.Decide(out, "https://maps.org/m.json")) == ErrorCode::kPolicy);
    CHECK(CodeOf(policy.Decide(out, "s3://maps/m.json")) == ErrorCode::kPolicy);
  }
  CHECK(policy.Decide("s3://stranger/a/b.h5", local).error().hint == "add --allow s3://stranger/a/ to follow it");
  CHECK(CodeOf(policy.Decide("s3://named/data/../secret", local)) == ErrorCode::kInvalidArgument);
  CHECK(CodeOf(AccessPolicy({"/"}).Decide("s3://named/x", local)) == ErrorCode::kPolicy);

  const char* base = "s3://maps/folder/m.json";
  CHECK(policy.Decide("b c.h5", base)->object->Text() == "s3://maps/folder/b c.h5");
  CHECK(policy.Decide("/b.h5", base)->object->Text() == "s3://maps/b.h5");
  CHECK(policy.Decide("s3://maps/elsewhere/b.h5", base)->object);
  CHECK(CodeOf(policy.Decide("../b.h5", base)) == ErrorCode::kInvalidArgument);
  CHECK(CodeOf(policy.Decide("file:///etc/passwd", base)) == ErrorCode::kPolicy);
  CHECK(CodeOf(policy.Decide("https://maps.s3.amazonaws.com/x", base)) == ErrorCode::kPolicy);
  CHECK(CodeOf(policy.Decide("http://169.254.169.254/latest", base)) == ErrorCode::kPolicy);
}

TEST_CASE("a redirect from an object leads out of the store, and so away from its keys") {
  AccessPolicy policy({"s3://named/"});
  auto given = *policy.Decide("s3://named/x", "");
  given.url = *ParseUrl("https://named.s3.eu-west-1.amazonaws.com/x");
  given.target = std::make_shared<const store::Target>();
  for (const char* to : {"https://elsewhere.org/x", "https://named.s3.eu-west-1.amazonaws.com/y"}) {
    auto place = policy.Redirect(given, *given.url, to);
    REQUIRE(place);
    CHECK(place->target == nullptr);
    CHECK_FALSE(place->object);
  }
}
