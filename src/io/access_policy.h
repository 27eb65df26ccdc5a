#pragma once
// Which places a file or a map may lead to: the one place that decides it, for paths, URLs and redirects.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/store/object_stores.h"
#include "io/url.h"

namespace rutter {

/// Following a path or URL that stands *inside* a file or map (external storage, virtual datasets, external links, chunk
/// references) is an act of trust. Allowed are the own folder of a local document, the own origin of a remote one, and what
/// the user named. The origin of an object is its bucket. A remote document never leads to local files. Unchanging, thread-safe.
class AccessPolicy {
 public:
  /// `allowed`: folders, files, URL prefixes ("https://host/folder/", "s3://bucket/folder/"); "/" allows every local file.
  explicit AccessPolicy(const std::vector<std::string>& allowed);

  /// Where a reference leads: a resolved local path, a URL, or an object of a store.
  struct Place {
    std::string path;        ///< Empty where `url` or `object` is there.
    std::optional<Url> url;
    bool may_be_private = false;  ///< The host may have an address that is not public: the user named it.
    std::optional<ObjectUrl> object = {};         ///< `url` is then set by what finds objects (io/store/object_stores.h).
    std::shared_ptr<const store::Target> target = {};  ///< Set with it: how `url` is asked for. Redirects lead out of it.
  };

  /// What a document at `base` (a path or URL; may be empty) calls `reference`: absolute, or relative to its folder.
  /// Errors: kPolicy (the hint names the flag to add), kInvalidArgument (no URL), kUnsupported (another scheme).
  Result<Place> Decide(std::string_view reference, std::string_view base) const;

  /// Where the server of `from` sends us, asked for `given`: never from https to http. Anywhere public; to other addresses
  /// only where the user named them, or within the origin of a place that may be private. Errors: kPolicy, kInvalidArgument.
  Result<Place> Redirect(const Place& given, const Url& from, std::string_view location) const;

 private:
  Result<Place> DecideUrl(std::string_view reference, std::string_view base) const;
  Result<Place> DecideObject(std::string_view reference, std::string_view base) const;
  Result<Place> DecidePath(std::string_view reference, std::string_view base) const;
  bool Names(const Url& url) const;

  std::vector<std::filesystem::path> folders_;
  std::vector<Url> prefixes_;
  std::vector<ObjectUrl> object_prefixes_;
};

}  // namespace rutter
