#include "io/store/aws_settings.h"

#include <array>
#include <cstdlib>
#include <utility>

#include "io/store/ini_file.h"

namespace rutter::store {
namespace {

using Section = std::map<std::string, std::string>;

/// A name in a profile, and what logs in with it.
struct Login {
  const char* name;
  const char* what;
};
constexpr std::array<Login, 7> kLogins = {{{"sso_session", "SSO"},
                                           {"sso_start_url", "SSO"},
                                           {"role_arn", "a role"},
                                           {"web_identity_token_file", "a web identity"},
                                           {"credential_process", "credential_process"},
                                           {"credential_source", "a role"},
                                           {"login_session", "the login of the console"}}};

std::string ValueIn(const Section* section, const std::string& name) {
  if (section == nullptr) return {};
  auto found = section->find(name);
  return found == section->end() ? std::string() : found->second;
}

const Section* SectionIn(const IniFile& file, const std::string& name) {
  auto found = file.find(name);
  return found == file.end() ? nullptr : &found->second;
}

/// The pair as it stands; null where neither half is there. `place` is what an error names.
Result<std::shared_ptr<const Credentials>> Pair(std::string key_id, std::string secret, std::string token, const std::string& place) {
  if (key_id.empty() && secret.empty()) return std::shared_ptr<const Credentials>();
  if (key_id.empty() || secret.empty()) {
    return Fail(ErrorCode::kInvalidArgument, place + (key_id.empty() ? " has a secret access key without its access key id" : " has an access key id without its secret access key"));
  }
  return std::make_shared<const Credentials>(Credentials{std::move(key_id), std::move(secret), std::move(token)});
}

Result<std::shared_ptr<const Credentials>> PairIn(const Section* section, const std::string& place) {
  return Pair(ValueIn(section, "aws_access_key_id"), ValueIn(section, "aws_secret_access_key"), ValueIn(section, "aws_session_token"), place);
}

std::string FirstOf(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) return text;
  }
  return {};
}

std::string FileOf(const Variables& variables, const char* variable, const char* name) {
  std::string path = variables(variable), home = variables("HOME");
  if (path.starts_with("~/")) return home.empty() ? std::string() : home + path.substr(1);
  if (!path.empty()) return path;
  return home.empty() ? std::string() : home + "/.aws/" + name;
}

}  // namespace

std::string EnvironmentVariable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

Result<AwsSettings> LoadAwsSettings(const Variables& variables) {
  AwsSettings settings;
  const std::string named = FirstOf({variables("AWS_PROFILE"), variables("AWS_DEFAULT_PROFILE")});
  settings.profile = named.empty() ? "default" : named;
  RUTTER_ASSIGN(const IniFile keys, ReadIni(FileOf(variables, "AWS_SHARED_CREDENTIALS_FILE", "credentials")));
  RUTTER_ASSIGN(const IniFile config, ReadIni(FileOf(variables, "AWS_CONFIG_FILE", "config")));
  const Section* key_section = SectionIn(keys, settings.profile);
  const Section* section = SectionIn(config, "profile " + settings.profile);
  if (section == nullptr && settings.profile == "default") section = SectionIn(config, "default");

  RUTTER_ASSIGN(settings.credentials, Pair(variables("AWS_ACCESS_KEY_ID"), variables("AWS_SECRET_ACCESS_KEY"), variables("AWS_SESSION_TOKEN"), "the environment"));
  if (settings.credentials == nullptr && !named.empty() && key_section == nullptr && section == nullptr) {
    Error error = MakeError(ErrorCode::kInvalidArgument, "there is no profile '" + named + "' (AWS_PROFILE)");
    error.hint = "profiles stand in ~/.aws/credentials and ~/.aws/config";
    return Fail(std::move(error));
  }
  if (settings.credentials == nullptr) {
    RUTTER_ASSIGN(settings.credentials, PairIn(key_section, "profile '" + settings.profile + "' in the credentials file"));
  }
  if (settings.credentials == nullptr) {
    RUTTER_ASSIGN(settings.credentials, PairIn(section, "profile '" + settings.profile + "' in the config file"));
  }
  for (const Login& login : kLogins) {
    if (settings.credentials == nullptr && settings.login.empty() && !FirstOf({ValueIn(section, login.name), ValueIn(key_section, login.name)}).empty()) settings.login = login.what;
  }
  settings.region = FirstOf({variables("AWS_REGION"), variables("AWS_DEFAULT_REGION"), ValueIn(section, "region"), ValueIn(key_section, "region")});
  std::string services = ValueIn(section, "services");
  const Section* service_section = services.empty() ? nullptr : SectionIn(config, "services " + services);
  if (variables("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != "true") {
    settings.endpoint = FirstOf({variables("AWS_ENDPOINT_URL_S3"), variables("AWS_ENDPOINT_URL"), ValueIn(service_section, "s3.endpoint_url"), ValueIn(section, "endpoint_url")});
  }
  settings.addressing = ValueIn(section, "s3.addressing_style");
  return settings;
}

}  // namespace rutter::store
