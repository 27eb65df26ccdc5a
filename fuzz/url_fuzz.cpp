// URLs that files, maps, users and servers give: what they mean, where they lead, and what the policy says of them.
// The first byte chooses the subject; the rest is the text.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "io/access_policy.h"
#include "io/url.h"

namespace {

using namespace rutter;

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckUrl(const Url& url) {
  Require(url.scheme == "http" || url.scheme == "https");
  Require(!url.host.empty() && !url.port.empty() && url.path.starts_with('/'));
  Require(url.text.find('@') == std::string::npos || url.text.find('@') > url.Origin().size());
  for (std::string_view segment : {"/../", "/./"}) Require((url.path + "/").find(segment) == std::string::npos);
  auto again = ParseUrl(url.text);
  Require(again && again->text == url.text && again->host == url.host && again->port == url.port && again->path == url.path);
  auto folder = ParseUrl(FolderOf(url));
  Require(folder && IsBelow(url, *folder) && IsBelow(url, url));
}

void CheckUrls(std::string_view text) {
  if (auto url = ParseUrl(text)) CheckUrl(*url);
  static const Url base = *ParseUrl("https://h.org/a/b?s=1");
  if (auto url = ResolveUrl(base, text)) {
    CheckUrl(*url);
    Require(HasScheme(text) || text.starts_with("//") || url->Origin() == base.Origin());
  }
  if (auto url = FollowLocation(base, text)) CheckUrl(*url);
}

void CheckPolicy(std::string_view text) {
  static const AccessPolicy policy({"/tmp/", "http://named.org/data/"});
  static const Url named = *ParseUrl("http://named.org/data/");
  if (auto place = policy.Decide(text, "https://h.org/a/map.json")) {
    Require(place->path.empty() && place->url && (place->url->Origin() == "https://h.org" || IsBelow(*place->url, named)));
    Require(place->may_be_private == IsBelow(*place->url, named));
  }
  if (auto place = policy.Decide(text, "/maps/map.json")) {
    Require(place->url ? IsBelow(*place->url, named) : place->path.starts_with("/maps") || place->path.starts_with("/tmp"));
  }
  const Url from = *ParseUrl("https://h.org/x");
  if (auto place = policy.Redirect({"", from, false}, from, text)) Require(place->url && place->url->scheme == "https" && !place->may_be_private);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    CheckPolicy(text);
  } else {
    CheckUrls(text);
  }
  return 0;
}
