#include "io/byte_source.h"

#include <cstring>
#include <utility>

#include "base/cancel.h"
#include "base/checked.h"

namespace rutter {
namespace {

class MemorySource : public ByteSource {
 public:
  MemorySource(std::string name, std::vector<std::byte> owned, std::span<const std::byte> borrowed)
      : name_(std::move(name)), owned_(std::move(owned)), bytes_(borrowed.data() == nullptr ? std::span<const std::byte>(owned_) : borrowed) {}

  const std::string& name() const override { return name_; }
  std::uint64_t size() const override { return bytes_.size(); }
  Fingerprint fingerprint() const override { return {bytes_.size(), std::nullopt, {}, {}}; }

  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) override {
    auto view = View(offset, out.size());
    if (!view) {
      Error error = MakeError(ErrorCode::kTruncated, "needs bytes up to " + std::to_string(offset + out.size()) +
                                                         ", the source ends at " + std::to_string(size()));
      error.where.source = name_;
      error.where.offset = size();
      return Fail(std::move(error));
    }
    if (!out.empty()) std::memcpy(out.data(), view->data(), out.size());
    return {};
  }

  std::optional<std::span<const std::byte>> View(std::uint64_t offset, std::uint64_t length) override {
    if (!RangeInside(offset, length, size())) return std::nullopt;
    return bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
  }

 private:
  std::string name_;
  std::vector<std::byte> owned_;
  std::span<const std::byte> bytes_;
};

}  // namespace

bool Fingerprint::Matches(const Fingerprint& other) const {
  if (size != other.size) return false;
  if (mtime_ns && other.mtime_ns && *mtime_ns != *other.mtime_ns) return false;
  if (!etag.empty() && !other.etag.empty() && etag != other.etag) return false;
  return last_modified.empty() || other.last_modified.empty() || last_modified == other.last_modified;
}

Status ByteSource::ReadMany(std::span<const ReadRequest> requests) {
  for (const ReadRequest& request : requests) RUTTER_TRY(ReadAt(request.offset, request.out));
  return {};
}

Status ByteSource::ReadManyUntil(std::span<const ReadRequest> requests, const std::atomic<bool>* cancel) {
  RUTTER_TRY(CheckCancelled(cancel));
  return ReadMany(requests);
}

std::optional<std::span<const std::byte>> ByteSource::View(std::uint64_t, std::uint64_t) { return std::nullopt; }

std::shared_ptr<ByteSource> MakeMemorySource(std::string name, std::vector<std::byte> bytes) {
  return std::make_shared<MemorySource>(std::move(name), std::move(bytes), std::span<const std::byte>{});
}

std::shared_ptr<ByteSource> MakeBorrowedSource(std::string name, std::span<const std::byte> bytes) {
  return std::make_shared<MemorySource>(std::move(name), std::vector<std::byte>{}, bytes);
}

}  // namespace rutter
