#pragma once
// Sources in memory under names, so that damaged files never touch the disk.

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "io/source_opener.h"

namespace rutter::fuzz {

/// Opens borrowed bytes by the last part of the name that a file or map gives; everything else is kNotFound.
/// Thread-safe once all are added.
class MemoryOpener : public SourceOpener {
 public:
  /// `bytes` must outlive the opener and what it opened.
  void Add(const std::string& name, std::span<const std::byte> bytes);
  Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view base) override;

 private:
  std::map<std::string, std::span<const std::byte>, std::less<>> files_;
};

}  // namespace rutter::fuzz
