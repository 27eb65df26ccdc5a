#include "io/access_policy.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "io/address.h"

namespace rutter {
namespace {

namespace fs = std::filesystem;

bool LiesBelow(const fs::path& path, const fs::path& folder) {
  auto folder_part = folder.begin();
  auto path_part = path.begin();
  for (; folder_part != folder.end(); ++folder_part, ++path_part) {
    if (folder_part->empty()) break;  // a trailing slash
    if (path_part == path.end() || *path_part != *folder_part) return false;
  }
  return true;
}

tl::unexpected<Error> Refuse(std::string source, std::string message, std::string hint) {
  Error error = MakeError(ErrorCode::kPolicy, std::move(message));
  error.where.source = std::move(source);
  error.hint = std::move(hint);
  return Fail(std::move(error));
}

/// The host says by itself that it is this machine or one nearby.
bool IsLocalName(const std::string& host) {
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  bool is_address = host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string::npos;
  return is_address && !IsPublicAddress(host);
}

}  // namespace

AccessPolicy::AccessPolicy(const std::vector<std::string>& allowed) {
  for (const std::string& place : allowed) {
    if (IsObjectUrl(place)) {
      if (auto object = ParseObjectUrl(place)) object_prefixes_.push_back(*std::move(object));
      continue;
    }
    if (IsHttpUrl(place)) {
      if (auto url = ParseUrl(place)) prefixes_.push_back(*std::move(url));
      continue;
    }
    std::error_code failure;
    fs::path resolved = fs::weakly_canonical(place, failure);
    if (!failure) folders_.push_back(std::move(resolved));
  }
}

bool AccessPolicy::Names(const Url& url) const {
  return std::any_of(prefixes_.begin(), prefixes_.end(), [&](const Url& prefix) { return IsBelow(url, prefix); });
}

Result<AccessPolicy::Place> AccessPolicy::Decide(std::string_view reference, std::string_view base) const {
  if (reference.find('\0') != std::string_view::npos) return Refuse(std::string(reference), "a path holds a NUL", {});
  if (reference.starts_with("file://")) {
    if (IsHttpUrl(base) || IsObjectUrl(base)) return Refuse(std::string(reference.substr(0, 256)), "a remote document never leads to local files", {});
    reference.remove_prefix(7);
  } else if (IsObjectUrl(reference) || (IsObjectUrl(base) && !HasScheme(reference))) {
    return DecideObject(reference, base);
  } else if (HasScheme(reference) || IsHttpUrl(base)) {
    return DecideUrl(reference, base);
  }
  return DecidePath(reference, base);
}

Result<AccessPolicy::Place> AccessPolicy::DecideUrl(std::string_view reference, std::string_view base) const {
  Place place;
  bool own = false;
  if (IsHttpUrl(base)) {
    RUTTER_ASSIGN(Url home, ParseUrl(base));
    RUTTER_ASSIGN(place.url, ResolveUrl(home, reference));
    own = place.url->Origin() == home.Origin();
    place.may_be_private = own && IsLocalName(home.host);
  } else {
    RUTTER_ASSIGN(place.url, ParseUrl(reference));
  }
  if (Names(*place.url)) {
    place.may_be_private = true;
  } else if (!own) {
    return Refuse(place.url->WithoutQuery(), "the URL leads to another place than " + (base.empty() ? "the map" : std::string(base)), "add --allow " + FolderOf(*place.url) + " to follow it");
  }
  return place;
}

/// Whoever may lead to an object leads to it with the user's keys, so a document of another bucket, or of a stranger, may not.
Result<AccessPolicy::Place> AccessPolicy::DecideObject(std::string_view reference, std::string_view base) const {
  Place place;
  bool allowed = false;
  if (IsObjectUrl(base)) {
    RUTTER_ASSIGN(ObjectUrl home, ParseObjectUrl(base));
    RUTTER_ASSIGN(place.object, ResolveObjectUrl(home, reference));
    allowed = IsSameBucket(*place.object, home);
  } else {
    RUTTER_ASSIGN(place.object, ParseObjectUrl(reference));
  }
  for (const ObjectUrl& prefix : object_prefixes_) allowed = allowed || IsBelow(*place.object, prefix);
  if (!allowed) {
    return Refuse(place.object->Text(), "the map leads to another place than " + (base.empty() ? "itself" : std::string(base)), "add --allow " + FolderOf(*place.object) + " to follow it");
  }
  place.may_be_private = true;  // the endpoint is the user's choice, or the store's own
  return place;
}

Result<AccessPolicy::Place> AccessPolicy::DecidePath(std::string_view reference, std::string_view base) const {
  std::error_code failure;
  fs::path folder = base.empty() ? fs::current_path(failure) : fs::absolute(fs::path(std::string(base)), failure).parent_path();
  if (failure) return Refuse(std::string(reference), failure.message(), {});
  fs::path path = fs::path(std::string(reference));
  if (path.is_relative()) path = folder / path;
  fs::path resolved = fs::weakly_canonical(path, failure);
  if (failure) return Refuse(path.string(), failure.message(), {});
  fs::path own = fs::weakly_canonical(folder, failure);
  bool allowed = !failure && LiesBelow(resolved, own);
  for (const fs::path& prefix : folders_) allowed = allowed || LiesBelow(resolved, prefix);
  if (!allowed) {
    return Refuse(resolved.string(), "the path leads outside the folder of " + std::string(base), "add --allow " + resolved.parent_path().string() + " to follow it");
  }
  Place place;
  place.path = resolved.string();
  return place;
}

Result<AccessPolicy::Place> AccessPolicy::Redirect(const Place& given, const Url& from, std::string_view location) const {
  Place place;
  RUTTER_ASSIGN(place.url, FollowLocation(from, location));
  if (from.scheme == "https" && place.url->scheme != "https") {
    return Refuse(place.url->WithoutQuery(), "the server at " + from.Origin() + " redirects from https to http", {});
  }
  place.may_be_private = Names(*place.url) || (given.may_be_private && place.url->Origin() == given.url->Origin());
  return place;
}

}  // namespace rutter
