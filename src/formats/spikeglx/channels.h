#pragma once
// What a .meta says of the channels that its .bin holds.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "formats/spikeglx/meta.h"

namespace rutter::spikeglx {

enum class StreamType : std::uint8_t { kImec, kNidq, kObx };

/// The kinds of a timepoint's words, in the order that SpikeGLX stores them within each stream type.
enum class ChannelGroup : std::uint8_t { kAp, kLf, kMn, kMa, kXa, kDw, kSy };
const char* ChannelGroupName(ChannelGroup group);  ///< "AP", "LF", "MN", "MA", "XA", "DW", "SY".
inline bool IsDigital(ChannelGroup group) { return group == ChannelGroup::kDw || group == ChannelGroup::kSy; }

/// One saved channel.
struct Channel {
  std::uint64_t acquired = 0;  ///< Its number among all acquired channels, as in snsSaveChanSubset.
  ChannelGroup group = ChannelGroup::kAp;
  std::uint64_t in_group = 0;  ///< Its number among the acquired channels of its group: AP 12 and LF 12 share an electrode.
  std::string name;            ///< "AP12".
  double gain_to_uv = 1.0;     ///< Microvolts per count; 1 for digital words; NaN where the .meta does not tell.
  std::int32_t shank = -1;     ///< -1: no electrode, or not told.
  double x_um = std::numeric_limits<double>::quiet_NaN();  ///< Across its own shank, from the left edge.
  double y_um = std::numeric_limits<double>::quiet_NaN();  ///< Along the shank, from the lowest row towards the base.
  bool used = true;            ///< The user's "used" flag of the electrode.
};

/// The stream that one .bin holds.
struct Stream {
  StreamType type = StreamType::kImec;
  double sampling_frequency_hz = 0;
  std::vector<Channel> channels;   ///< In the order of the file.
  double shank_pitch_um = 0;       ///< From one shank's left edge to the next; 0 where there is one shank.
  bool has_geometry = false;
  std::vector<std::string> notes;  ///< What contradicts itself or is not told.
};

/// Errors: kCorrupt (no channel count, no sample rate, counts that contradict each other), kLimit (Limits::members).
/// Source: SpikeGLX, "Metafile Tags".
Result<Stream> DescribeStream(const Meta& meta, const Limits& limits);

// The steps of DescribeStream, apart for their tests.

/// Fills `acquired`, `group`, `in_group` and `name`.
Status ListChannels(const Meta& meta, std::uint64_t num_channels, Stream& stream);
/// Fills `gain_to_uv`. volts = count * range / max_count / gain.
void FillGains(const Meta& meta, Stream& stream);
/// Fills shank, x_um, y_um and used from snsGeomMap, else from snsShankMap and the probe's dimensions.
void FillGeometry(const Meta& meta, Stream& stream);

}  // namespace rutter::spikeglx
