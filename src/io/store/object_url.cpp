#include "io/store/object_url.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace rutter {
namespace {

constexpr std::size_t kLongestName = 4'096;  // keys have up to 1,024 bytes

struct Scheme {
  std::string_view name;
  ObjectUrl::Store store;
};
constexpr std::array<Scheme, 7> kSchemes = {{{"s3", ObjectUrl::Store::kS3},
                                             {"s3a", ObjectUrl::Store::kS3},
                                             {"gs", ObjectUrl::Store::kGoogle},
                                             {"gcs", ObjectUrl::Store::kGoogle},
                                             {"az", ObjectUrl::Store::kAzure},
                                             {"abfs", ObjectUrl::Store::kAzure},
                                             {"abfss", ObjectUrl::Store::kAzure}}};

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

const Scheme* SchemeOf(std::string_view text) {
  for (const Scheme& scheme : kSchemes) {
    const std::size_t size = scheme.name.size();
    if (text.size() >= size + 3 && text.substr(size, 3) == "://" &&
        std::equal(scheme.name.begin(), scheme.name.end(), text.begin(), [](char want, char c) { return want == Lower(c); })) {
      return &scheme;
    }
  }
  return nullptr;
}

tl::unexpected<Error> NoObject(std::string_view text, std::string why) {
  Error error = MakeError(ErrorCode::kInvalidArgument, "no object that can be read: " + std::move(why));
  error.where.source = std::string(text.substr(0, 256));
  return Fail(std::move(error));
}

/// Names of buckets, containers and accounts become part of a host name or path, so their letters are few.
bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && IsLetterOrDigit(name[0]) && name.find("..") == std::string_view::npos &&
         std::all_of(name.begin(), name.end(), [](char c) { return IsLetterOrDigit(c) || c == '-' || c == '.' || c == '_'; });
}

/// The library that fetches URLs, and many servers, would take such segments away: another object would be asked for.
bool HasDotSegments(std::string_view key) {
  for (std::size_t start = 0; start <= key.size();) {
    const std::size_t end = std::min(key.find('/', start), key.size());
    std::string_view segment = key.substr(start, end - start);
    if (segment == "." || segment == "..") return true;
    start = end + 1;
  }
  return false;
}

/// "container@account.dfs.core.windows.net" and "account.blob.core.windows.net/container": both tell the account.
Status TakeAzureHost(std::string_view text, ObjectUrl& object) {
  std::string_view host;
  if (std::size_t at = object.bucket.find('@'); at != std::string::npos) {
    std::string authority = std::exchange(object.bucket, object.bucket.substr(0, at));
    host = std::string_view(authority).substr(at + 1);
    std::size_t dot = host.find('.');
    object.account = std::string(host.substr(0, dot));
    std::string_view rest = dot == std::string_view::npos ? "" : host.substr(dot);
    if (rest != ".dfs.core.windows.net" && rest != ".blob.core.windows.net") return NoObject(text, "an account's host ends with .dfs.core.windows.net or .blob.core.windows.net");
  } else if (object.bucket.ends_with(".blob.core.windows.net") || object.bucket.ends_with(".dfs.core.windows.net")) {
    object.account = object.bucket.substr(0, object.bucket.find('.'));
    const std::size_t slash = object.key.find('/');
    object.bucket = object.key.substr(0, slash);
    object.key = slash == std::string::npos ? "" : object.key.substr(slash + 1);
  }
  if (!object.account.empty() && !IsName(object.account)) return NoObject(text, "no account has this name");
  return {};
}

}  // namespace

std::string ObjectUrl::Root() const {
  if (account.empty()) return scheme + "://" + bucket + "/";
  return scheme + "://" + bucket + "@" + account + ".dfs.core.windows.net/";
}

bool IsObjectUrl(std::string_view text) { return SchemeOf(text) != nullptr; }

Result<ObjectUrl> ParseObjectUrl(std::string_view text) {
  const Scheme* scheme = SchemeOf(text);
  if (scheme == nullptr) return NoObject(text, "it does not start with s3://, gs:// or az://");
  if (text.size() > kLongestName) return NoObject(text, "its name is longer than " + std::to_string(kLongestName) + " bytes");
  if (text.find('\0') != std::string_view::npos) return NoObject(text, "its name holds a NUL");
  ObjectUrl object;
  object.store = scheme->store;
  object.scheme = std::string(scheme->name);
  std::string_view rest = text.substr(scheme->name.size() + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  object.bucket = std::string(rest.substr(0, slash));
  if (slash < rest.size()) object.key = std::string(rest.substr(slash + 1));
  if (object.store == ObjectUrl::Store::kAzure) RUTTER_TRY(TakeAzureHost(text, object));
  if (!IsName(object.bucket)) return NoObject(text, "no bucket has this name");
  if (HasDotSegments(object.key)) return NoObject(text, "its key holds dot segments");
  return object;
}

Result<ObjectUrl> ResolveObjectUrl(const ObjectUrl& base, std::string_view reference) {
  if (IsObjectUrl(reference)) return ParseObjectUrl(reference);
  if (reference.empty()) return NoObject(reference, "its name is empty");
  if (reference.starts_with('/')) return ParseObjectUrl(base.Root() + std::string(reference.substr(1)));
  return ParseObjectUrl(FolderOf(base) + std::string(reference));
}

bool IsSameBucket(const ObjectUrl& a, const ObjectUrl& b) { return a.store == b.store && a.account == b.account && a.bucket == b.bucket; }

bool IsBelow(const ObjectUrl& object, const ObjectUrl& prefix) {
  if (!IsSameBucket(object, prefix)) return false;
  if (prefix.key.empty() || prefix.key.ends_with('/')) return object.key.starts_with(prefix.key);
  return object.key == prefix.key || object.key.starts_with(prefix.key + "/");
}

std::string FolderOf(const ObjectUrl& object) {
  const std::size_t slash = object.key.rfind('/');
  return object.Root() + (slash == std::string::npos ? "" : object.key.substr(0, slash + 1));
}

std::string EncodeKey(std::string_view key) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(key.size());
  for (char c : key) {
    if (IsLetterOrDigit(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '/') {
      out += c;
    } else {
      out += {'%', kHex[static_cast<unsigned char>(c) >> 4], kHex[static_cast<unsigned char>(c) & 15]};
    }
  }
  return out;
}

}  // namespace rutter
