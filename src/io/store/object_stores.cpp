#include "io/store/object_stores.h"

#include <algorithm>
#include <utility>

namespace rutter::store {
namespace {

constexpr const char* kFirstRegion = "us-east-1";

/// Regions become part of a host's name, so their letters are few.
bool IsRegion(const std::string& region) {
  return !region.empty() && region.size() <= 64 && region.front() != '-' && region.back() != '-' &&
         std::all_of(region.begin(), region.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// Buckets with dots, capitals or underscores are no part of a host's name that a certificate covers.
bool FitsHost(const std::string& bucket) {
  return bucket.size() >= 3 && bucket.size() <= 63 && bucket.back() != '-' &&
         std::all_of(bucket.begin(), bucket.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

tl::unexpected<Error> Wrong(std::string message, std::string hint = {}) {
  Error error = MakeError(ErrorCode::kInvalidArgument, std::move(message));
  error.hint = std::move(hint);
  return Fail(std::move(error));
}

std::string WhyAnonymous(const StoreOptions& options, const AwsSettings& settings) {
  if (options.anonymous) return "leave out --anonymous where the object is not public";
  if (settings.login.empty()) return "no keys were found in AWS_ACCESS_KEY_ID, ~/.aws/credentials and ~/.aws/config; a private object needs them";
  return "profile '" + settings.profile + "' logs in by " + settings.login + ", which rutter does not do; run   eval \"$(aws configure export-credentials --profile " + settings.profile + " --format env)\"";
}

Result<Url> AzureUrl(const ObjectUrl& object, const Variables& variables) {
  std::string account = object.account;
  for (const char* name : {"AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"}) {
    if (account.empty()) account = variables(name);
  }
  bool is_account = !account.empty() && std::all_of(account.begin(), account.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  if (!is_account) {
    return Wrong("the storage account of " + object.Text() + " is not known", "set AZURE_STORAGE_ACCOUNT_NAME, or write abfs://container@account.dfs.core.windows.net/blob");
  }
  return ParseUrl("https://" + account + ".blob.core.windows.net/" + object.bucket + "/" + EncodeKey(object.key));
}

}  // namespace

Status ObjectStores::Load() {
  if (settings_) return {};
  RUTTER_ASSIGN(AwsSettings settings, LoadAwsSettings(variables_));
  if (!options_.region.empty()) settings.region = options_.region;
  if (!options_.endpoint.empty()) settings.endpoint = options_.endpoint;
  if (options_.addressing != StoreOptions::Addressing::kAuto) settings.addressing = options_.addressing == StoreOptions::Addressing::kPath ? "path" : "virtual";
  if (options_.anonymous) settings.credentials = nullptr;
  if (!settings.region.empty() && !IsRegion(settings.region)) return Wrong("'" + settings.region + "' is no region", "one is called eu-west-1");
  if (!settings.endpoint.empty()) {
    auto endpoint = ParseUrl(settings.endpoint);
    if (!endpoint) return Wrong("the endpoint '" + settings.endpoint + "' is no URL: " + endpoint.error().message, "one is called https://host:9000");
    if (!endpoint->query.empty()) return Wrong("the endpoint '" + settings.endpoint + "' has a query");
  }
  settings_ = std::move(settings);
  return {};
}

Result<Url> ObjectStores::S3Url(const ObjectUrl& object, const std::string& region) const {
  const std::string key = EncodeKey(object.key);
  if (settings_->endpoint.empty()) {
    const std::string host = "s3." + region + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
    const bool in_host = settings_->addressing != "path" && FitsHost(object.bucket);
    return ParseUrl(in_host ? "https://" + object.bucket + "." + host + "/" + key : "https://" + host + "/" + object.bucket + "/" + key);
  }
  RUTTER_ASSIGN(Url endpoint, ParseUrl(settings_->endpoint));
  std::string folder = endpoint.path.ends_with('/') ? endpoint.path : endpoint.path + "/";
  if (settings_->addressing != "virtual") return ParseUrl(endpoint.Origin() + folder + object.bucket + "/" + key);
  if (!FitsHost(object.bucket)) return Wrong("bucket '" + object.bucket + "' cannot be part of a host's name", "leave out --addressing virtual");
  return ParseUrl(endpoint.scheme + "://" + object.bucket + "." + endpoint.Origin().substr(endpoint.scheme.size() + 3) + folder + key);
}

Result<std::shared_ptr<const Target>> ObjectStores::FindS3(const ObjectUrl& object, const std::string& region) {
  Target target;
  target.stores = shared_from_this();
  target.object = object;
  target.region = region;
  RUTTER_ASSIGN(target.url, S3Url(object, region));
  target.credentials = settings_->credentials;
  if (target.credentials == nullptr) target.why_anonymous = WhyAnonymous(options_, *settings_);
  return std::make_shared<const Target>(std::move(target));
}

Result<std::shared_ptr<const Target>> ObjectStores::Find(const ObjectUrl& object) {
  if (object.key.empty()) return Wrong(object.Text() + " is a bucket, not an object");
  if (object.store == ObjectUrl::Store::kS3) {
    std::lock_guard lock(mutex_);
    RUTTER_TRY(Load());
    auto known = regions_.find(object.bucket);
    const std::string& said = known == regions_.end() ? settings_->region : known->second;
    return FindS3(object, said.empty() ? kFirstRegion : said);
  }
  Target target;
  target.stores = shared_from_this();
  target.object = object;
  if (object.store == ObjectUrl::Store::kGoogle) {
    RUTTER_ASSIGN(target.url, ParseUrl("https://storage.googleapis.com/" + object.bucket + "/" + EncodeKey(object.key)));
  } else {
    RUTTER_ASSIGN(target.url, AzureUrl(object, variables_));
  }
  target.why_anonymous = "only public objects of gs:// and az:// can be read";
  return std::make_shared<const Target>(std::move(target));
}

Result<std::shared_ptr<const Target>> ObjectStores::InRegion(const Target& target, const std::string& region) {
  if (!IsRegion(region)) return Fail(ErrorCode::kIo, "the store names a region that cannot be");
  std::lock_guard lock(mutex_);
  RUTTER_TRY(Load());
  return FindS3(target.object, region);
}

void ObjectStores::Remember(const Target& target) {
  std::lock_guard lock(mutex_);
  if (!target.region.empty()) regions_[target.object.bucket] = target.region;
}

std::shared_ptr<const Target> ObjectStores::WithNewKeys(const Target& target) {
  if (target.credentials == nullptr || target.object.store != ObjectUrl::Store::kS3) return nullptr;
  std::lock_guard lock(mutex_);
  if (settings_->credentials == target.credentials) {
    auto now = LoadAwsSettings(variables_);
    if (now && now->credentials != nullptr && !(*now->credentials == *target.credentials)) settings_->credentials = now->credentials;
  }
  // Another fetch may have found new keys already.
  if (settings_->credentials == nullptr || *settings_->credentials == *target.credentials) return nullptr;
  auto found = FindS3(target.object, target.region);
  return found ? *found : nullptr;
}

}  // namespace rutter::store
