#pragma once
// HTTP(S) URLs, taken apart by the library that will also fetch them, so that both always mean the same host.

#include <string>
#include <string_view>

#include "base/result.h"

namespace rutter {

/// An absolute http or https URL: host in lower case, numeric hosts in their usual form, no dot segments, no fragment.
struct Url {
  std::string text;    ///< The whole, as it is fetched.
  std::string scheme;  ///< "http" or "https".
  std::string host;    ///< IPv6 addresses in brackets.
  std::string port;    ///< Always there.
  std::string path;    ///< Starts with "/", as written (percent-encoded).
  std::string query;   ///< Without "?".

  /// "https://host" or "https://host:8443".
  std::string Origin() const;
  /// Scheme, host and path, without what a signed query would give away.
  std::string WithoutQuery() const { return Origin() + path; }
};

/// True for text that starts with a scheme and "://"; paths never do.
bool HasScheme(std::string_view text);
bool IsHttpUrl(std::string_view text);

/// Errors: kInvalidArgument (no URL, a password in it, dot segments in disguise), kUnsupported (another scheme).
Result<Url> ParseUrl(std::string_view text);

/// What a document at `base` means by `reference`: a URL, "//host/path", an absolute path, or one relative to the folder.
/// Letters that cannot stand in a URL are percent-encoded. Errors: as ParseUrl.
Result<Url> ResolveUrl(const Url& base, std::string_view reference);

/// Where a redirect from `from` leads: the Location field of a response (RFC 9110, 10.2.2). Errors: as ParseUrl.
Result<Url> FollowLocation(const Url& from, std::string_view location);

/// True where `url` has the origin of `prefix` and its path lies below: "https://a/b/" holds "https://a/b/c", and
/// "https://a/b" holds itself and "https://a/b/c", but not "https://a/bc".
bool IsBelow(const Url& url, const Url& prefix);

/// The folder of a URL: everything up to the last "/" of its path, without the query.
std::string FolderOf(const Url& url);

}  // namespace rutter
