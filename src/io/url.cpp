#include "io/url.h"

#include "base/text.h"
#include "io/http/libcurl.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace rutter {
namespace {

constexpr std::size_t kLongestUrl = 16'384;  // signed URLs have up to 3,000 bytes

struct HandleDeleter {
  void operator()(CURLU* handle) const { Curl().url_cleanup(handle); }
};
using Handle = std::unique_ptr<CURLU, HandleDeleter>;

tl::unexpected<Error> NoUrl(std::string_view text, std::string why) {
  Error error = MakeError(ErrorCode::kInvalidArgument, "no URL that can be read: " + std::move(why));
  error.where.source = std::string(text.substr(0, 256));
  return Fail(std::move(error));
}

Result<std::string> Part(CURLU* handle, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  CURLUcode code = Curl().url_get(handle, part, &text, flags);
  if (code == CURLUE_NO_QUERY) return std::string();
  if (code != CURLUE_OK) return Fail(ErrorCode::kInvalidArgument, Curl().url_strerror(code));
  std::string result(text);
  Curl().free(text);
  return result;
}

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F && c != '\\'; });
}

/// True where a segment of the path is "." or ".." in any spelling, or hides a slash or a NUL. Servers undo such spellings
/// after a prefix was compared.
bool HidesSegments(std::string_view path) {
  std::string segment;
  for (std::size_t k = 0; k <= path.size(); ++k) {
    if (k == path.size() || path[k] == '/') {
      if (segment == "." || segment == "..") return true;
      segment.clear();
      continue;
    }
    char c = path[k];
    if (c == '%' && k + 2 < path.size() && HexDigit(path[k + 1]) >= 0 && HexDigit(path[k + 2]) >= 0) {
      c = static_cast<char>(HexDigit(path[k + 1]) * 16 + HexDigit(path[k + 2]));
      k += 2;
      if (c == '\\' || c == '\0') return true;
    }
    segment += c;
  }
  return false;
}

/// `text` with everything encoded that may not stand there: letters outside printable ASCII and those in `also`.
std::string PercentEncoded(std::string_view text, std::string_view also) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (std::size_t k = 0; k < text.size(); ++k) {
    char c = text[k];
    bool encoded = c == '%' && k + 2 < text.size() && HexDigit(text[k + 1]) >= 0 && HexDigit(text[k + 2]) >= 0;
    bool plain = c > 0x20 && c < 0x7F && also.find(c) == std::string_view::npos;
    if (plain || encoded) {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

// Beside these, a "%" is encoded where no code follows it.
constexpr std::string_view kNotInPaths = "%\"<>\\^`{|}#?", kNotInUrls = "%\"<>\\^`{|}";

Result<Url> TakeApart(CURLU* handle, std::string_view shown) {
  Url url;
  auto part = [&](CURLUPart which, std::string& to, unsigned flags = 0) -> Status {
    auto text = Part(handle, which, flags);
    if (!text) return NoUrl(shown, text.error().message);
    to = *std::move(text);
    return {};
  };
  RUTTER_TRY(part(CURLUPART_SCHEME, url.scheme));
  RUTTER_TRY(part(CURLUPART_HOST, url.host));
  RUTTER_TRY(part(CURLUPART_PORT, url.port, CURLU_DEFAULT_PORT));
  RUTTER_TRY(part(CURLUPART_PATH, url.path));
  RUTTER_TRY(part(CURLUPART_QUERY, url.query));
  for (char& c : url.host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (url.host.ends_with('.')) {
    // "host." is "host" to the resolver; without the dot it may be an address in one of its spellings.
    url.host.pop_back();
    if (url.host.ends_with('.')) return NoUrl(shown, "the host ends with dots");
    return ParseUrl(url.Origin() + url.path + (url.query.empty() ? "" : "?" + url.query));
  }
  if (url.host.empty() || !IsPlain(url.host)) return NoUrl(shown, "the host is empty or not in plain letters");
  if (!IsPlain(url.path) || !IsPlain(url.query)) return NoUrl(shown, "a letter that must be percent-encoded");
  if (HidesSegments(url.path)) return NoUrl(shown, "its path holds dot segments");
  url.text = url.Origin() + url.path + (url.query.empty() ? "" : "?" + url.query);
  return url;
}

}  // namespace

std::string Url::Origin() const {
  bool usual = port == (scheme == "https" ? "443" : "80");
  return scheme + "://" + host + (usual ? "" : ":" + port);
}

bool HasScheme(std::string_view text) {
  std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon < 2) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; });
}

bool IsHttpUrl(std::string_view text) {
  auto starts = [&](std::string_view scheme) {
    return text.size() >= scheme.size() && std::equal(scheme.begin(), scheme.end(), text.begin(), [](char want, char c) { return want == (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  };
  return starts("http://") || starts("https://");
}

Result<Url> ParseUrl(std::string_view text) {
  if (text.size() > kLongestUrl) return NoUrl(text, "it is longer than " + std::to_string(kLongestUrl) + " bytes");
  if (!IsHttpUrl(text)) {
    if (!HasScheme(text)) return NoUrl(text, "it does not start with http:// or https://");
    Error error = MakeError(ErrorCode::kUnsupported, "only http and https URLs can be read");
    error.where.source = std::string(text.substr(0, 256));
    return Fail(std::move(error));
  }
  if (!IsPlain(text)) return NoUrl(text, "a letter that must be percent-encoded");
  std::string_view authority = text.substr(text.find("://") + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority.empty()) return NoUrl(text, "there is no host");
  // Undone, it could be another spelling of an address, which would be known as one only when it is read again.
  if (authority.find('%') != std::string_view::npos) return NoUrl(text, "the host is percent-encoded");
  if (authority.find('@') != std::string_view::npos) {
    Error error = MakeError(ErrorCode::kInvalidArgument, "a URL with a user name or password in it is not read");
    error.hint = "a map would give the password away";
    return Fail(std::move(error));
  }
  if (!Curl().is_loaded) {
    Error error = MakeError(ErrorCode::kUnsupported, "libcurl.so.4, which reads URLs, cannot be loaded");
    error.hint = "install it; Debian's package is libcurl4";
    return Fail(std::move(error));
  }
  Handle handle(Curl().url());
  if (handle == nullptr) return Fail(ErrorCode::kLimit, "out of memory");
  CURLUcode code = Curl().url_set(handle.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_DISALLOW_USER);
  if (code != CURLUE_OK) return NoUrl(text, Curl().url_strerror(code));
  return TakeApart(handle.get(), text);
}

Result<Url> ResolveUrl(const Url& base, std::string_view reference) {
  if (HasScheme(reference)) return ParseUrl(reference);
  if (reference.empty() || reference.size() > kLongestUrl) return NoUrl(reference, "it is empty or too long");
  if (reference.find('\0') != std::string_view::npos || reference.find('\\') != std::string_view::npos) return NoUrl(reference, "it holds a NUL or a backslash");
  if (reference.starts_with("//")) return ParseUrl(base.scheme + ":" + PercentEncoded(reference, kNotInPaths));
  std::string path = PercentEncoded(reference, kNotInPaths);
  if (!path.starts_with('/')) path = base.path.substr(0, base.path.rfind('/') + 1) + path;
  return ParseUrl(base.Origin() + path);
}

Result<Url> FollowLocation(const Url& from, std::string_view location) {
  if (location.empty() || location.size() > kLongestUrl) return NoUrl(location, "it is empty or too long");
  std::string text = PercentEncoded(location, kNotInUrls);
  if (HasScheme(text)) return ParseUrl(text);
  if (text.starts_with("//")) return ParseUrl(from.scheme + ":" + text);
  if (text.starts_with('/')) return ParseUrl(from.Origin() + text);
  if (text.starts_with('?')) return ParseUrl(from.WithoutQuery() + text);
  return ParseUrl(FolderOf(from) + text);
}

bool IsBelow(const Url& url, const Url& prefix) {
  if (url.scheme != prefix.scheme || url.host != prefix.host || url.port != prefix.port) return false;
  if (prefix.path.ends_with('/')) return url.path.starts_with(prefix.path);
  return url.path == prefix.path || url.path.starts_with(prefix.path + "/");
}

std::string FolderOf(const Url& url) { return url.Origin() + url.path.substr(0, url.path.rfind('/') + 1); }

}  // namespace rutter
