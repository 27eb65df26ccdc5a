#include "io/store/object_url.h"

#include <doctest/doctest.h>

using namespace rutter;

TEST_CASE("names of objects are taken apart, and their keys stay as they are") {
  struct Row {
    const char *text, *bucket, *key, *again;
  };
  for (const Row& row : {Row{"s3://bucket/a/b.nwb", "bucket", "a/b.nwb", "s3://bucket/a/b.nwb"}, {"S3://bucket/a", "bucket", "a", "s3://bucket/a"},
                         {"s3://b.u-c_k/a b+c=%20?x#y//z/", "b.u-c_k", "a b+c=%20?x#y//z/", "s3://b.u-c_k/a b+c=%20?x#y//z/"}, {"s3://bucket//lead", "bucket", "/lead", "s3://bucket//lead"},
                         {"s3://bucket", "bucket", "", "s3://bucket/"}, {"gs://bucket/k", "bucket", "k", "gs://bucket/k"}, {"gcs://bucket/k", "bucket", "k", "gcs://bucket/k"},
                         {"az://container/blob", "container", "blob", "az://container/blob"},
                         {"abfs://container@account.dfs.core.windows.net/a/b", "container", "a/b", "abfs://container@account.dfs.core.windows.net/a/b"},
                         {"abfss://container@account.blob.core.windows.net/b", "container", "b", "abfss://container@account.dfs.core.windows.net/b"},
                         {"az://account.blob.core.windows.net/container/a/b", "container", "a/b", "az://container@account.dfs.core.windows.net/a/b"}}) {
    CAPTURE(std::string(row.text));
    auto object = ParseObjectUrl(row.text);
    REQUIRE(object);
    CHECK(object->bucket == row.bucket);
    CHECK(object->key == row.key);
    CHECK(object->Text() == row.again);
    CHECK(ParseObjectUrl(object->Text())->Text() == row.again);
  }
}

TEST_CASE("names that are no objects are refused") {
  for (std::string text : {"https://bucket/key", "s3:/bucket/key", "s3://", "s3:///key", "s3://-b/key", "s3://b@evil.org/key", "s3://b:80/key", "s3://evil.org#/key", "s3://a..b/key", "s3://b/../key",
                           "s3://b/a/./c", "s3://b/a/..", "az://c@evil.org/b", "az://c@account.dfs.core.windows.net.evil.org/b", "abfs://c@/b", "s3://b%2Fc/key"}) {
    CAPTURE(text);
    auto object = ParseObjectUrl(text);
    REQUIRE(!object);
    CHECK(object.error().code == ErrorCode::kInvalidArgument);
  }
  CHECK_FALSE(ParseObjectUrl(std::string_view("s3://b/a\0b", 10)));
  CHECK_FALSE(ParseObjectUrl("s3://b/" + std::string(5'000, 'a')));
}

TEST_CASE("what lies below what") {
  auto below = [](const char* object, const char* prefix) { return IsBelow(*ParseObjectUrl(object), *ParseObjectUrl(prefix)); };
  CHECK(below("s3://b/a/c", "s3://b"));
  CHECK(below("s3://b/a/c", "s3://b/a"));
  CHECK(below("s3://b/a/c", "s3://b/a/"));
  CHECK(below("s3://b/a", "s3a://b/a"));
  CHECK_FALSE(below("s3://b/ac", "s3://b/a"));
  CHECK_FALSE(below("s3://bc/a", "s3://b"));
  CHECK_FALSE(below("gs://b/a", "s3://b/"));
  CHECK_FALSE(below("abfs://c@one.dfs.core.windows.net/a", "abfs://c@two.dfs.core.windows.net/"));
  CHECK(FolderOf(*ParseObjectUrl("s3://b/a/c.h5")) == "s3://b/a/");
  CHECK(FolderOf(*ParseObjectUrl("s3://b/c.h5")) == "s3://b/");
}

TEST_CASE("keys are percent-encoded as signatures want them") {
  CHECK(EncodeKey("a/b.c-d_e~f") == "a/b.c-d_e~f");
  CHECK(EncodeKey("a b+c=d") == "a%20b%2Bc%3Dd");
  CHECK(EncodeKey("//x/") == "//x/");
  CHECK(EncodeKey("\xC3\xA9%20?#&'()*!,;:@$\\") == "%C3%A9%2520%3F%23%26%27%28%29%2A%21%2C%3B%3A%40%24%5C");
}
