#include "formats/spikeglx/format.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "formats/spikeglx/channels.h"
#include "formats/spikeglx/meta.h"
#include "formats/spikeglx/tree.h"

namespace rutter {
namespace {

using spikeglx::Channel;
using spikeglx::Meta;
using spikeglx::Samples;
using spikeglx::Stream;

constexpr std::string_view kSpec = "SpikeGLX, Metafile Tags";
constexpr std::uint64_t kMaxMetaBytes = 16ull << 20;  // Real ones have 10 to 60 KB.
constexpr std::string_view kBinEnding = ".bin", kMetaEnding = ".meta";

std::string_view AsText(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Error MetaError(Error error, const std::string& source) {
  error.where.source = source;
  error.where.structure = "SpikeGLX .meta";
  error.where.spec = kSpec;
  return error;
}

/// The file's name without its folder, with another ending; empty where it has not the ending `from`.
std::string SiblingName(std::string_view path, std::string_view from, std::string_view to) {
  if (!path.ends_with(from)) return {};
  std::string name(path.substr(path.rfind('/') + 1));
  name.resize(name.size() - from.size());
  return name.append(to);
}

Source DescribeSource(const ByteSource& source) {
  Fingerprint fingerprint = source.fingerprint();
  return {source.name(), source.size(), fingerprint.mtime_ns, fingerprint.etag, fingerprint.last_modified};
}

class SpikeGlxFile : public FormatFile {
 public:
  /// `bin` is null where `samples.failure` is set.
  SpikeGlxFile(std::shared_ptr<ByteSource> bin, std::shared_ptr<ByteSource> meta_source, Meta meta, Stream stream, Samples samples)
      : meta_(std::move(meta)), stream_(std::move(stream)), samples_(std::move(samples)) {
    if (bin != nullptr) sources_.push_back(std::move(bin));
    sources_.push_back(std::move(meta_source));
  }

  Result<Map> Describe() override {
    Map map;
    map.format = "spikeglx";
    for (const auto& source : sources_) map.sources.push_back(DescribeSource(*source));
    BuildTree(meta_, stream_, samples_, map);
    if (meta_.ignored_lines() > 0) {
      map.notes.push_back(std::to_string(meta_.ignored_lines()) + " lines of the .meta are not of the form key=value, or cut off");
    }
    return map;
  }

  std::vector<std::shared_ptr<ByteSource>> Sources() const override { return sources_; }

  Result<nlohmann::json> Inspect() override {
    nlohmann::json report;
    report["format"] = "spikeglx";
    report["sampling_frequency"] = stream_.sampling_frequency_hz;
    report["bytes"] = samples_.size_bytes;
    report["notes"] = stream_.notes;
    for (const Channel& channel : stream_.channels) {
      nlohmann::json entry = {{"name", channel.name}, {"acquired", channel.acquired}, {"group", ChannelGroupName(channel.group)}};
      if (channel.gain_to_uv == channel.gain_to_uv) entry["gain_to_uV"] = channel.gain_to_uv;
      if (channel.shank >= 0) entry["place"] = {channel.shank, channel.x_um, channel.y_um};
      report["channels"].push_back(std::move(entry));
    }
    for (const auto& [key, value] : meta_.entries()) report["meta"][key] = value;
    return report;
  }

 private:
  Meta meta_;
  Stream stream_;
  Samples samples_;
  std::vector<std::shared_ptr<ByteSource>> sources_;
};

Confidence SniffSpikeGlx(std::span<const std::byte> head, std::string_view name) {
  if (spikeglx::LooksLikeMeta(AsText(head))) return Confidence::kCertain;
  // Samples have no signature; the .meta beside them decides in OpenSpikeGlx.
  return name.ends_with(kBinEnding) ? Confidence::kNameOnly : Confidence::kNo;
}

Result<Meta> ReadMeta(ByteSource& source, const Limits& limits) {
  if (source.size() > std::min(limits.metadata_bytes, kMaxMetaBytes)) {
    return Fail(MetaError(MakeError(ErrorCode::kLimit, "the .meta is longer than 16 MiB or Limits::metadata_bytes"), source.name()));
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(source.size()));
  RUTTER_TRY(source.ReadAt(0, bytes));
  if (!spikeglx::LooksLikeMeta(AsText(bytes))) {
    return Fail(MetaError(MakeError(ErrorCode::kUnsupported, "the .meta is not SpikeGLX's: it holds no typeThis"), source.name()));
  }
  auto meta = Meta::Parse(AsText(bytes), limits);
  if (!meta) return Fail(MetaError(std::move(meta).error(), source.name()));
  return meta;
}

/// The .bin beside a .meta, or why there is none.
Result<std::shared_ptr<ByteSource>> OpenBin(const ByteSource& meta, SourceOpener& opener) {
  std::string name = SiblingName(meta.name(), kMetaEnding, kBinEnding);
  Error error = MakeError(ErrorCode::kNotFound, "the samples are not beside their .meta");
  error.where.source = meta.name();
  error.hint = "put the .bin of the same name into the same folder";
  if (name.empty()) return Fail(std::move(error));
  auto bin = opener.Open(name, meta.name());
  if (bin) return bin;
  if (bin.error().code != ErrorCode::kNotFound) return bin;
  std::string compressed = SiblingName(meta.name(), kMetaEnding, ".cbin");
  if (opener.Open(compressed, meta.name())) {
    error = MakeError(ErrorCode::kUnsupported, "the samples are compressed with mtscomp (" + compressed + ")");
    error.where.source = meta.name();
    error.hint = "decompress them with mtsdecomp";
  }
  return Fail(std::move(error));
}

Result<std::unique_ptr<FormatFile>> OpenSpikeGlx(std::shared_ptr<ByteSource> source, const OpenOptions& options) {
  std::vector<std::byte> head(static_cast<std::size_t>(std::min<std::uint64_t>(source->size(), 64 * 1024)));
  RUTTER_TRY(source->ReadAt(0, head));
  std::shared_ptr<ByteSource> meta_source, bin;
  Samples samples;
  if (spikeglx::LooksLikeMeta(AsText(head))) {
    meta_source = source;
    auto opened = OpenBin(*source, *options.opener);
    if (opened) {
      bin = *std::move(opened);
    } else {
      samples.failure = std::move(opened).error();
    }
  } else {
    auto opened = options.opener->Open(SiblingName(source->name(), kBinEnding, kMetaEnding), source->name());
    if (!opened && opened.error().code == ErrorCode::kNotFound) {
      Error error = MakeError(ErrorCode::kUnsupported, "a .bin is known here as SpikeGLX's only, and no .meta of its name lies beside it");
      error.where.source = source->name();
      error.hint = "put the recording's .meta into the same folder";
      return Fail(std::move(error));
    }
    if (!opened) return Fail(std::move(opened).error());
    meta_source = *std::move(opened);
    bin = std::move(source);
  }
  if (bin != nullptr) samples.size_bytes = bin->size();
  RUTTER_ASSIGN(Meta meta, ReadMeta(*meta_source, options.limits));
  auto stream = spikeglx::DescribeStream(meta, options.limits);
  if (!stream) return Fail(MetaError(std::move(stream).error(), meta_source->name()));
  return std::unique_ptr<FormatFile>(std::make_unique<SpikeGlxFile>(std::move(bin), std::move(meta_source), std::move(meta),
                                                                    *std::move(stream), std::move(samples)));
}

}  // namespace

const Format kSpikeGlxFormat = {"spikeglx", "SpikeGLX", SniffSpikeGlx, OpenSpikeGlx};

}  // namespace rutter
