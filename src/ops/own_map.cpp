#include "ops/own_map.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "io/url.h"
#include "io/user_seal.h"

namespace rutter {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> Urls(const Map& map) {
  std::vector<std::string> urls;
  for (const Source& source : map.sources) urls.push_back(source.url);
  return urls;
}

bool LiesBelow(const std::string& url, const fs::path& folder) {
  if (HasScheme(url)) return false;
  std::error_code failure;
  fs::path path = fs::weakly_canonical(url, failure);
  return !failure && std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

}  // namespace

Result<std::string> SealForMap(const Map& map, const std::string& output) {
  std::error_code failure;
  fs::path folder = fs::weakly_canonical(fs::absolute(output, failure), failure).parent_path();
  std::vector<std::string> urls = Urls(map);
  if (std::all_of(urls.begin(), urls.end(), [&](const std::string& url) { return LiesBelow(url, folder); })) return std::string();
  return SealSources(urls);
}

std::vector<std::string> SourcesOfOwnMap(const Map& map) {
  std::vector<std::string> urls = Urls(map);
  if (map.seal.empty() || !IsOwnSeal(urls, map.seal)) urls.clear();
  return urls;
}

}  // namespace rutter
