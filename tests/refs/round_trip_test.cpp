// A map, written and read back, is the same map: in every dialect, as far as the dialect can say.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "small_map.h"

using namespace rutter;
using namespace rutter::test;

namespace {

DtypePtr Simple(TypeClass type_class, std::uint64_t size) {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = type_class;
  dtype->size_bytes = size;
  return dtype;
}

DtypePtr ColorEnum() {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = TypeClass::kEnum;
  dtype->base = MakeInteger(1, false);
  dtype->size_bytes = 1;
  dtype->members = {{"RED", 0, nullptr, 0}, {"BLUE", 0, nullptr, 200}};
  return dtype;
}

DtypePtr Pair() {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = TypeClass::kCompound;
  dtype->size_bytes = 16;
  dtype->members = {{"count", 0, MakeInteger(4, true, ByteOrder::kBig), 0}, {"mean", 8, MakeFloat(8), 0}};
  return dtype;
}

Value List(std::initializer_list<Value> values) { return Value(ValueList(values)); }

struct Fixture {
  Map map = MapOf();
  FixedData data;

  Array& Add(Node& parent, std::string name, std::unique_ptr<Array> array) {
    Array& kept = *array;
    AddArray(parent, std::move(name), std::move(array));
    return kept;
  }

  Fixture() {
    Node& root = map.root;
    SetAttribute(root, MakeTextAttribute("nwb_version", "2.6.0"));
    SetAttribute(root, MakeFloatAttribute("one", 1.0));
    SetAttribute(root, MakeIntegerAttribute("count", -3));
    SetAttribute(root, TypedAttributeOf("small", MakeInteger(1, false), {}, Value(std::uint64_t{7})));
    SetAttribute(root, TypedAttributeOf("single", MakeFloat(4), {1}, List({Value(0.5)})));
    SetAttribute(root, TypedAttributeOf("odd", MakeFloat(8), {2}, List({Value(std::nan("")), Value(-std::numeric_limits<double>::infinity())})));
    SetAttribute(root, TypedAttributeOf("empty", MakeInteger(4, true), {0}, Value(ValueList())));
    SetAttribute(root, TypedAttributeOf("fixed", MakeFixedString(4, CharSet::kAscii, StringPadding::kSpacePadded), {}, Value(std::string("ab"))));
    SetAttribute(root, TypedAttributeOf("latin", MakeVlenString(CharSet::kAscii), {}, Value(std::string("\xE9"))));
    SetAttribute(root, TypedAttributeOf("color", ColorEnum(), {2}, List({Value(std::uint64_t{0}), Value(std::uint64_t{200})})));
    SetAttribute(root, TypedAttributeOf("blob", Simple(TypeClass::kOpaque, 3), {}, Value(Bytes{std::string("\0\1\2", 3)})));
    SetAttribute(root, TypedAttributeOf("z", MakeComplex(16), {}, Value(Complex{1.5, -2})));
    SetAttribute(root, TypedAttributeOf("pair", Pair(), {}, Value(ValueRecord{{"count", Value(std::int64_t{-1})}, {"mean", Value(2.0)}})));
    Reference reference;
    reference.path = "/g/data";
    SetAttribute(root, TypedAttributeOf("target", Simple(TypeClass::kObjectReference, 8), {}, Value(reference)));
    auto short_text = std::make_shared<Dtype>(*MakeVlenString(CharSet::kUtf8));
    short_text->size_bytes = 12;
    auto record = std::make_shared<Dtype>(*Simple(TypeClass::kCompound, 12));
    DtypeMember text;
    text.name = "text";
    text.type = short_text;
    record->members.push_back(std::move(text));
    SetAttribute(root, TypedAttributeOf("record of a short slot", record, {}, Value(ValueRecord{{"text", Value(std::string("b"))}})));
    SetAttribute(root, TypedAttributeOf("short target", Simple(TypeClass::kObjectReference, 4), {}, Value(reference)));
    reference.has_selection = true;
    reference.selection.kind = ElementSelection::Kind::kRegular;
    reference.selection.axes = {{1, 2, 3, 1}};
    SetAttribute(root, TypedAttributeOf("region", Simple(TypeClass::kRegionReference, 12), {1}, List({Value(reference)})));
    Attribute null = TypedAttributeOf("nothing", MakeFloat(4), {}, Value());
    null.is_null = true;
    SetAttribute(root, null);
    auto ragged = std::make_shared<Dtype>(*Simple(TypeClass::kVlenSequence, 16));
    ragged->base = MakeInteger(2, true);
    SetAttribute(root, TypedAttributeOf("ragged", ragged, {2}, List({List({Value(std::int64_t{1})}), List({})})));
    SetAttribute(root, TypedAttributeOf("one sequence of one", ragged, {1}, List({List({Value(std::int64_t{1})})})));
    SetAttribute(root, TypedAttributeOf("one sequence of two", ragged, {1}, List({List({Value(std::int64_t{1}), Value(std::int64_t{2})})})));
    SetAttribute(root, TypedAttributeOf("one empty sequence", ragged, {1}, List({List({})})));
    SetAttribute(root, TypedAttributeOf("DIMENSION_LIST", MakeInteger(2, true), {}, Value(std::int64_t{5})));

    Node& group = AddGroup(root, "g");
    Array& table = Add(group, "data", ChunkedArray(MakeInteger(2, true, ByteOrder::kBig), {5, 6}, {2, 6},
                                                   {Stage(CodecId::kShuffle, {2}), Stage(CodecId::kDeflate, {4}), Stage(CodecId::kFletcher32)},
                                                   {{0, 1000, 24, 0, 0}, {2, 2000, 30, 0, 0}}));
    table.dimension_names = {"time", "channel"};
    table.fill_value = BytesOf(std::string("\0\7", 2));
    table.fill_defined = true;
    Add(group, "flat", FlatArray(MakeFloat(4), {8, 3}, 4096));
    Add(group, "scalar", FlatArray(MakeFloat(8), {}, 100));
    Add(group, "none", FlatArray(MakeInteger(4, true), {0, 3}, 100));
    Array& immense = Add(group, "none of immense axes", std::make_unique<Array>());
    immense.dtype = MakeInteger(8, true);
    immense.shape = {0, 1ull << 62, 4};
    immense.chunk_shape = {1, 4, 4};
    immense.index = std::make_shared<EmptyIndex>();
    Array& texts = Add(group, "texts", std::make_unique<Array>());
    texts.dtype = MakeVlenString(CharSet::kUtf8);
    texts.shape = texts.chunk_shape = {2};
    texts.index = std::make_shared<EmptyIndex>();
    data.values[&texts] = {Value(std::string("a\xC3\xA9")), Value(std::string())};
    Array& references = Add(group, "references", std::make_unique<Array>());
    references.dtype = Simple(TypeClass::kObjectReference, 8);
    references.shape = references.chunk_shape = {2};
    references.index = std::make_shared<EmptyIndex>();
    Reference to;
    to.path = "/g/data";
    Reference nowhere;
    nowhere.is_null = true;
    data.values[&references] = {Value(to), Value(nowhere)};
    Add(group, "colors", FlatArray(ColorEnum(), {3}, 50));
    Array& rows = Add(group, "rows", FlatArray(Pair(), {4}, 7000));
    data.values[&rows] = ValueList(4, Value(ValueRecord{{"count", Value(std::int64_t{1})}, {"mean", Value(0.5)}}));
    auto triple = std::make_shared<Dtype>(*Simple(TypeClass::kArray, 12));
    triple->dims = {3};
    triple->base = MakeFloat(4);
    Array& vectors = Add(group, "vectors", ChunkedArray(triple, {4}, {2}, {}, {{0, 0, 24, 0, 0}, {1, 500, 24, 0, 0}}));
    data.values[&vectors] = ValueList(4, List({Value(1.0), Value(2.0), Value(3.0)}));
    Array& null_array = Add(group, "null", std::make_unique<Array>());
    null_array.dtype = MakeInteger(4, true);
    null_array.is_null = true;
    null_array.index = std::make_shared<EmptyIndex>();

    Node& odd = AddArray(root, "odd name \xC3\xA9#", FlatArray(MakeInteger(1, true), {2}, 10));
    SetAttribute(odd, MakeTextAttribute("unit", "V"));
    auto link = [&](const char* name, NodeKind kind, const char* target) -> Node& {
      Node& node = AddGroup(root, name);
      node.kind = kind;
      node.target = target;
      return node;
    };
    link("hard", NodeKind::kHardLink, "/g/data");
    link("soft", NodeKind::kSoftLink, "g");
    link("dangling", NodeKind::kSoftLink, "/not/there");
    link("not text", NodeKind::kSoftLink, "/\xFF");
    link("outside", NodeKind::kExternalLink, "/x").target_file = "b.h5";
    link("mine", NodeKind::kUserLink, "").link_class = 187;
    Node& type = AddGroup(root, "type");
    type.kind = NodeKind::kNamedType;
    type.named_type = Pair();
    SetAttribute(type, MakeTextAttribute("about", "a pair"));
    Array& lost = Add(root, "lost", ChunkedArray(MakeFloat(4), {2'000'000'000}, {1'000'000'000}, {Stage(CodecId::kSzip)}, {{0, 0, 100, 0, 0}}));
    lost.codecs[0].hdf5_filter = 4;
    Node& broken = AddGroup(root, "broken");
    broken.kind = NodeKind::kUnreadable;
    broken.failure = MakeError(ErrorCode::kCorrupt, "no object header");
  }
};

/// What a map looks like after it went through a document: names that the writer invents are left out.
std::string Expected(const Map& map) { return Outline(map); }

}  // namespace

TEST_CASE("kerchunk: a map comes back as it was") {
  Fixture fixture;
  WriteReport report;
  std::string document = Written(fixture.map, fixture.data, {}, &report);
  REQUIRE(document.starts_with("{\"version\": 1, \"refs\": {\n\".zgroup\""));
  auto again = Reread(document);
  REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
  // What could not be mapped carries its reason on the way back.
  fixture.map.Find("/lost")->array->failure = again->Find("/lost")->array->failure;
  REQUIRE(fixture.map.Find("/lost")->array->failure.has_value());
  CHECK(again->Find("/lost")->array->failure->code == ErrorCode::kUnsupported);
  CHECK(Outline(*again) == Expected(fixture.map));
  CHECK(report.unmapped.size() == 2);
  CHECK(ChunksOf(*again->Find("/g/data")->array) == "0.0. 0 1000 20\n2.0. 0 2000 26\n");
  CHECK(again->Find("/g/data")->array->fill_value == BytesOf(std::string("\0\7", 2)));
  CHECK(ChunksOf(*again->Find("/g/flat")->array) == "0.0. 0 4096 96\n");
  CHECK(std::string(again->Find("/g/flat")->array->index->kind()) == "strided");
  CHECK(ChunksOf(*again->Find("/g/vectors")->array) == "0. 0 0 24\n1. 0 500 24\n");
  CHECK(again->Find("/g/texts")->array->object_codec == "vlen-utf8");
  CHECK(again->Find("/g/references")->array->object_codec == "rutter-json");
}

TEST_CASE("Zarr v3 keys: a map comes back as it was") {
  Fixture fixture;
  WriteOptions options;
  options.dialect = Dialect::kKerchunkZarr3;
  std::string document = Written(fixture.map, fixture.data, options);
  auto again = Reread(document);
  REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
  fixture.map.Find("/lost")->array->failure = again->Find("/lost")->array->failure;
  CHECK(Outline(*again) == Expected(fixture.map));
  CHECK(document.find("\"g/data/c/2/0\": [\"/data/a.h5\",2000,26]") != std::string::npos);
}

TEST_CASE("LINDI: a map comes back as it was") {
  Fixture fixture;
  WriteOptions options;
  options.dialect = Dialect::kLindi;
  options.generator = "rutter \"test\"";
  std::string document = Written(fixture.map, fixture.data, options);
  CHECK(document.find("\"generationMetadata\": {\"generatedBy\": \"rutter \\\"test\\\"\"}") != std::string::npos);
  auto again = Reread(document);
  REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
  fixture.map.Find("/lost")->array->failure = again->Find("/lost")->array->failure;
  CHECK(Outline(*again) == Expected(fixture.map));
}

TEST_CASE("a netCDF dimension without a variable is no array to clients, and comes back all the same") {
  Map map = MapOf();
  FixedData data;
  Node& node = AddArray(map.root, "time\xC3\xA9", ChunkedArray(MakeFloat(4, ByteOrder::kBig), {3}, {1024}, {}, {}));
  SetAttribute(node, MakeTextAttribute("NAME", "This is a netCDF dimension but not a netCDF variable.         3"));
  Array& array = *node.array;
  array.index = std::make_shared<EmptyIndex>();
  array.dimension_only = true;
  array.dimension_names = {"time\xC3\xA9"};
  array.max_shape = {std::nullopt};
  array.fill_value = BytesOf("\x7C\xF0\x01\x01");
  array.fill_defined = true;
  for (Dialect dialect : {Dialect::kKerchunk, Dialect::kKerchunkZarr3, Dialect::kLindi}) {
    WriteOptions options;
    options.dialect = dialect;
    std::string document = Written(map, data, options);
    CHECK((document.find("zarray") == std::string::npos) == (dialect != Dialect::kLindi));
    auto again = Reread(document);
    REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
    CHECK(Outline(*again, dialect != Dialect::kLindi) == Outline(map, dialect != Dialect::kLindi));
    const Array& back = *again->Find("/time\xC3\xA9")->array;
    CHECK(back.dimension_only);
    CHECK(back.fill_value == array.fill_value);
    CHECK(back.max_shape == array.max_shape);
  }
}

TEST_CASE("a netCDF dimension without a variable may have elements all the same") {
  Map map = MapOf();
  FixedData data;
  Node& node = AddArray(map.root, "node", FlatArray(MakeFloat(4, ByteOrder::kBig), {3}, 100));
  node.array->dimension_only = true;
  std::string document = Written(map, data, {});
  CHECK(document.find("zarray") == std::string::npos);
  auto again = Reread(document);
  REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
  const auto* flat = dynamic_cast<const FlatIndex*>(again->Find("/node")->array->index.get());
  REQUIRE(flat != nullptr);
  REQUIRE(flat->extents().size() == 1);
  CHECK(flat->extents()[0].offset == 100);
  CHECK(flat->extents()[0].length == 12);

  auto refused = [&](std::string_view extent) {
    std::string other = document;
    const std::size_t at = other.find("\"extent\":[0,100]");
    REQUIRE(at != std::string::npos);
    other.replace(at, 16, "\"extent\":" + std::string(extent));
    auto read = Reread(other);
    return !read && read.error().code == ErrorCode::kCorrupt;
  };
  CHECK(refused("[9,100]"));
  CHECK(refused("[0,18446744073709551610]"));
  CHECK(refused("[0]"));
  CHECK(refused("[0,-1]"));
  CHECK(refused("7"));
}

TEST_CASE("a dimension with the name of a scalar beside it gets another name in documents, and comes back") {
  Map map = MapOf();
  FixedData data;
  for (const char* parent : {"near", "far"}) {
    Node& group = AddGroup(map.root, parent);
    AddArray(group, "v", FlatArray(MakeInteger(2, true), {3, 4}, 64)).array->dimension_names = {"z", "y"};
    if (std::string_view(parent) == "near") AddArray(group, "z", FlatArray(MakeFloat(8), {}, 8));
  }
  for (Dialect dialect : {Dialect::kKerchunk, Dialect::kKerchunkZarr3, Dialect::kLindi}) {
    WriteOptions options;
    options.dialect = dialect;
    const std::string document = Written(map, data, options);
    // LINDI writes what the file says, and no more.
    CHECK((document.find("phony_dim_0") == std::string::npos) == (dialect == Dialect::kLindi));
    auto again = Reread(document);
    REQUIRE(again);
    CHECK(again->Find("/near/v")->array->dimension_names == map.Find("/near/v")->array->dimension_names);
    CHECK(again->Find("/far/v")->array->dimension_names == map.Find("/far/v")->array->dimension_names);
  }
}

TEST_CASE("the bits of a NaN that fills missing chunks are kept") {
  Map map = MapOf();
  FixedData data;
  Array& array = *AddArray(map.root, "a", ChunkedArray(MakeFloat(4), {4}, {2}, {}, {{0, 0, 8, 0, 0}})).array;
  array.fill_value = BytesOf(std::string("\1\0\xC0\x7F", 4));
  array.fill_defined = true;
  for (Dialect dialect : {Dialect::kKerchunk, Dialect::kKerchunkZarr3, Dialect::kLindi}) {
    WriteOptions options;
    options.dialect = dialect;
    auto again = Reread(Written(map, data, options));
    REQUIRE(again);
    CHECK(again->Find("/a")->array->fill_value == array.fill_value);
  }
}

TEST_CASE("a document that is written again is the same document") {
  Fixture fixture;
  for (Dialect dialect : {Dialect::kKerchunk, Dialect::kKerchunkZarr3}) {
    WriteOptions options;
    options.dialect = dialect;
    // Objects cannot be read without the reading engine; the rest can.
    Map map = MapOf();
    Node& group = AddGroup(map.root, "g");
    AddArray(group, "a", ChunkedArray(MakeInteger(2, true), {4, 4}, {2, 4}, {Stage(CodecId::kDeflate, {4})}, {{0, 10, 5, 0, 0}, {1, 20, 6, 0, 0}}));
    AddArray(group, "b", FlatArray(MakeFloat(8), {3}, 64));
    std::string first = Written(map, fixture.data, options);
    auto again = Reread(first);
    REQUIRE(again);
    CHECK(Written(*again, fixture.data, options) == first);
  }
}
