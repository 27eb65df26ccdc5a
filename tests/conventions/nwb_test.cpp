#include "conventions/nwb.h"

#include <doctest/doctest.h>

#include "conventions/conventions.h"
#include "conventions/map_builder.h"

using namespace rutter;
using namespace rutter::testing;

namespace {

Map NwbMap() {
  Map map = Hdf5Map();
  Set(map.root, "nwb_version", Text("2.6.0"));
  return map;
}

Node& Series(Node& parent, const std::string& name) {
  Node& group = AddGroup(parent, name);
  Set(group, "neurodata_type", Text("ElectricalSeries"));
  return group;
}

}  // namespace

TEST_CASE("an NWB file is named and kept") {
  Map map = NwbMap();
  Put(map.root, "session_start_time", {});
  REQUIRE(ApplyConventions(map, FakeData()));
  REQUIRE(map.notes.size() == 1);
  CHECK(map.notes[0].find("NWB 2.6.0") == 0);
  REQUIRE(ApplyConventions(map, FakeData()));
  CHECK(map.notes.size() == 1);
}

TEST_CASE("time series name their time axis") {
  Map map = NwbMap();
  Node& stamped = Series(map.root, "stamped");
  Put(stamped, "data", {10, 4});
  Put(stamped, "timestamps", {10});
  Put(stamped, "electrodes", {4});
  Node& regular = Series(map.root, "regular");
  Put(regular, "data", {7});
  Set(Put(regular, "starting_time", {}), "rate", Value(30000.0));
  Node& linked = Series(map.root, "linked");
  Put(linked, "data", {10});
  Node& link = AddGroup(linked, "timestamps");
  link.kind = NodeKind::kSoftLink;
  link.target = "/stamped/timestamps";
  REQUIRE(ApplyConventions(map, FakeData()));
  CHECK(NamesOf(map, "/stamped/data") == Names{"time", ""});
  CHECK(NamesOf(map, "/stamped/timestamps") == Names{"time"});
  CHECK(NamesOf(map, "/stamped/electrodes") == Names{""});
  CHECK(NamesOf(map, "/regular/data") == Names{"time"});
  CHECK(NamesOf(map, "/linked/data") == Names{"time"});
}

TEST_CASE("what is no time series, or contradicts itself, is left unnamed") {
  Map map = NwbMap();
  Node& unequal = Series(map.root, "unequal");
  Put(unequal, "data", {10});
  Put(unequal, "timestamps", {11});
  Node& plain = AddGroup(map.root, "plain");
  Put(plain, "data", {10});
  Put(plain, "timestamps", {10});
  Node& image = Series(map.root, "image");
  Put(image, "data", {10, 10});
  REQUIRE(ApplyConventions(map, FakeData()));
  CHECK(NamesOf(map, "/unequal/data") == Names{""});
  CHECK(NamesOf(map, "/plain/data") == Names{""});
  CHECK(NamesOf(map, "/image/data") == Names{"", ""});
}
