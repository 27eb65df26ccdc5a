#pragma once
// What the user told AWS's own tools: keys, region and endpoint, from the environment and the files in ~/.aws.

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"

namespace rutter::store {

/// Keys that sign requests. Never shown, never written.
struct Credentials {
  std::string key_id, secret;
  std::string session_token;  ///< Of keys that last some hours; else empty.
  bool operator==(const Credentials&) const = default;
};

/// The value of an environment variable; empty where it is not set.
using Variables = std::function<std::string(const char* name)>;
std::string EnvironmentVariable(const char* name);

struct AwsSettings {
  std::string profile;                             ///< The one that was looked into: AWS_PROFILE, else "default".
  std::string region;                              ///< AWS_REGION, AWS_DEFAULT_REGION, the profile's; else empty.
  std::string endpoint;                            ///< AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's; else empty.
  std::string addressing;                          ///< The profile's "s3 / addressing_style"; else empty.
  std::shared_ptr<const Credentials> credentials;  ///< Null where there are none; `login` tells of what is not done here.
  std::string login;                               ///< "SSO", "a role", "credential_process": how the profile would log in.
};

/// Credentials in this order: AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), the profile in
/// ~/.aws/credentials (AWS_SHARED_CREDENTIALS_FILE), the profile in ~/.aws/config (AWS_CONFIG_FILE). What is not done: SSO,
/// roles, web identities, credential_process, and the services that machines and containers of the cloud ask for keys.
/// Files that are not there are empty. Errors: kInvalidArgument (half a pair of keys, a profile that is nowhere), kIo.
Result<AwsSettings> LoadAwsSettings(const Variables& variables = EnvironmentVariable);

}  // namespace rutter::store
