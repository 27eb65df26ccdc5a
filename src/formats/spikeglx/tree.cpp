#include "formats/spikeglx/tree.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/make_node.h"

namespace rutter::spikeglx {
namespace {

constexpr std::uint64_t kSampleBytes = 2;

template <class T>
std::vector<std::byte> LittleEndianBytes(const std::vector<T>& values) {
  static_assert(std::endian::native == std::endian::little, "big-endian hosts need a swap here");
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Node& AddNumbers(Node& root, const char* name, const std::vector<double>& values) {
  return AddArray(root, name, MakeInlineArray(MakeFloat(8), LittleEndianBytes(values), "channel"));
}

Node& AddTexts(Node& root, const char* name, const std::vector<std::string>& texts) {
  std::size_t width = 1;
  for (const std::string& text : texts) width = std::max(width, text.size());
  std::vector<std::byte> bytes(texts.size() * width);
  for (std::size_t i = 0; i < texts.size(); ++i) std::memcpy(bytes.data() + i * width, texts[i].data(), texts[i].size());
  return AddArray(root, name, MakeInlineArray(MakeFixedString(width, CharSet::kUtf8), std::move(bytes), "channel"));
}

void Describe(Node& node, const char* text) { node.attributes.push_back(MakeTextAttribute("description", text)); }

/// The coordinates along "channel". Returns the names of those that are not the dimension's own.
std::string AddCoordinates(const Stream& stream, Node& root) {
  std::vector<std::int64_t> acquired;
  std::vector<std::string> names, groups, units;
  std::vector<double> gains, offsets, x, y;
  std::vector<std::int32_t> shanks;
  std::vector<std::uint8_t> used;
  for (const Channel& channel : stream.channels) {
    acquired.push_back(static_cast<std::int64_t>(channel.acquired));
    names.push_back(channel.name);
    groups.emplace_back(ChannelGroupName(channel.group));
    units.emplace_back(IsDigital(channel.group) ? "" : "uV");
    gains.push_back(channel.gain_to_uv);
    offsets.push_back(0);
    shanks.push_back(channel.shank);
    x.push_back(channel.x_um);
    y.push_back(channel.y_um);
    used.push_back(channel.used ? 1 : 0);
  }
  Node& channel = AddArray(root, "channel", MakeInlineArray(MakeInteger(8, true), LittleEndianBytes(acquired), "channel"));
  Describe(channel, "number of the channel among all acquired channels, as in snsSaveChanSubset");
  Describe(AddTexts(root, "channel_name", names), "name of the channel, as in snsChanMap");
  Describe(AddTexts(root, "channel_group", groups),
           "AP, LF: bands of a probe; SY: status words with the sync signal in bit 6; MN, MA, XA: analog inputs; DW: digital words");
  Describe(AddNumbers(root, "gain_to_uV", gains), "microvolts per count; 1 for digital words, NaN where the .meta does not tell");
  Describe(AddNumbers(root, "offset_to_uV", offsets), "microvolts at count 0");
  Describe(AddTexts(root, "unit", units), "unit after gain_to_uV and offset_to_uV; empty for digital words");
  std::string coordinates = "channel_name channel_group gain_to_uV offset_to_uV unit";
  if (!stream.has_geometry) return coordinates;
  Node& shank = AddArray(root, "shank", MakeInlineArray(MakeInteger(4, true), LittleEndianBytes(shanks), "channel"));
  Describe(shank, "shank of the electrode, from the left with the tips down; -1 for channels without an electrode");
  shank.attributes.push_back(MakeFloatAttribute("shank_pitch_um", stream.shank_pitch_um));
  Node& across = AddNumbers(root, "x", x);
  Describe(across, "centre of the electrode across its own shank, from the shank's left edge");
  across.attributes.push_back(MakeTextAttribute("units", "um"));
  Node& along = AddNumbers(root, "y", y);
  Describe(along, "centre of the electrode along the shank, from the lowest row towards the base");
  along.attributes.push_back(MakeTextAttribute("units", "um"));
  Describe(AddArray(root, "used", MakeInlineArray(MakeBool(), LittleEndianBytes(used), "channel")),
           "false where the user took the electrode out of displays and averages");
  return coordinates + " shank x y used";
}

/// Says in the notes where the real length and the .meta's disagree; returns the whole timepoints.
std::uint64_t CountTimepoints(const Meta& meta, const Stream& stream, const Samples& samples, Map& map) {
  std::uint64_t frame_bytes = stream.channels.size() * kSampleBytes;
  auto promised = meta.FindUnsigned("fileSizeBytes");
  if (samples.failure) return promised.value_or(0) / frame_bytes;
  std::uint64_t timepoints = samples.size_bytes / frame_bytes;
  if (promised && *promised != samples.size_bytes) {
    map.notes.push_back("the .bin has " + std::to_string(samples.size_bytes) + " bytes, its .meta says " + std::to_string(*promised) +
                        (samples.size_bytes < *promised ? "; it is mapped as far as it goes" : "; all of it is mapped"));
  }
  if (std::uint64_t rest = samples.size_bytes % frame_bytes; rest != 0) {
    map.notes.push_back("the .bin ends inside a timepoint; its last " + std::to_string(rest) + " bytes are not mapped");
  }
  return timepoints;
}

/// Copies a key where it has a value.
void CopyText(const Meta& meta, const char* key, const char* attribute, Node& node) {
  auto value = meta.Find(key);
  if (value && !value->empty()) SetAttribute(node, MakeTextAttribute(attribute, std::string(*value)));
}

}  // namespace

void BuildTree(const Meta& meta, const Stream& stream, const Samples& samples, Map& map) {
  std::uint64_t num_channels = stream.channels.size();
  std::uint64_t timepoints = CountTimepoints(meta, stream, samples, map);
  map.notes.insert(map.notes.end(), stream.notes.begin(), stream.notes.end());

  auto array = std::make_unique<Array>();
  array->dtype = MakeInteger(kSampleBytes, true);
  array->shape = {timepoints, num_channels};
  array->dimension_names = {"time", "channel"};
  array->chunk_shape = ChooseFlatChunks(array->shape, kSampleBytes);
  if (samples.failure) {
    array->failure = samples.failure;
  } else {
    std::uint64_t frame_bytes = num_channels * kSampleBytes;
    std::vector<Extent> extents = {{0, samples.source, 0, timepoints * frame_bytes}};
    std::vector<std::uint64_t> strides = {frame_bytes, kSampleBytes};
    array->index = std::make_shared<FlatIndex>(std::move(extents), std::move(strides), array->shape, array->chunk_shape, kSampleBytes);
  }
  Node& data = AddArray(map.root, "data", std::move(array));
  data.attributes.push_back(MakeFloatAttribute("sampling_frequency", stream.sampling_frequency_hz));
  if (auto first = meta.FindUnsigned("firstSample"); first && *first <= static_cast<std::uint64_t>(INT64_MAX)) {
    data.attributes.push_back(MakeIntegerAttribute("first_sample", static_cast<std::int64_t>(*first)));
    data.attributes.push_back(MakeFloatAttribute("t_start", static_cast<double>(*first) / stream.sampling_frequency_hz));
  }
  CopyText(meta, "fileCreateTime", "start_time", data);
  std::vector<std::uint64_t> sync;
  for (std::size_t i = 0; i < stream.channels.size(); ++i) {
    if (stream.channels[i].group == ChannelGroup::kSy) sync.push_back(i);
  }
  if (!sync.empty()) data.attributes.push_back(MakeIntegerListAttribute("sync_channel_positions", sync));
  std::string coordinates = AddCoordinates(stream, map.root);
  data.attributes.push_back(MakeTextAttribute("coordinates", std::move(coordinates)));

  Node& all = AddGroup(map.root, "meta");
  Describe(all, "the keys of the .meta file as they stand there");
  std::set<std::string_view> seen = {"description"};
  for (const auto& [key, value] : meta.entries()) {
    if (seen.insert(key).second) all.attributes.push_back(MakeTextAttribute(key, value));
  }

  CopyText(meta, "typeThis", "stream_type", map.root);
  CopyText(meta, "appVersion", "spikeglx_version", map.root);
  CopyText(meta, "fileCreateTime", "start_time", map.root);
  CopyText(meta, "imProbeSN", "probe_serial_number", map.root);  // phase 3A
  CopyText(meta, "imDatPrb_sn", "probe_serial_number", map.root);
  CopyText(meta, "imDatPrb_pn", "probe_part_number", map.root);
  CopyText(meta, "imDatPrb_type", "probe_type", map.root);
}

}  // namespace rutter::spikeglx
