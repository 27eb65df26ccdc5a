#pragma once
// Room on disk for what does not fit memory on its way elsewhere.

#include <memory>
#include <span>
#include <string>

#include "base/result.h"
#include "io/byte_source.h"

namespace rutter {

/// A file without a name, which is gone with its owner, also after a crash. What was appended can be read back.
/// Appending is for one thread, and not while others read.
class ScratchFile : public ByteSource {
 public:
  /// In `folder`. Errors: kIo (no permission, a full disk).
  static Result<std::shared_ptr<ScratchFile>> Create(const std::string& folder);
  ~ScratchFile() override;
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  /// Errors: kIo.
  Status Append(std::span<const std::byte> bytes);

  const std::string& name() const override { return name_; }
  std::uint64_t size() const override { return size_; }  ///< Grows with Append.
  Fingerprint fingerprint() const override { return {size_, std::nullopt, {}, {}}; }
  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) override;

 private:
  ScratchFile(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}
  tl::unexpected<Error> Failed(const char* what) const;

  const std::string name_;
  const int descriptor_;
  std::uint64_t size_ = 0;
};

}  // namespace rutter
