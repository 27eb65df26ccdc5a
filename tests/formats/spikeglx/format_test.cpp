#include "formats/spikeglx/format.h"

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "formats/registry.h"

using namespace rutter;

namespace {

std::vector<std::byte> BytesOf(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

/// Files of one folder, in memory.
class FolderOpener : public SourceOpener {
 public:
  std::map<std::string, std::string> files;
  Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view) override {
    auto found = files.find(std::string(reference));
    if (found == files.end()) return Fail(ErrorCode::kNotFound, "no such file");
    return MakeMemorySource("/run/" + found->first, BytesOf(found->second));
  }
};

const std::string kMeta =
    "acqApLfSy=2,0,1\nfileCreateTime=2024-02-29T12:34:56\nfileSizeBytes=60\nfirstSample=3000\nimAiRangeMax=0.5\nimDatPrb_pn=NP2010\n"
    "imDatPrb_sn=42\nimDatPrb_type=24\nimMaxInt=8192\nimSampRate=30000\nnSavedChans=3\nsnsApLfSy=2,0,1\nsnsSaveChanSubset=all\n"
    "typeThis=imec\n~imroTbl=(24,2)(0 0 0 0 0)(1 0 0 0 1)\n~snsShankMap=(4,2,640)(0:0:0:1)(0:1:0:1)\n";

Result<Map> Describe(const std::map<std::string, std::string>& files, const std::string& name, const Limits& limits = {}) {
  auto opener = std::make_shared<FolderOpener>();
  opener->files = files;
  OpenOptions options;
  options.limits = limits;
  options.opener = opener;
  const Format* chosen = nullptr;
  RUTTER_ASSIGN(auto opened, OpenWithAnyFormat(MakeMemorySource("/run/" + name, BytesOf(files.at(name))), options, &chosen));
  CHECK(chosen == &kSpikeGlxFormat);
  auto map = opened->Describe();
  if (map) CHECK(opened->Sources().size() == map->sources.size());
  return map;
}

const Array& Data(const Map& map) { return *map.Find("/data")->array; }

}  // namespace

TEST_CASE("a recording, by either of its files") {
  for (const char* name : {"r.ap.bin", "r.ap.meta"}) {
    CAPTURE(name);
    auto map = Describe({{"r.ap.meta", kMeta}, {"r.ap.bin", std::string(60, 'x')}}, name);
    REQUIRE(map);
    CHECK(map->notes.empty());
    REQUIRE(map->sources.size() == 2);
    CHECK(map->sources[0].url == "/run/r.ap.bin");
    const Array& array = Data(*map);
    CHECK(array.shape == Shape{10, 3});
    CHECK(array.dimension_names == std::vector<std::string>{"time", "channel"});
    const auto& index = dynamic_cast<const FlatIndex&>(*array.index);
    CHECK(index.byte_strides()[0] == 6);
    REQUIRE(index.extents().size() == 1);
    CHECK(index.extents()[0].length == 60);

    const Node* data = map->Find("/data");
    CHECK(*data->FindAttribute("sampling_frequency")->value.As<double>() == 30000);
    CHECK(*data->FindAttribute("t_start")->value.As<double>() == 0.1);
    CHECK(*data->FindAttribute("first_sample")->value.As<std::int64_t>() == 3000);
    CHECK(*data->FindAttribute("start_time")->value.As<std::string>() == "2024-02-29T12:34:56");
    CHECK(*data->FindAttribute("coordinates")->value.As<std::string>() ==
          "channel_name channel_group gain_to_uV offset_to_uV unit shank x y used");
    CHECK(*map->root.FindAttribute("probe_serial_number")->value.As<std::string>() == "42");
    CHECK(*map->Find("/meta")->FindAttribute("imroTbl")->value.As<std::string>() == "(24,2)(0 0 0 0 0)(1 0 0 0 1)");

    const Array& groups = *map->Find("/channel_group")->array;
    auto text = dynamic_cast<const InlineIndex&>(*groups.index).data();
    CHECK(std::string(reinterpret_cast<const char*>(text.data()), text.size()) == "APAPSY");
    const Array& gains = *map->Find("/gain_to_uV")->array;
    double values[3];
    auto bytes = dynamic_cast<const InlineIndex&>(*gains.index).data();
    REQUIRE(bytes.size() == sizeof values);
    std::memcpy(values, bytes.data(), sizeof values);
    CHECK(values[0] == doctest::Approx(0.5e6 / 8192 / 80));
    CHECK(values[2] == 1.0);
    for (const char* coordinate : {"channel", "channel_name", "unit", "offset_to_uV", "shank", "x", "y", "used"}) {
      CAPTURE(coordinate);
      REQUIRE(map->Find(coordinate) != nullptr);
      CHECK(map->Find(coordinate)->array->shape == Shape{3});
    }
  }
}

TEST_CASE("every shorter .bin is mapped as far as it goes, and says so") {
  for (std::size_t length = 0; length < 60; ++length) {
    CAPTURE(length);
    auto map = Describe({{"r.meta", kMeta}, {"r.bin", std::string(length, 'x')}}, "r.meta");
    REQUIRE(map);
    CHECK_FALSE(Data(*map).failure);
    CHECK(Data(*map).shape == Shape{length / 6, 3});
    CHECK(map->notes.size() == (length % 6 == 0 ? 1 : 2));
  }
}

TEST_CASE("a longer .bin is mapped whole, and says so") {
  auto map = Describe({{"r.meta", kMeta}, {"r.bin", std::string(66, 'x')}}, "r.bin");
  REQUIRE(map);
  CHECK(Data(*map).shape == Shape{11, 3});
  CHECK(map->notes.size() == 1);
}

TEST_CASE("a .meta alone still describes the recording") {
  auto map = Describe({{"r.meta", kMeta}}, "r.meta");
  REQUIRE(map);
  CHECK(Data(*map).shape == Shape{10, 3});
  REQUIRE(Data(*map).failure);
  CHECK(Data(*map).failure->code == ErrorCode::kNotFound);
  CHECK_FALSE(Data(*map).failure->hint.empty());
  CHECK(map->Find("/gain_to_uV") != nullptr);
  CHECK(map->sources.size() == 1);

  map = Describe({{"r.meta", kMeta}, {"r.cbin", "x"}}, "r.meta");
  REQUIRE(map);
  CHECK(Data(*map).failure->code == ErrorCode::kUnsupported);
  CHECK(Data(*map).failure->message.find("mtscomp") != std::string::npos);
}

TEST_CASE("a .bin that is not SpikeGLX's") {
  auto map = Describe({{"r.bin", "bytes"}}, "r.bin");
  REQUIRE_FALSE(map);
  CHECK(map.error().code == ErrorCode::kUnsupported);
  map = Describe({{"r.bin", "bytes"}, {"r.meta", "something else"}}, "r.bin");
  REQUIRE_FALSE(map);
  CHECK(map.error().code == ErrorCode::kUnsupported);
}

TEST_CASE("every truncation of a .meta ends in a description or a typed error") {
  for (std::size_t length = 1; length < kMeta.size(); ++length) {
    CAPTURE(length);
    auto map = Describe({{"r.meta", kMeta.substr(0, length)}, {"r.bin", std::string(60, 'x')}}, "r.bin");
    if (map) continue;
    ErrorCode code = map.error().code;
    CHECK((code == ErrorCode::kUnsupported || code == ErrorCode::kCorrupt));
    CHECK(map.error().where.source == "/run/r.meta");
  }
}

TEST_CASE("a .meta beyond the limits") {
  Limits limits;
  limits.metadata_bytes = 100;
  auto map = Describe({{"r.meta", kMeta}, {"r.bin", "x"}}, "r.meta", limits);
  REQUIRE_FALSE(map);
  CHECK(map.error().code == ErrorCode::kLimit);
}

TEST_CASE("inspect lists channels and keys") {
  auto opener = std::make_shared<FolderOpener>();
  OpenOptions options;
  options.opener = opener;
  auto opened = OpenWithAnyFormat(MakeMemorySource("/run/r.meta", BytesOf(kMeta + "userNotes=\xFF\n")), options);
  REQUIRE(opened);
  auto report = (*opened)->Inspect();
  REQUIRE(report);
  CHECK(report->dump().find("\"AP1\"") != std::string::npos);
}
