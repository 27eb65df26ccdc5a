// Where each electrode sits: SpikeGLX "Metafile Tags", snsGeomMap and snsShankMap.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "formats/spikeglx/channels.h"
#include "formats/spikeglx/probe.h"

namespace rutter::spikeglx {
namespace {

constexpr std::size_t kMaxEntries = 65'536;

/// The channel of each entry of a map, whose entries are those of the saved AP channels (of the saved LF channels where a
/// file holds no AP). Empty where the count fits neither.
std::vector<Channel*> ChannelsOfEntries(Stream& stream, std::size_t num_entries) {
  for (ChannelGroup group : {ChannelGroup::kAp, ChannelGroup::kLf}) {
    std::vector<Channel*> channels;
    for (Channel& channel : stream.channels) {
      if (channel.group == group) channels.push_back(&channel);
    }
    if (!channels.empty() && channels.size() == num_entries) return channels;
  }
  return {};
}

struct Place {
  std::int32_t shank = -1;
  double x_um = 0, y_um = 0;
  bool used = true;
};

std::optional<Place> GeometryEntry(const Fields& entry) {
  if (entry.size() != 4) return std::nullopt;
  auto shank = ParseUnsigned(entry[0]);
  auto x = ParseDouble(entry[1]), y = ParseDouble(entry[2]);
  if (!shank || *shank > 255 || !x || !y) return std::nullopt;
  return Place{static_cast<std::int32_t>(*shank), *x, *y, entry[3] != "0"};
}

std::optional<Place> ShankEntry(const Fields& entry, const Probe& probe) {
  if (entry.size() != 4) return std::nullopt;
  auto shank = ParseUnsigned(entry[0]), column = ParseUnsigned(entry[1]), row = ParseUnsigned(entry[2]);
  if (!shank || *shank > 255 || !column || *column > kMaxEntries || !row || *row > kMaxEntries) return std::nullopt;
  double x = (*row % 2 == 0 ? probe.x_even_row : probe.x_odd_row) + static_cast<double>(*column) * probe.x_pitch;
  return Place{static_cast<std::int32_t>(*shank), x, static_cast<double>(*row) * probe.y_pitch, entry[3] != "0"};
}

}  // namespace

void FillGeometry(const Meta& meta, Stream& stream) {
  if (stream.type != StreamType::kImec) return;
  Probe probe = ProbeOf(meta);
  auto table = ParseTable(meta.Find("snsGeomMap").value_or(""), kMaxEntries);
  bool in_micrometres = table.has_value();
  if (in_micrometres) {
    const Fields& header = table->front();  // (part number, shanks, shank pitch, shank width)
    if (header.size() >= 3) stream.shank_pitch_um = ParseDouble(header[2]).value_or(0);
  } else {
    table = ParseTable(meta.Find("snsShankMap").value_or(""), kMaxEntries);
    if (!table || table->size() == 1) return;
    if (!probe.has_dimensions) {
      stream.notes.push_back("the probe's dimensions are not known; snsShankMap gives no micrometres");
      return;
    }
    stream.shank_pitch_um = probe.shank_pitch;
  }

  std::vector<Channel*> channels = ChannelsOfEntries(stream, table->size() - 1);
  std::vector<std::optional<Place>> places(table->size() - 1);
  for (std::size_t i = 0; i < places.size(); ++i) {
    places[i] = in_micrometres ? GeometryEntry((*table)[i + 1]) : ShankEntry((*table)[i + 1], probe);
  }
  auto put = [&](Channel& channel, const std::optional<Place>& place) {
    if (!place) return;
    channel.shank = place->shank;
    channel.x_um = place->x_um;
    channel.y_um = place->y_um;
    channel.used = place->used;
    stream.has_geometry = true;
  };
  if (!channels.empty()) {
    for (std::size_t i = 0; i < channels.size(); ++i) put(*channels[i], places[i]);
    return;
  }
  // Some writers list all acquired electrodes: the number in the group is the entry.
  std::uint64_t highest = 0;
  for (const Channel& channel : stream.channels) {
    if (!IsDigital(channel.group)) highest = std::max(highest, channel.in_group);
  }
  if (highest >= places.size()) {
    stream.notes.push_back("the electrode map has another number of entries than there are channels; it is not used");
    return;
  }
  for (Channel& channel : stream.channels) {
    if (!IsDigital(channel.group)) put(channel, places[static_cast<std::size_t>(channel.in_group)]);
  }
}

}  // namespace rutter::spikeglx
