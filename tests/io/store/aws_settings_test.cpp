#include "io/store/aws_settings.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "io/store/ini_file.h"

using namespace rutter;
using namespace rutter::store;

namespace {

/// A home folder with the two files.
class Home {
 public:
  Home(const std::string& credentials, const std::string& config) {
    char name[] = "/tmp/rutter-home-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::filesystem::create_directory(folder_ / ".aws");
    if (!credentials.empty()) std::ofstream(folder_ / ".aws/credentials") << credentials;
    if (!config.empty()) std::ofstream(folder_ / ".aws/config") << config;
  }
  ~Home() { std::filesystem::remove_all(folder_); }
  Result<AwsSettings> Load(std::map<std::string, std::string> variables) const {
    variables.emplace("HOME", folder_.string());
    return LoadAwsSettings([&](const char* name) { return variables[name]; });
  }

 private:
  std::filesystem::path folder_;
};

const char* const kKeys = "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key=one=/+\n\n# a remark\n[lab]\r\naws_access_key_id=LAB\r\naws_secret_access_key = two # said\r\naws_session_token = three\r\n";
const char* const kConfig =
    "[default]\nregion = us-west-2\n[profile lab]\nregion=eu-central-1\nendpoint_url = https://lab.org\ns3 =\n  addressing_style = path\n"
    "[profile own]\naws_access_key_id=OWN\naws_secret_access_key=four\nservices = local\n[services local]\ns3 =\n  endpoint_url = http://localhost:9000\n"
    "[profile sso]\nsso_session = x\nregion = eu-west-3\n[profile half]\naws_access_key_id=HALF\n";

}  // namespace

TEST_CASE("sections, names below names, and lines that say nothing") {
  IniFile file = ParseIni("x = 1\n[ a ]\nB = c\n; no\ns3 =\n  d = e\n\tf = g\nh = i\n[b\nz = 1\n[c]\nlast=1");
  CHECK(file.size() == 2);
  CHECK(file["a"] == std::map<std::string, std::string>{{"b", "c"}, {"s3", ""}, {"s3.d", "e"}, {"s3.f", "g"}, {"h", "i"}});
  CHECK(file["c"]["last"] == "1");
  CHECK(ParseIni("").empty());
  CHECK(ReadIni("/nonexistent/credentials")->empty());
  CHECK_FALSE(ReadIni("/"));
}

TEST_CASE("credentials: the environment, then the profile's in both files") {
  Home home(kKeys, kConfig);
  auto settings = home.Load({{"AWS_ACCESS_KEY_ID", "ENV"}, {"AWS_SECRET_ACCESS_KEY", "s"}, {"AWS_SESSION_TOKEN", "t"}, {"AWS_PROFILE", "lab"}});
  REQUIRE(settings);
  CHECK(*settings->credentials == Credentials{"ENV", "s", "t"});
  CHECK(settings->region == "eu-central-1");

  settings = home.Load({});
  REQUIRE(settings);
  CHECK(*settings->credentials == Credentials{"DEFAULT", "one=/+", ""});
  CHECK(settings->region == "us-west-2");
  CHECK(settings->endpoint.empty());

  settings = home.Load({{"AWS_PROFILE", "lab"}, {"AWS_REGION", "eu-north-1"}});
  REQUIRE(settings);
  CHECK(*settings->credentials == Credentials{"LAB", "two", "three"});
  CHECK(settings->region == "eu-north-1");
  CHECK(settings->endpoint == "https://lab.org");
  CHECK(settings->addressing == "path");
  CHECK(home.Load({{"AWS_PROFILE", "lab"}, {"AWS_ENDPOINT_URL", "https://a"}, {"AWS_ENDPOINT_URL_S3", "https://b"}})->endpoint == "https://b");
  CHECK(home.Load({{"AWS_PROFILE", "lab"}, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}})->endpoint.empty());

  settings = home.Load({{"AWS_PROFILE", "own"}});
  REQUIRE(settings);
  CHECK(settings->credentials->key_id == "OWN");
  CHECK(settings->endpoint == "http://localhost:9000");
}

TEST_CASE("no credentials, and those that cannot be") {
  Home home(kKeys, kConfig), empty("", "");
  auto settings = home.Load({{"AWS_PROFILE", "sso"}});
  REQUIRE(settings);
  CHECK(settings->credentials == nullptr);
  CHECK(settings->login == "SSO");
  settings = empty.Load({});
  REQUIRE(settings);
  CHECK(settings->credentials == nullptr);
  CHECK(settings->login.empty());
  CHECK(LoadAwsSettings([](const char*) { return std::string(); })->credentials == nullptr);  // no home either
  for (std::map<std::string, std::string> wrong : {std::map<std::string, std::string>{{"AWS_PROFILE", "none"}}, {{"AWS_PROFILE", "half"}}, {{"AWS_ACCESS_KEY_ID", "x"}}, {{"AWS_SECRET_ACCESS_KEY", "sesame"}}}) {
    auto refused = home.Load(wrong);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::kInvalidArgument);
    CHECK(refused.error().ToString().find("sesame") == std::string::npos);
  }
}
