#include "formats/hdf5/format.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/hdf5/describe.h"
#include "formats/hdf5/inspect.h"

namespace rutter {
namespace {

constexpr std::uint64_t kFirstUserBlock = 512;

Confidence Sniff(std::span<const std::byte> head, std::string_view) {
  if (hdf5::StartsWithSignature(head)) return Confidence::kCertain;
  for (std::uint64_t at = kFirstUserBlock; at < head.size(); at *= 2) {
    if (hdf5::StartsWithSignature(head.subspan(static_cast<std::size_t>(at)))) return Confidence::kLikely;
  }
  return Confidence::kNo;
}

class Hdf5File final : public FormatFile {
 public:
  explicit Hdf5File(hdf5::OpenedFile opened) : opened_(std::move(opened)) {}

  Result<Map> Describe() override { return hdf5::DescribeFile(opened_, sources_); }
  std::vector<std::shared_ptr<ByteSource>> Sources() const override { return sources_; }
  Result<nlohmann::json> Inspect() override {
    std::vector<std::shared_ptr<ByteSource>> sources;
    RUTTER_ASSIGN(Map map, hdf5::DescribeFile(opened_, sources));
    return hdf5::InspectFile(opened_, map);
  }

 private:
  hdf5::OpenedFile opened_;
  std::vector<std::shared_ptr<ByteSource>> sources_;
};

Result<std::unique_ptr<FormatFile>> Open(std::shared_ptr<ByteSource> source, const OpenOptions& options) {
  RUTTER_ASSIGN(auto opened, hdf5::OpenHdf5(std::move(source), options.opener, options.limits));
  opened.file->CountInto(options.trace);
  return std::unique_ptr<FormatFile>(std::make_unique<Hdf5File>(std::move(opened)));
}

}  // namespace

Result<bool> HasHdf5Signature(ByteSource& source) {
  RUTTER_ASSIGN(auto position, hdf5::FindSuperblock(source));
  return position.has_value();
}

const Format kHdf5Format = {"hdf5", "HDF5 (NWB, NetCDF-4, MAT v7.3)", Sniff, Open};

}  // namespace rutter
