#include "formats/spikeglx/channels.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "formats/spikeglx/probe.h"

using namespace rutter;
using namespace rutter::spikeglx;

namespace {

Result<Stream> Describe(const std::string& text, const Limits& limits = {}) {
  auto meta = Meta::Parse(text, limits);
  REQUIRE(meta);
  return DescribeStream(*meta, limits);
}

std::vector<double> Gains(const Stream& stream) {
  std::vector<double> gains;
  for (const Channel& channel : stream.channels) gains.push_back(channel.gain_to_uv);
  return gains;
}

std::vector<std::string> Names(const Stream& stream) {
  std::vector<std::string> names;
  for (const Channel& channel : stream.channels) names.push_back(channel.name);
  return names;
}

void CheckGains(const Stream& stream, const std::vector<double>& expected) {
  std::vector<double> gains = Gains(stream);
  REQUIRE(gains.size() == expected.size());
  for (std::size_t i = 0; i < gains.size(); ++i) {
    CAPTURE(i);
    CHECK(gains[i] == doctest::Approx(expected[i]).epsilon(1e-14));
  }
}

/// A NP 1.0 probe of three channels with a gain each; AP 0 and 2 and the sync word are saved.
const std::string kSubset =
    "acqApLfSy=3,3,1\nimAiRangeMax=0.6\nimSampRate=30000\nnSavedChans=3\nsnsApLfSy=2,0,1\nsnsSaveChanSubset=0,2,6\n"
    "typeThis=imec\nimDatPrb_type=0\nimDatPrb_pn=NP1000\n~imroTbl=(0,3)(0 0 1 500 250 1)(1 0 1 100 50 1)(2 0 1 1000 125 1)\n";

}  // namespace

TEST_CASE("gains of a saved subset come from the acquired channels") {
  auto stream = Describe(kSubset + "~snsChanMap=(3,3,1)(first;0:0)(AP2;2:1)(SY0;6:2)\n");
  REQUIRE(stream);
  CHECK(stream->notes.empty());
  CHECK(stream->sampling_frequency_hz == 30000);
  CHECK(Names(*stream) == std::vector<std::string>{"first", "AP2", "SY0"});
  CheckGains(*stream, {0.6e6 / 512 / 500, 0.6e6 / 512 / 1000, 1.0});
  CHECK(stream->channels[1].acquired == 2);
  CHECK(stream->channels[2].group == ChannelGroup::kSy);
}

TEST_CASE("LF channels have their own gains") {
  auto stream = Describe(
      "acqApLfSy=3,3,1\nimAiRangeMax=0.6\nimSampRate=2500\nnSavedChans=3\nsnsApLfSy=0,2,1\nsnsSaveChanSubset=4:6\n"
      "typeThis=imec\nimDatPrb_type=0\n~imroTbl=(NP1000,3)(0 0 1 500 250 1)(1 0 1 100 50 1)(2 0 1 1000 125 1)\n");
  REQUIRE(stream);
  CheckGains(*stream, {0.6e6 / 512 / 50, 0.6e6 / 512 / 125, 1.0});
  CHECK(Names(*stream) == std::vector<std::string>{"LF1", "LF2", "SY0"});
  CHECK(stream->channels[0].in_group == 1);
}

TEST_CASE("phase 3A: five numbers an entry, three in the header, no probe type") {
  auto stream = Describe(
      "acqApLfSy=2,2,1\nimAiRangeMax=0.6\nimProbeOpt=3\nimSampRate=30000\nnSavedChans=3\nsnsApLfSy=2,0,1\n"
      "snsSaveChanSubset=0:1,4\ntypeThis=imec\n~imroTbl=(262720641,3,2)(0 0 0 500 250)(1 0 0 125 250)\n"
      "~snsShankMap=(1,2,480)(0:0:0:1)(0:1:1:0)\n");
  REQUIRE(stream);
  CheckGains(*stream, {0.6e6 / 512 / 500, 0.6e6 / 512 / 125, 1.0});
  CHECK(stream->channels[0].x_um == 27);
  CHECK(stream->channels[1].x_um == 43);
  CHECK(stream->channels[1].y_um == 20);
  CHECK_FALSE(stream->channels[1].used);
  CHECK(stream->channels[2].shank == -1);
}

TEST_CASE("NP 2.0: one gain for all, not the electrode number of a five-number entry") {
  std::string text =
      "acqApLfSy=2,0,1\nimAiRangeMax=0.5\nimSampRate=30000\nnSavedChans=3\nsnsApLfSy=2,0,1\nsnsSaveChanSubset=all\ntypeThis=imec\n"
      "imMaxInt=8192\nimDatPrb_pn=NP2010\nimDatPrb_type=24\n~imroTbl=(24,2)(0 3 1 0 192)(1 3 0 0 193)\n";
  auto stream = Describe(text + "~snsShankMap=(4,2,640)(3:0:96:1)(3:1:97:1)\n");
  REQUIRE(stream);
  CheckGains(*stream, {0.5e6 / 8192 / 80, 0.5e6 / 8192 / 80, 1.0});
  CHECK(stream->channels[1].shank == 3);
  CHECK(stream->channels[1].x_um == 59);
  CHECK(stream->channels[1].y_um == 97 * 15);
  CHECK(stream->shank_pitch_um == 250);
}

TEST_CASE("newer probes: twelve bits at gain 100, or what imChan0apGain says") {
  std::string text =
      "acqApLfSy=2,0,1\nimAiRangeMax=0.62\nimSampRate=30000\nnSavedChans=2\nsnsApLfSy=1,0,1\nsnsSaveChanSubset=1:2\ntypeThis=imec\n"
      "imDatPrb_pn=NP2013\nimDatPrb_type=2013\n~imroTbl=(NP2013,2)(0 0 0 1 0)(1 0 0 1 1)\n~snsGeomMap=(NP2013,4,250,70)(2:27:15:1)\n";
  auto stream = Describe(text);
  REQUIRE(stream);
  CheckGains(*stream, {0.62e6 / 2048 / 100, 1.0});
  CHECK(stream->channels[0].shank == 2);
  CHECK(stream->channels[0].y_um == 15);
  CHECK(stream->shank_pitch_um == 250);
  stream = Describe(text + "imMaxInt=4096\nimChan0apGain=50\n");
  REQUIRE(stream);
  CheckGains(*stream, {0.62e6 / 4096 / 50, 1.0});
}

TEST_CASE("ultra high density: the gains stand in the table's header") {
  auto stream = Describe(
      "acqApLfSy=2,2,1\nimAiRangeMax=0.6\nimMaxInt=512\nimSampRate=30000\nnSavedChans=3\nsnsApLfSy=1,1,1\nsnsSaveChanSubset=1,3,4\n"
      "typeThis=imec\nimDatPrb_type=1110\nimDatPrb_pn=NP1110\nimChan0apGain=500\n~imroTbl=(1110,2,0,500,250,1)(0 2 2)(1 1 1)\n");
  REQUIRE(stream);
  CheckGains(*stream, {0.6e6 / 512 / 500, 0.6e6 / 512 / 250, 1.0});
}

TEST_CASE("a quad-base probe has four status words") {
  auto stream = Describe(
      "acqApLfSy=24,0,4\nimAiRangeMax=0.62\nimMaxInt=2048\nimChan0apGain=100\nimSampRate=30000\nnSavedChans=6\nsnsApLfSy=2,0,4\n"
      "snsSaveChanSubset=0:1,24:27\ntypeThis=imec\nimDatPrb_type=2020\n");
  REQUIRE(stream);
  double step = 0.62e6 / 2048 / 100;
  CheckGains(*stream, {step, step, 1, 1, 1, 1});
  CHECK(stream->channels[5].name == "SY3");
}

TEST_CASE("a gain that nothing tells is NaN, with a note") {
  auto stream = Describe("acqApLfSy=1,0,0\nimAiRangeMax=0.6\nimSampRate=30000\nnSavedChans=1\nsnsApLfSy=1,0,0\ntypeThis=imec\n"
                         "imDatPrb_type=3010\nimDatPrb_pn=NP3010\n");
  REQUIRE(stream);
  CHECK(std::isnan(stream->channels[0].gain_to_uv));
  CHECK(stream->notes.size() == 1);
}

TEST_CASE("NI-DAQ: each group has its gain, digital words none") {
  auto stream = Describe("acqMnMaXaDw=2,1,1,1\nniAiRangeMax=5\nniMNGain=200\nniMAGain=10\nniSampRate=25000\nnSavedChans=4\n"
                         "snsMnMaXaDw=1,1,1,1\nsnsSaveChanSubset=1:4\ntypeThis=nidq\n");
  REQUIRE(stream);
  CheckGains(*stream, {5e6 / 32768 / 200, 5e6 / 32768 / 10, 5e6 / 32768, 1.0});
  CHECK(stream->channels[3].group == ChannelGroup::kDw);
}

TEST_CASE("OneBox") {
  auto stream = Describe("acqXaDwSy=2,1,1\nobAiRangeMax=5\nobMaxInt=32768\nobSampRate=30303\nnSavedChans=4\nsnsXaDwSy=2,1,1\n"
                         "snsSaveChanSubset=all\ntypeThis=obx\n");
  REQUIRE(stream);
  CheckGains(*stream, {5e6 / 32768, 5e6 / 32768, 1.0, 1.0});
  CHECK(stream->channels[2].group == ChannelGroup::kDw);
  CHECK(stream->channels[3].group == ChannelGroup::kSy);
}

TEST_CASE("contradictions are noted") {
  auto stream = Describe(kSubset + "imChan0apGain=250\n");
  REQUIRE(stream);
  CHECK(stream->notes.size() == 1);
  CheckGains(*stream, {0.6e6 / 512 / 500, 0.6e6 / 512 / 1000, 1.0});
  std::string text = kSubset;
  text.replace(text.find("0,2,6"), 5, "0,2,5");  // an LF channel where a sync word is counted
  stream = Describe(text);
  REQUIRE(stream);
  CHECK(stream->notes.size() == 1);
  CHECK(stream->channels[2].group == ChannelGroup::kSy);
}

TEST_CASE("what cannot be described") {
  auto code = [](const std::string& text, const Limits& limits = {}) {
    auto stream = Describe(text, limits);
    REQUIRE_FALSE(stream);
    return stream.error().code;
  };
  CHECK(code("typeThis=xyz\n") == ErrorCode::kUnsupported);
  CHECK(code("typeThis=imec\nnSavedChans=1\n") == ErrorCode::kCorrupt);
  CHECK(code("typeThis=imec\nimSampRate=0\nnSavedChans=1\n") == ErrorCode::kCorrupt);
  CHECK(code("typeThis=imec\nimSampRate=30000\n") == ErrorCode::kCorrupt);
  CHECK(code("typeThis=imec\nimSampRate=30000\nnSavedChans=0\n") == ErrorCode::kCorrupt);
  CHECK(code("typeThis=imec\nimSampRate=30000\nnSavedChans=3\n") == ErrorCode::kCorrupt);
  CHECK(code("typeThis=imec\nimSampRate=30000\nnSavedChans=18446744073709551615\n") == ErrorCode::kLimit);
  CHECK(code("typeThis=imec\nimSampRate=30000\nnSavedChans=2\nsnsApLfSy=18446744073709551615,1,2\n") == ErrorCode::kCorrupt);
}

TEST_CASE("facts of probes") {
  auto probe = [](const std::string& text) { return ProbeOf(*Meta::Parse(text, Limits())); };
  CHECK(probe("imDatPrb_type=21\n").fixed_gain == 80);
  CHECK(probe("imDatPrb_pn=NP2014\n").fixed_gain == 100);
  CHECK_FALSE(probe("imDatPrb_type=0\n").fixed_gain);
  CHECK(probe("").max_count == 512);
  CHECK_FALSE(probe("imDatPrb_pn=NEW\nimDatPrb_type=9999\n").has_dimensions);
  CHECK(probe("imDatPrb_pn=NEW\nimX0EvenRow=1\nimX0OddRow=2\nimXPitch=3\nimZPitch=4\n").y_pitch == 4);
}
