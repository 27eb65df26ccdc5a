#pragma once
// Where objects of cloud stores are asked for: the URL behind a name, and the keys that sign requests to it.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "io/store/aws_settings.h"
#include "io/store/object_url.h"
#include "io/store/store_options.h"
#include "io/url.h"

namespace rutter::store {

class ObjectStores;

/// One object as it is asked for. Unchanging. Its keys go with requests to its own URL and nowhere else.
struct Target {
  std::shared_ptr<ObjectStores> stores;
  ObjectUrl object;
  Url url;
  std::string region;                              ///< S3 only.
  std::shared_ptr<const Credentials> credentials;  ///< Null: the request is not signed.
  /// What to say where a request without keys is refused; empty where it was signed.
  std::string why_anonymous;
};

/// Finds objects by their names. AWS's settings are read when the first S3 object is met, and regions that a store told are
/// remembered for each bucket. Thread-safe.
class ObjectStores : public std::enable_shared_from_this<ObjectStores> {
 public:
  explicit ObjectStores(StoreOptions options, Variables variables = EnvironmentVariable) : options_(std::move(options)), variables_(std::move(variables)) {}

  /// S3: signed where there are keys. gs:// and az://: public objects, by their https URLs.
  /// Errors: kInvalidArgument (settings that contradict each other, an endpoint that is no URL, an Azure object without its
  /// account), kIo.
  Result<std::shared_ptr<const Target>> Find(const ObjectUrl& object);

  /// The same object, where the store said that its bucket is in `region`. Errors: kIo (no region's name).
  Result<std::shared_ptr<const Target>> InRegion(const Target& target, const std::string& region);
  /// Reads of the bucket start in the region of `target` from now on.
  void Remember(const Target& target);

  /// The same object with the keys that AWS's settings hold now; null where they are still those of `target`.
  std::shared_ptr<const Target> WithNewKeys(const Target& target);

 private:
  Status Load();  // with mutex_ held
  Result<Url> S3Url(const ObjectUrl& object, const std::string& region) const;
  Result<std::shared_ptr<const Target>> FindS3(const ObjectUrl& object, const std::string& region);

  const StoreOptions options_;
  const Variables variables_;
  std::mutex mutex_;
  std::optional<AwsSettings> settings_;
  std::map<std::string, std::string> regions_;  // of buckets
};

}  // namespace rutter::store
