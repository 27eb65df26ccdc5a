#include "conventions/dimension_scales.h"

#include <doctest/doctest.h>

#include "conventions/conventions.h"
#include "conventions/map_builder.h"

using namespace rutter;
using namespace rutter::testing;

TEST_CASE("scales name the arrays that they are attached to, across groups") {
  Map map = Hdf5Map();
  Node& x = Scale(map.root, "x", {3});
  Node& y = Scale(map.root, "y", {4});
  Attach(Put(map.root, "v", {4, 3}), {{&y}, {&x}});
  Node& group = AddGroup(map.root, "g");
  Attach(Put(group, "w", {3}), {{&x}});
  REQUIRE(ApplyConventions(map, FakeData()));
  CHECK(NamesOf(map, "/v") == Names{"y", "x"});
  CHECK(NamesOf(map, "/x") == Names{"x"});
  CHECK(NamesOf(map, "/g/w") == Names{"x"});
  CHECK(map.notes.empty());
  REQUIRE(ApplyConventions(map, FakeData()));
  CHECK(NamesOf(map, "/v") == Names{"y", "x"});
}

TEST_CASE("references by path alone") {
  Map map = Hdf5Map();
  Scale(map.root, "x", {3});
  Reference reference;
  reference.path = "/x";
  ValueList axis;
  axis.emplace_back(reference);
  ValueList list;
  list.emplace_back(std::move(axis));
  Set(Put(map.root, "v", {3}), "DIMENSION_LIST", Value(std::move(list)));
  ApplyDimensionScales(map, false);
  CHECK(NamesOf(map, "/v") == Names{"x"});
}

TEST_CASE("of several scales of one dimension the last names it") {
  Map map = Hdf5Map();
  Node& x = Scale(map.root, "x", {3});
  Node& y = Scale(map.root, "y", {3});
  Attach(Put(map.root, "v", {3}), {{&x, &y}});
  ApplyDimensionScales(map, true);
  CHECK(NamesOf(map, "/v") == Names{"y"});
}

TEST_CASE("multi-dimensional coordinate variables name their dimensions by number") {
  Map map = Hdf5Map();
  Node& x = Scale(map.root, "x", {3});
  Set(x, "_Netcdf4Dimid", Value(std::int64_t{0}));
  Node& y = Scale(map.root, "y", {4, 3});
  Set(y, "_Netcdf4Dimid", Value(std::int64_t{1}));
  ValueList ids;
  ids.emplace_back(std::int64_t{1});
  ids.emplace_back(std::int64_t{0});
  Set(y, "_Netcdf4Coordinates", Value(std::move(ids)));
  ApplyDimensionScales(map, true);
  CHECK(NamesOf(map, "/y") == Names{"y", "x"});
}

TEST_CASE("numbers that lead nowhere are passed over") {
  for (std::int64_t id : {std::int64_t{7}, std::int64_t{-1}, INT64_MAX}) {
    CAPTURE(id);
    Map map = Hdf5Map();
    Node& x = Scale(map.root, "x", {3});
    Set(x, "_Netcdf4Dimid", Value(id == 7 ? std::int64_t{0} : id));
    Node& v = Put(map.root, "v", {3});
    ValueList ids;
    ids.emplace_back(id);
    Set(v, "_Netcdf4Coordinates", Value(std::move(ids)));
    Attach(v, {{&x}});
    ApplyDimensionScales(map, true);
    CHECK(NamesOf(map, "/v") == Names{"x"});
  }
}

TEST_CASE("dimensions without a variable are marked") {
  Map map = Hdf5Map();
  Node& x = Scale(map.root, "x", {3});
  Set(x, "NAME", Text("This is a netCDF dimension but not a netCDF variable.         3"));
  Node& y = Scale(map.root, "y", {3});
  Set(y, "NAME", Text("y"));
  ApplyDimensionScales(map, true);
  CHECK(x.array->dimension_only);
  CHECK_FALSE(y.array->dimension_only);
}

TEST_CASE("phony dimensions are numbered as netCDF-C 4.9 numbers them") {
  // What netCDF4-python 1.7 printed for the same file.
  Map map = Hdf5Map();
  Put(map.root, "aa", {5, 6});
  Put(map.root, "b", {4, 3});
  Node& g = AddGroup(map.root, "g");
  Put(g, "c", {4, 7});
  Put(g, "d", {7, 4, 4});
  Put(AddGroup(g, "h"), "e", {7});
  Put(map.root, "s", {});
  Put(map.root, "sq", {3, 3});
  Put(map.root, "u", {5});
  Put(map.root, "v", {3, 4}, MakeFloat(8), true);
  Put(map.root, "z", {5, 9});
  ApplyDimensionScales(map, true);
  CHECK(NamesOf(map, "/g/h/e") == Names{"phony_dim_0"});
  CHECK(NamesOf(map, "/g/c") == Names{"phony_dim_1", "phony_dim_2"});
  CHECK(NamesOf(map, "/g/d") == Names{"phony_dim_2", "phony_dim_1", "phony_dim_3"});
  CHECK(NamesOf(map, "/aa") == Names{"phony_dim_4", "phony_dim_5"});
  CHECK(NamesOf(map, "/b") == Names{"phony_dim_6", "phony_dim_7"});
  CHECK(NamesOf(map, "/s") == Names{});
  CHECK(NamesOf(map, "/sq") == Names{"phony_dim_7", "phony_dim_8"});
  CHECK(NamesOf(map, "/u") == Names{"phony_dim_4"});
  CHECK(NamesOf(map, "/v") == Names{"phony_dim_9", "phony_dim_6"});
  CHECK(NamesOf(map, "/z") == Names{"phony_dim_4", "phony_dim_10"});
}

TEST_CASE("a dimension of the group with the same length is taken before a phony one is made") {
  Map map = Hdf5Map();
  Scale(map.root, "x", {3});
  Put(map.root, "lone", {8});
  Put(map.root, "w2", {3, 3});
  Put(AddGroup(map.root, "g"), "q", {3});
  ApplyDimensionScales(map, true);
  CHECK(NamesOf(map, "/g/q") == Names{"phony_dim_1"});
  CHECK(NamesOf(map, "/lone") == Names{"phony_dim_2"});
  CHECK(NamesOf(map, "/w2") == Names{"x", "phony_dim_3"});
}

TEST_CASE("types that netCDF lacks take part in no numbering") {
  Map map = Hdf5Map();
  Dtype reference;
  reference.type_class = TypeClass::kObjectReference;
  reference.size_bytes = 8;
  Put(map.root, "a", {2}, std::make_shared<Dtype>(reference));
  Put(map.root, "b", {3});
  ApplyDimensionScales(map, true);
  CHECK(NamesOf(map, "/a") == Names{""});
  CHECK(NamesOf(map, "/b") == Names{"phony_dim_0"});
}

TEST_CASE("labels name what no scale names") {
  Map map = Hdf5Map();
  Node& x = Scale(map.root, "x", {3});
  Node& v = Put(map.root, "v", {3, 4, 5, 6});
  Attach(v, {{&x}, {}, {}, {}});
  ValueList labels;
  for (const char* label : {"other", "depth", "depth", ""}) labels.emplace_back(std::string(label));
  Set(v, "DIMENSION_LABELS", Value(std::move(labels)));
  ApplyDimensionScales(map, false);
  CHECK(NamesOf(map, "/v") == Names{"x", "depth", "", ""});
}

TEST_CASE("a scale without axes is no name") {
  Map map = Hdf5Map();
  Node& size = Scale(map.root, "PixelSize", {});
  Node& v = Put(map.root, "v", {3, 4});
  Attach(v, {{&size}, {&size}});
  ValueList labels;
  for (const char* label : {"y", ""}) labels.emplace_back(std::string(label));
  Set(v, "DIMENSION_LABELS", Value(std::move(labels)));
  ApplyDimensionScales(map, false);
  CHECK(NamesOf(map, "/v") == Names{"y", ""});
  CHECK(map.notes.empty());
}

TEST_CASE("a group is no scale") {
  Map map = Hdf5Map();
  AddGroup(map.root, "g");
  Reference reference;
  reference.path = "/g";
  ValueList axis;
  axis.emplace_back(reference);
  ValueList list;
  list.emplace_back(std::move(axis));
  Set(Put(map.root, "v", {3}), "DIMENSION_LIST", Value(std::move(list)));
  ApplyDimensionScales(map, false);
  CHECK(NamesOf(map, "/v") == Names{""});
}

TEST_CASE("a dimension with the name of a scalar is noted") {
  Map map = Hdf5Map();
  Put(map.root, "x", {});
  Node& v = Put(map.root, "v", {3});
  ValueList labels;
  labels.emplace_back(std::string("x"));
  Set(v, "DIMENSION_LABELS", Value(std::move(labels)));
  ApplyDimensionScales(map, false);
  CHECK(NamesOf(map, "/v") == Names{"x"});
  REQUIRE(map.notes.size() == 1);
  CHECK(map.notes[0].find("'x' has the name of a scalar in /") != std::string::npos);
}

TEST_CASE("one name with two lengths is noted") {
  Map map = Hdf5Map();
  Node& x = Scale(map.root, "x", {10}, true);
  Attach(Put(map.root, "v", {5}), {{&x}});
  ApplyDimensionScales(map, true);
  CHECK(NamesOf(map, "/v") == Names{"x"});
  REQUIRE(map.notes.size() == 1);
  CHECK(map.notes[0].find("'x' has two lengths in /") != std::string::npos);
}

TEST_CASE("damaged attributes leave dimensions unnamed") {
  Map map = Hdf5Map();
  Node& v = Put(map.root, "v", {3, 4});
  Reference nowhere, null;
  nowhere.address = 1;
  null.is_null = true;
  ValueList axis;
  axis.emplace_back(nowhere);
  axis.emplace_back(null);
  axis.emplace_back(std::string("text"));
  ValueList list;
  list.emplace_back(std::move(axis));
  list.emplace_back(std::int64_t{4});
  Set(v, "DIMENSION_LIST", Value(std::move(list)));
  Node& short_list = Put(map.root, "w", {3, 4});
  Attach(short_list, {{&v}});
  Set(Put(map.root, "scalar", {}), "CLASS", Text("DIMENSION_SCALE"));
  ApplyDimensionScales(map, false);
  CHECK(NamesOf(map, "/v") == Names{"", ""});
  CHECK(NamesOf(map, "/w") == Names{"", ""});
}

TEST_CASE("other formats are left alone") {
  Map map = Hdf5Map();
  map.format = "npy";
  Put(map.root, "data", {3}).array->dimension_names = {"dim_0"};
  REQUIRE(ApplyConventions(map, FakeData()));
  CHECK(NamesOf(map, "/data") == Names{"dim_0"});
}
