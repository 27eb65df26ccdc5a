// Storage that is not chunked, against libhdf5's view of fixtures/hdf5/storage/.
#include <string>

#include "formats/hdf5/fixture_file.h"

using namespace rutter;

namespace {

const MosaicIndex& Mosaic(const Array& array) {
  REQUIRE_FALSE(array.failure);
  auto* mosaic = dynamic_cast<const MosaicIndex*>(array.index.get());
  REQUIRE(mosaic != nullptr);
  return *mosaic;
}

const FlatIndex& Flat(const Array& array) {
  REQUIRE_FALSE(array.failure);
  auto* flat = dynamic_cast<const FlatIndex*>(array.index.get());
  REQUIRE(flat != nullptr);
  return *flat;
}

}  // namespace

TEST_CASE("shapes are those that libhdf5 gives, virtual ones too") {
  auto expected = ReadJson(FixturePath("storage/expected.json"));
  for (const auto& file : expected.items()) {
    FixtureFile fixture = OpenFixture("storage/" + file.key());
    for (const auto& dataset : file.value().items()) {
      CAPTURE(file.key());
      CAPTURE(dataset.key());
      CHECK(fixture.At(dataset.key()).shape == dataset.value()["shape"].get<Shape>());
    }
  }
}

TEST_CASE("contiguous, compact and never written storage") {
  FixtureFile fixture = OpenFixture("storage/fills.h5");
  const Array& never = fixture.At("contiguous/never");
  CHECK(std::string(never.index->kind()) == "unallocated");
  CHECK(never.fill_defined);
  float fill = 0;
  REQUIRE(never.fill_value.size() == 4);
  std::memcpy(&fill, never.fill_value.data(), 4);
  CHECK(fill == 1.5f);
  CHECK_FALSE(fixture.At("contiguous/default").fill_defined);
  CHECK(fixture.At("fill_time_0").fill_defined);
  CHECK(fixture.At("fill_time_1").fill_value.empty());  // never written: libhdf5 does not read it either
  CHECK(fixture.At("fill_time_2").fill_value.size() == 4);
  const FlatIndex& written = Flat(fixture.At("contiguous/written"));
  CHECK(written.extents().size() == 1);
  CHECK(written.extents()[0].length == 48);
  CHECK(std::string(fixture.At("compact").index->kind()) == "inline");
  CHECK(fixture.At("compact").index->StoredBytes() == 24);
  CHECK(std::string(fixture.At("contiguous/empty").index->kind()) == "unallocated");
  CHECK(Flat(fixture.At("scalar")).extents()[0].length == 8);
}

TEST_CASE("external storage over several files") {
  FixtureFile fixture = OpenFixture("storage/external.h5");
  const FlatIndex& two = Flat(fixture.At("two"));
  REQUIRE(two.extents().size() == 2);
  CHECK(two.extents()[0].offset == 4);
  CHECK(two.extents()[0].length == 16);
  CHECK(two.extents()[1].stream_offset == 16);
  CHECK(two.extents()[1].offset == 8);
  CHECK(two.extents()[1].length == 44);
  CHECK(fixture.map.sources.at(two.extents()[0].source).url.ends_with("a.raw"));
  CHECK(fixture.map.sources.at(two.extents()[1].source).url.ends_with("b.raw"));
  CHECK(fixture.file->Sources().size() == fixture.map.sources.size());
  // a.raw has 20 of 30 bytes; libhdf5 reads zeros for the others, not the fill value.
  const Array& shorter = fixture.At("short");
  CHECK(Flat(shorter).extents()[0].length == 20);
  CHECK(Flat(shorter).extents()[1].stream_offset == 30);
  CHECK(shorter.fill_value.empty());
  const Array& missing = fixture.At("missing");
  REQUIRE(missing.failure);
  CHECK(missing.failure->code == ErrorCode::kNotFound);
  CHECK(missing.failure->message.find("gone.raw") != std::string::npos);
}

TEST_CASE("virtual datasets of both encodings of mappings") {
  for (const char* name : {"storage/virtual_v110.h5", "storage/virtual_latest.h5"}) {
    CAPTURE(name);
    FixtureFile fixture = OpenFixture(name);
    auto pieces = Mosaic(fixture.At("stacked")).pieces();
    REQUIRE(pieces.size() == 6);
    const char* sources[] = {"source_a.h5:d", ".:own", "gone.h5:d", "source_a.h5:a_name_that_is_longer_than_eight_bytes",
                             "source_a.h5:gone", "source_a.h5:a_name_that_is_longer_than_eight_bytes"};
    const bool there[] = {true, true, false, true, false, true};
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      CAPTURE(i);
      CHECK(pieces[i].source_name == sources[i]);
      CHECK(pieces[i].target.kind == ElementSelection::Kind::kRegular);
      CHECK(pieces[i].target.axes[0].start == i);
      auto source = pieces[i].open();
      REQUIRE(source);
      CHECK((*source != nullptr) == there[i]);
      if (*source) CHECK((*source)->array->shape == Shape{4, 5});
    }
    const auto interleaved = Mosaic(fixture.At("interleaved")).pieces();
    REQUIRE(interleaved.size() == 1);
    CHECK(interleaved[0].target.axes[0] == HyperslabAxis{1, 2, 4, 1});
  }
}

TEST_CASE("endless and numbered mappings follow their sources") {
  FixtureFile fixture = OpenFixture("storage/virtual_v110.h5");
  auto grows = Mosaic(fixture.At("grows")).pieces();
  REQUIRE(grows.size() == 1);
  CHECK(grows[0].target.axes[0] == HyperslabAxis{0, 1, 1, 4});
  CHECK(fixture.At("grows").shape == Shape{4, 5});
  // Four rows into blocks of three: one whole block, one row of the next.
  auto by_three = Mosaic(fixture.At("grows_by_three")).pieces();
  REQUIRE(by_three.size() == 2);
  CHECK(by_three[0].target.axes[0] == HyperslabAxis{1, 4, 1, 3});
  CHECK(by_three[1].target.axes[0] == HyperslabAxis{5, 1, 1, 1});
  CHECK(by_three[1].part.axes[0] == HyperslabAxis{3, 1, 1, 1});
  auto numbered = Mosaic(fixture.At("numbered")).pieces();
  REQUIRE(numbered.size() == 3);
  CHECK(numbered[2].source_name == "block_2.h5:d");
  CHECK(numbered[2].target.axes[0] == HyperslabAxis{6, 1, 1, 2});
  CHECK(fixture.At("numbered").shape == Shape{8, 5});
  CHECK(Mosaic(fixture.At("numbered_gone")).pieces().empty());
}
