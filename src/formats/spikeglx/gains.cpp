// Counts to volts: SpikeGLX "Metafile Tags" (imAiRangeMax, niAiRangeMax, obAiRangeMax) and "IMRO Table Anatomy".

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "base/text.h"
#include "formats/spikeglx/channels.h"
#include "formats/spikeglx/probe.h"

namespace rutter::spikeglx {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr double kMicrovoltsPerVolt = 1e6;

struct ApLf {
  double ap = 0, lf = 0;
};

/// The amplifier gains of an imec probe.
class ImecGains {
 public:
  ImecGains(const Meta& meta, Stream& stream) {
    ReadTable(meta);
    auto ap = meta.FindDouble("imChan0apGain");
    auto lf = meta.FindDouble("imChan0lfGain");
    auto first = by_channel_.find(0);
    if (ap && first != by_channel_.end() && first->second.ap != *ap) {
      stream.notes.push_back("imChan0apGain differs from imroTbl; imroTbl is taken, which tells each channel's gain");
    }
    // A probe with one band: its LF channels can only come from filtering the full band, whose gain they keep.
    if (ap && *ap > 0) probe_ = ApLf{*ap, lf && *lf > 1 ? *lf : *ap};
    if (!probe_) {
      if (auto fixed = ProbeOf(meta).fixed_gain) probe_ = ApLf{*fixed, *fixed};
    }
  }

  /// NaN where nothing tells.
  double Of(const Channel& channel) const {
    bool lf = channel.group == ChannelGroup::kLf;
    if (auto own = by_channel_.find(channel.in_group); own != by_channel_.end()) return lf ? own->second.lf : own->second.ap;
    if (all_) return lf ? all_->lf : all_->ap;
    if (probe_) return lf ? probe_->lf : probe_->ap;
    return kUnknown;
  }

 private:
  void ReadTable(const Meta& meta) {
    constexpr std::size_t kMaxEntries = 65'536;
    auto table = ParseTable(meta.Find("imroTbl").value_or(""), kMaxEntries);
    if (!table) return;
    const Fields& header = table->front();
    // (NP1110,mode,reference,ap gain,lf gain,filter): one pair of gains for the whole probe.
    if (header.size() == 6) {
      auto ap = ParseDouble(header[3]), lf = ParseDouble(header[4]);
      if (ap && lf && *ap > 0 && *lf > 0) all_ = ApLf{*ap, *lf};
      return;
    }
    // (channel bank reference ap lf filter); phase 3A has no filter, and (serial,option,channels) for a header.
    for (std::size_t i = 1; i < table->size(); ++i) {
      const Fields& entry = (*table)[i];
      if (entry.size() != 6 && !(entry.size() == 5 && header.size() == 3)) continue;
      auto channel = ParseUnsigned(entry[0]);
      auto ap = ParseDouble(entry[3]), lf = ParseDouble(entry[4]);
      if (channel && ap && lf && *ap > 0 && *lf > 0) by_channel_.emplace(*channel, ApLf{*ap, *lf});
    }
  }

  std::map<std::uint64_t, ApLf> by_channel_;  ///< By the number among the acquired channels of the band.
  std::optional<ApLf> all_, probe_;
};

/// Microvolts per count at gain 1.
double Step(const Meta& meta, const char* range_tag, const char* max_tag, double default_max) {
  auto range = meta.FindDouble(range_tag);
  double max_count = meta.FindDouble(max_tag).value_or(default_max);
  if (!range || *range <= 0 || max_count <= 0) return kUnknown;
  return *range * kMicrovoltsPerVolt / max_count;
}

}  // namespace

void FillGains(const Meta& meta, Stream& stream) {
  constexpr double kInt16Max = 32768;
  double step = kUnknown;
  std::optional<ImecGains> imec;
  switch (stream.type) {
    case StreamType::kImec:
      step = Step(meta, "imAiRangeMax", "imMaxInt", ProbeOf(meta).max_count);
      imec.emplace(meta, stream);
      break;
    case StreamType::kNidq: step = Step(meta, "niAiRangeMax", "niMaxInt", kInt16Max); break;
    case StreamType::kObx: step = Step(meta, "obAiRangeMax", "obMaxInt", kInt16Max); break;
  }
  const double mn_gain = meta.FindDouble("niMNGain").value_or(kUnknown);
  const double ma_gain = meta.FindDouble("niMAGain").value_or(kUnknown);
  bool unknown = false;
  for (Channel& channel : stream.channels) {
    double gain = 1;
    switch (channel.group) {
      case ChannelGroup::kAp:
      case ChannelGroup::kLf: gain = imec ? imec->Of(channel) : kUnknown; break;
      case ChannelGroup::kMn: gain = mn_gain; break;
      case ChannelGroup::kMa: gain = ma_gain; break;
      case ChannelGroup::kXa: break;
      case ChannelGroup::kDw:
      case ChannelGroup::kSy: continue;  // Digital words keep 1.
    }
    channel.gain_to_uv = gain > 0 ? step / gain : kUnknown;
    unknown = unknown || std::isnan(channel.gain_to_uv);
  }
  if (unknown) stream.notes.push_back("the .meta does not tell the gain of every channel; gain_to_uV is NaN there");
}

}  // namespace rutter::spikeglx
