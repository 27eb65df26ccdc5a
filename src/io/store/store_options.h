#pragma once
// What the user says about object stores, beside AWS's own settings.

#include <string>

namespace rutter::store {

struct StoreOptions {
  std::string region;    ///< Of S3 buckets; empty: as AWS's settings say, else what the store tells.
  std::string endpoint;  ///< "https://host[:port]" of an S3-compatible store; empty: as AWS's settings say, else AWS itself.
  enum class Addressing {
    kAuto,         ///< As AWS's settings say; else the bucket in the host's name on AWS, in the path elsewhere.
    kVirtualHost,  ///< https://bucket.host/key
    kPath,         ///< https://host/bucket/key
  };
  Addressing addressing = Addressing::kAuto;
  bool anonymous = false;  ///< No request is signed, whatever keys there are.
};

}  // namespace rutter::store
