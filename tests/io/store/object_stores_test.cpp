#include "io/store/object_stores.h"

#include <doctest/doctest.h>

#include <map>

using namespace rutter;
using namespace rutter::store;

namespace {

using Map = std::map<std::string, std::string>;
const Map kKeys = {{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "secret"}};

std::shared_ptr<ObjectStores> Stores(StoreOptions options, Map variables = kKeys) {
  return std::make_shared<ObjectStores>(std::move(options), [variables](const char* name) {
    auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
}

std::string UrlOf(const std::string& name, StoreOptions options = {}, Map variables = kKeys) {
  auto target = Stores(std::move(options), std::move(variables))->Find(*ParseObjectUrl(name));
  return target ? (*target)->url.text : target.error().ToString();
}

StoreOptions At(std::string endpoint, StoreOptions::Addressing addressing = StoreOptions::Addressing::kAuto) {
  StoreOptions options;
  options.endpoint = std::move(endpoint);
  options.addressing = addressing;
  return options;
}

}  // namespace

TEST_CASE("the URLs of objects: bucket in the host or in the path, AWS or another store") {
  using Addressing = StoreOptions::Addressing;
  StoreOptions region;
  region.region = "eu-west-1";
  CHECK(UrlOf("s3://bucket/a b+c=/\xC3\xA9//x", region) == "https://bucket.s3.eu-west-1.amazonaws.com/a%20b%2Bc%3D/%C3%A9//x");
  CHECK(UrlOf("s3://with.dots/k", region) == "https://s3.eu-west-1.amazonaws.com/with.dots/k");
  CHECK(UrlOf("s3://Old_Bucket/k", region) == "https://s3.eu-west-1.amazonaws.com/Old_Bucket/k");
  region.addressing = Addressing::kPath;
  CHECK(UrlOf("s3://bucket/k", region) == "https://s3.eu-west-1.amazonaws.com/bucket/k");
  CHECK(UrlOf("s3://bucket/k") == "https://bucket.s3.us-east-1.amazonaws.com/k");
  CHECK(UrlOf("s3://bucket/k", {}, {{"AWS_REGION", "cn-north-1"}}) == "https://bucket.s3.cn-north-1.amazonaws.com.cn/k");
  CHECK(UrlOf("s3://bucket/k", At("http://127.0.0.1:9000")) == "http://127.0.0.1:9000/bucket/k");
  CHECK(UrlOf("s3://bucket/k", At("https://host/s3/")) == "https://host/s3/bucket/k");
  CHECK(UrlOf("s3://bucket/k", At("https://host:8443", Addressing::kVirtualHost)) == "https://bucket.host:8443/k");
  CHECK(UrlOf("s3://bucket//k", {}, {{"AWS_ENDPOINT_URL_S3", "https://host"}}) == "https://host/bucket//k");
  CHECK(UrlOf("gs://bucket/a b") == "https://storage.googleapis.com/bucket/a%20b");
  CHECK(UrlOf("abfs://c@account.dfs.core.windows.net/a b") == "https://account.blob.core.windows.net/c/a%20b");
  CHECK(UrlOf("az://c/b", {}, {{"AZURE_STORAGE_ACCOUNT_NAME", "account"}}) == "https://account.blob.core.windows.net/c/b");
}

TEST_CASE("settings that cannot be") {
  StoreOptions region;
  region.region = "evil.org/";
  for (const std::string& said : {UrlOf("s3://bucket/k", region), UrlOf("s3://bucket/k", At("localhost:9000")), UrlOf("s3://bucket/k", At("https://me:pw@host")), UrlOf("s3://bucket/k", At("https://host/?x=1")),
                                  UrlOf("s3://with.dots/k", At("https://host", StoreOptions::Addressing::kVirtualHost)), UrlOf("s3://bucket"), UrlOf("az://c/b"), UrlOf("az://c/b", {}, {{"AZURE_STORAGE_ACCOUNT", "evil.org/"}}),
                                  UrlOf("s3://bucket/k", {}, {{"AWS_ACCESS_KEY_ID", "AK"}})}) {
    CHECK(said.starts_with("invalid-argument: "));
  }
}

TEST_CASE("who signs, and why a request is not signed") {
  auto find = [](StoreOptions options, const Map& variables) { return *Stores(std::move(options), variables)->Find(*ParseObjectUrl("s3://bucket/k")); };
  auto target = find({}, kKeys);
  REQUIRE(target->credentials != nullptr);
  CHECK(target->credentials->key_id == "AK");
  CHECK(target->why_anonymous.empty());
  StoreOptions anonymous;
  anonymous.anonymous = true;
  target = find(anonymous, kKeys);
  CHECK(target->credentials == nullptr);
  CHECK(target->why_anonymous.find("--anonymous") != std::string::npos);
  CHECK(find({}, {})->why_anonymous.find("AWS_ACCESS_KEY_ID") != std::string::npos);
  CHECK((*Stores({}, kKeys)->Find(*ParseObjectUrl("gs://bucket/k")))->credentials == nullptr);
}

TEST_CASE("a region that the store told holds for the bucket") {
  auto stores = Stores({});
  auto object = *ParseObjectUrl("s3://bucket/k"), other = *ParseObjectUrl("s3://other/k");
  auto target = *stores->Find(object);
  auto moved = stores->InRegion(*target, "ap-southeast-2");
  REQUIRE(moved);
  CHECK((*moved)->url.host == "bucket.s3.ap-southeast-2.amazonaws.com");
  CHECK((*moved)->credentials == target->credentials);
  CHECK((*stores->Find(object))->region == "us-east-1");
  stores->Remember(**moved);
  CHECK((*stores->Find(object))->region == "ap-southeast-2");
  CHECK((*stores->Find(other))->region == "us-east-1");
  for (const char* region : {"", "evil.org", "a/b", "a@b", "-a", "EU"}) CHECK_FALSE(stores->InRegion(*target, region));

  auto elsewhere = Stores(At("http://127.0.0.1:9000"));
  auto here = *elsewhere->Find(object);
  CHECK((*elsewhere->InRegion(*here, "eu-west-1"))->url.text == here->url.text);
}

TEST_CASE("keys that were renewed are taken, once they are others") {
  Map variables = kKeys;
  auto stores = std::make_shared<ObjectStores>(StoreOptions(), [&variables](const char* name) { return variables[name]; });
  auto target = *stores->Find(*ParseObjectUrl("s3://bucket/k"));
  CHECK(stores->WithNewKeys(*target) == nullptr);
  variables["AWS_ACCESS_KEY_ID"] = "NEW";
  auto renewed = stores->WithNewKeys(*target);
  REQUIRE(renewed != nullptr);
  CHECK(renewed->credentials->key_id == "NEW");
  CHECK(stores->WithNewKeys(*target) != nullptr);  // of another fetch with the old ones
  CHECK(stores->WithNewKeys(*renewed) == nullptr);
}
