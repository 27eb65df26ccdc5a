#pragma once
// Objects of cloud stores by the names that users and maps give them: s3://bucket/key, gs://bucket/key, az://container/blob.

#include <string>
#include <string_view>

#include "base/result.h"

namespace rutter {

/// One object of a store. The key is what the store calls it, letter by letter: nothing in it is percent-encoded.
struct ObjectUrl {
  enum class Store { kS3, kGoogle, kAzure };
  Store store = Store::kS3;
  std::string scheme;   ///< As written, in lower case: "s3", "s3a", "gs", "gcs", "az", "abfs" or "abfss".
  std::string account;  ///< Azure only; empty where the name does not tell it.
  std::string bucket;   ///< Azure: the container.
  std::string key;      ///< Empty in a prefix that stands for the whole bucket.

  /// The name as others understand it ("s3://bucket/key").
  std::string Text() const { return Root() + key; }
  /// The same up to and with the slash behind the bucket.
  std::string Root() const;
};

/// True where the text starts with a scheme of such a store.
bool IsObjectUrl(std::string_view text);

/// Errors: kInvalidArgument (no bucket, a bucket's name that cannot be, a key with dot segments or a NUL).
Result<ObjectUrl> ParseObjectUrl(std::string_view text);

/// What a document at `base` means by `reference`: an object's name, "/key", or a key relative to the folder of `base`.
/// Errors: as ParseObjectUrl.
Result<ObjectUrl> ResolveObjectUrl(const ObjectUrl& base, std::string_view reference);

/// True where both lie in one bucket.
bool IsSameBucket(const ObjectUrl& a, const ObjectUrl& b);

/// True for the object itself and what lies below it: "s3://b/a/" holds "s3://b/a/c", "s3://b/a" not "s3://b/ac".
bool IsBelow(const ObjectUrl& object, const ObjectUrl& prefix);

/// The object's folder, with its slash.
std::string FolderOf(const ObjectUrl& object);

/// A key as the path of a URL: every byte but letters, digits and "-._~/" percent-encoded, in upper case. This is the form
/// that signatures are made over (Signature Version 4, "canonical URI").
std::string EncodeKey(std::string_view key);

}  // namespace rutter
