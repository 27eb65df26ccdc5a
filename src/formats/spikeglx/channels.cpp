#include "formats/spikeglx/channels.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "base/checked.h"
#include "base/text.h"

namespace rutter::spikeglx {
namespace {

/// How a stream type counts its channels: the tags and the groups in their stored order.
struct Layout {
  const char* acquired_tag;
  const char* saved_tag;
  const char* rate_tag;
  std::array<ChannelGroup, 4> groups;
  std::size_t num_groups;
};

const Layout& LayoutOf(StreamType type) {
  static constexpr Layout kImec = {"acqApLfSy", "snsApLfSy", "imSampRate", {ChannelGroup::kAp, ChannelGroup::kLf, ChannelGroup::kSy}, 3};
  static constexpr Layout kNidq = {"acqMnMaXaDw", "snsMnMaXaDw", "niSampRate", {ChannelGroup::kMn, ChannelGroup::kMa, ChannelGroup::kXa, ChannelGroup::kDw}, 4};
  static constexpr Layout kObx = {"acqXaDwSy", "snsXaDwSy", "obSampRate", {ChannelGroup::kXa, ChannelGroup::kDw, ChannelGroup::kSy}, 3};
  switch (type) {
    case StreamType::kNidq: return kNidq;
    case StreamType::kObx: return kObx;
    case StreamType::kImec: break;
  }
  return kImec;
}

/// The group that `position` falls into when groups of these sizes follow each other; also its number in the group.
std::optional<std::pair<std::size_t, std::uint64_t>> GroupAt(const std::vector<std::uint64_t>& counts, std::uint64_t position) {
  for (std::size_t g = 0; g < counts.size(); ++g) {
    if (position < counts[g]) return std::pair{g, position};
    position -= counts[g];
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Total(const std::vector<std::uint64_t>& counts) {
  std::uint64_t sum = 0;
  for (std::uint64_t count : counts) {
    auto next = CheckedAdd(sum, count);
    if (!next) return std::nullopt;
    sum = *next;
  }
  return sum;
}

}  // namespace

const char* ChannelGroupName(ChannelGroup group) {
  switch (group) {
    case ChannelGroup::kAp: return "AP";
    case ChannelGroup::kLf: return "LF";
    case ChannelGroup::kMn: return "MN";
    case ChannelGroup::kMa: return "MA";
    case ChannelGroup::kXa: return "XA";
    case ChannelGroup::kDw: return "DW";
    case ChannelGroup::kSy: return "SY";
  }
  return "";
}

namespace {

/// What SpikeGLX calls a channel that the user has not named.
std::string UsualName(ChannelGroup group, std::uint64_t number, std::uint64_t mux_factor) {
  std::string name = group == ChannelGroup::kDw ? "XD" : ChannelGroupName(group);
  if (group != ChannelGroup::kMn && group != ChannelGroup::kMa) return name + std::to_string(number);
  return name + std::to_string(number / mux_factor) + "C" + std::to_string(number % mux_factor);
}

}  // namespace

Status ListChannels(const Meta& meta, std::uint64_t num_channels, Stream& stream) {
  const Layout& layout = LayoutOf(stream.type);
  stream.channels.assign(static_cast<std::size_t>(num_channels), Channel());
  auto acquired_counts = meta.FindCounts(layout.acquired_tag, layout.num_groups);
  auto saved_counts = meta.FindCounts(layout.saved_tag, layout.num_groups);
  if (saved_counts && Total(*saved_counts) != num_channels) {
    stream.notes.push_back(std::string(layout.saved_tag) + " does not add up to nSavedChans");
    saved_counts.reset();
  }

  // The acquired number of each saved channel; imroTbl and the groups' tables count in acquired channels.
  std::string_view subset = meta.Find("snsSaveChanSubset").value_or("all");
  std::optional<std::vector<std::uint64_t>> acquired;
  if (subset != "all" && !subset.empty()) {
    acquired = ParseNumberList(subset, stream.channels.size());
    if (!acquired || acquired->size() != num_channels) {
      stream.notes.push_back("snsSaveChanSubset does not list nSavedChans channels; channels are taken as numbered from 0");
      acquired.reset();
    }
  }
  for (std::size_t i = 0; i < stream.channels.size(); ++i) stream.channels[i].acquired = acquired ? (*acquired)[i] : i;

  const std::uint64_t mux_factor = std::max<std::uint64_t>(meta.FindUnsigned("niMuxFactor").value_or(1), 1);
  bool groups_disagree = false;
  for (std::size_t i = 0; i < stream.channels.size(); ++i) {
    Channel& channel = stream.channels[i];
    auto by_number = acquired_counts ? GroupAt(*acquired_counts, channel.acquired) : std::nullopt;
    auto by_place = saved_counts ? GroupAt(*saved_counts, i) : std::nullopt;
    if (!by_number && !by_place) {
      return Fail(ErrorCode::kCorrupt, "the group of channel " + std::to_string(i) + " is not told by " + layout.saved_tag +
                                           " or " + layout.acquired_tag);
    }
    if (by_number && by_place && by_number->first != by_place->first) {
      groups_disagree = true;
      by_number.reset();
    }
    auto [group, number] = by_number ? *by_number : *by_place;
    channel.group = layout.groups[group];
    channel.in_group = number;
    channel.name = UsualName(channel.group, number, mux_factor);
  }
  if (groups_disagree) {
    stream.notes.push_back(std::string(layout.saved_tag) + " and snsSaveChanSubset name different channels; the former is taken");
  }

  // The user's own names: one entry (name;acquired:order) for each saved channel.
  auto map = ParseTable(meta.Find("snsChanMap").value_or(""), stream.channels.size() + 1);
  if (map && map->size() == stream.channels.size() + 1) {
    for (std::size_t i = 0; i < stream.channels.size(); ++i) {
      const Fields& entry = (*map)[i + 1];
      if (!entry.empty()) stream.channels[i].name = entry[0];
    }
  }
  return {};
}

Result<Stream> DescribeStream(const Meta& meta, const Limits& limits) {
  Stream stream;
  auto type = meta.Find("typeThis");
  if (type == "imec") {
    stream.type = StreamType::kImec;
  } else if (type == "nidq") {
    stream.type = StreamType::kNidq;
  } else if (type == "obx") {
    stream.type = StreamType::kObx;
  } else {
    return Fail(ErrorCode::kUnsupported, "the stream type '" + std::string(type.value_or("").substr(0, 64)) + "'");
  }
  auto rate = meta.FindDouble(LayoutOf(stream.type).rate_tag);
  if (!rate || *rate <= 0) return Fail(ErrorCode::kCorrupt, std::string(LayoutOf(stream.type).rate_tag) + " is no sample rate");
  stream.sampling_frequency_hz = *rate;
  auto num_channels = meta.FindUnsigned("nSavedChans");
  if (!num_channels || *num_channels == 0) return Fail(ErrorCode::kCorrupt, "nSavedChans is no number of channels");
  if (*num_channels > limits.members) return Fail(ErrorCode::kLimit, "more channels than Limits::members");
  RUTTER_TRY(ListChannels(meta, *num_channels, stream));
  FillGains(meta, stream);
  FillGeometry(meta, stream);
  return stream;
}

}  // namespace rutter::spikeglx
