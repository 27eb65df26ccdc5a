#include "formats/hdf5/cache_image.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/checked.h"
#include "formats/hdf5/checksum.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kName = "metadata cache image", kSpec = "HDF5 1.10, Metadata Cache Image";
constexpr std::uint64_t kChecksumBytes = 4;
constexpr std::uint8_t kHasResizeStatus = 1;
// Of a structure, before its address: type, flags, ring, age, three counts of flush dependencies, rank.
constexpr std::uint64_t kFlushCountsBytes = 2 + 2, kRankBytes = 4, kFixedBytes = 4 + kFlushCountsBytes + 2 + kRankBytes;

/// A file with other bytes at some places, for its metadata.
class CacheImageSource final : public ByteSource {
 public:
  CacheImageSource(std::shared_ptr<File> file, std::vector<CachedStructure> structures)
      : file_(std::move(file)), source_(*file_->source()), structures_(std::move(structures)) {}

  const std::string& name() const override { return source_.name(); }
  std::uint64_t size() const override { return source_.size(); }
  Fingerprint fingerprint() const override { return source_.fingerprint(); }
  std::uint64_t metadata_grain() const override { return source_.metadata_grain(); }
  bool IsFar() const override { return source_.IsFar(); }
  bool Holds(std::uint64_t offset, std::uint64_t length) override { return source_.Holds(offset, length); }
  void Prefetch(std::span<const ReadRequest> requests) override { source_.Prefetch(requests); }
  void Advise(Access access) override { source_.Advise(access); }
  Status CheckUnchanged() override { return source_.CheckUnchanged(); }

  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) override {
    RUTTER_TRY(source_.ReadAt(offset, out));
    Lay(offset, out);
    return {};
  }
  Status ReadMetadata(std::uint64_t offset, std::span<std::byte> out) override {
    RUTTER_TRY(source_.ReadMetadata(offset, out));
    Lay(offset, out);
    return {};
  }
  Status ReadMany(std::span<const ReadRequest> requests) override { return ReadManyUntil(requests, nullptr); }
  Status ReadManyUntil(std::span<const ReadRequest> requests, const std::atomic<bool>* cancel) override {
    RUTTER_TRY(source_.ReadManyUntil(requests, cancel));
    for (const ReadRequest& request : requests) Lay(request.offset, request.out);
    return {};
  }

 private:
  /// Lays the structures that meet [offset, offset + out.size()) over the file's own bytes.
  void Lay(std::uint64_t offset, std::span<std::byte> out) const {
    const std::uint64_t base = file_->base_address(), end = offset + out.size();
    auto first = std::partition_point(structures_.begin(), structures_.end(),
                                      [&](const CachedStructure& one) { return base + one.address + one.bytes.size() <= offset; });
    for (auto one = first; one != structures_.end() && base + one->address < end; ++one) {
      const std::uint64_t start = base + one->address, from = std::max(start, offset), to = std::min(start + one->bytes.size(), end);
      std::memcpy(out.data() + (from - offset), one->bytes.data() + (from - start), to - from);
    }
  }

  const std::shared_ptr<File> file_;  // keeps the structures' bytes
  ByteSource& source_;
  const std::vector<CachedStructure> structures_;
};

}  // namespace

Result<std::vector<CachedStructure>> DecodeCacheImage(ByteReader reader, const Sizes& sizes, std::uint64_t end) {
  ByteReader whole = reader;
  reader.Signature("MDCI");
  reader.Version(0);
  const std::uint8_t flags = reader.U8();
  if (reader.ok() && (flags & kHasResizeStatus) != 0) reader.Fail(ErrorCode::kUnsupported, "a resize status in the image");
  const std::uint64_t bytes = reader.Uint(sizes.lengths);
  if (reader.ok() && (bytes > whole.remaining() || bytes < reader.position() + kChecksumBytes)) {
    reader.Fail(ErrorCode::kCorrupt, "an image of " + std::to_string(bytes) + " bytes in a block of " + std::to_string(whole.remaining()));
  }
  RUTTER_TRY(reader.Check());
  const std::uint64_t start = whole.file_offset();
  RUTTER_TRY(VerifyChecksum(whole.Take(bytes), start, reader.context()));

  const std::uint64_t count = reader.U32();
  std::vector<CachedStructure> structures;
  if (reader.Fits(count, kFixedBytes + sizes.offsets + sizes.lengths)) structures.reserve(count);
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    reader.Skip(4 + kFlushCountsBytes);
    const std::uint64_t parents = reader.U16();
    reader.Skip(kRankBytes);
    const std::optional<std::uint64_t> address = reader.Address(sizes.offsets);
    const std::uint64_t length = reader.Uint(sizes.lengths);
    reader.Skip(parents * sizes.offsets);
    if (reader.ok() && (!address || length == 0 || !RangeInside(*address, length, end))) {
      reader.Fail(ErrorCode::kCorrupt, "a structure of " + std::to_string(length) + " bytes at " + (address ? std::to_string(*address) : "no address") +
                                           ", in a file of " + std::to_string(end));
    }
    auto taken = reader.Take(length);
    if (reader.ok()) structures.push_back({*address, taken});
  }
  std::sort(structures.begin(), structures.end(), [](const CachedStructure& a, const CachedStructure& b) { return a.address < b.address; });
  for (std::size_t i = 1; i < structures.size() && reader.ok(); ++i) {
    if (structures[i].address - structures[i - 1].address < structures[i - 1].bytes.size()) {
      reader.Fail(ErrorCode::kCorrupt, "two structures of the image lie at " + std::to_string(structures[i].address));
    }
  }
  return reader.Finish(std::move(structures));
}

Result<std::shared_ptr<ByteSource>> OpenCacheImage(std::shared_ptr<File> file, const MetadataCacheImage& image) {
  RUTTER_ASSIGN(auto block, file->Open(image.address, image.bytes, kName, kSpec));
  RUTTER_ASSIGN(auto structures, DecodeCacheImage(block, file->sizes(), file->end()));
  return std::shared_ptr<ByteSource>(std::make_shared<CacheImageSource>(std::move(file), std::move(structures)));
}

}  // namespace rutter::hdf5
