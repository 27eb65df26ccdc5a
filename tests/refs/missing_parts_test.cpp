// What of a file could not be read stands in its map, with the reason, and comes back from it.

#include <doctest/doctest.h>

#include "small_map.h"

using namespace rutter;
using namespace rutter::test;

namespace {

constexpr Dialect kDialects[] = {Dialect::kKerchunk, Dialect::kKerchunkZarr3, Dialect::kLindi};

Error Damage(const std::string& what) {
  Error error = MakeError(ErrorCode::kCorrupt, what);
  error.where.offset = 42;
  error.where.structure = "fractal heap header";
  error.where.spec = "HDF5 4.0, III.G Fractal Heap";
  return error;
}

Attribute Unreadable(std::string name) {
  Attribute attribute = MakeTextAttribute(std::move(name), "");
  attribute.failure = Damage("no value");
  return attribute;
}

/// A node with one sound attribute, one that cannot be read, one that no document can name, and some that cannot be listed.
void DamageAttributes(Node& node) {
  SetAttribute(node, MakeTextAttribute("sound", "yes"));
  SetAttribute(node, Unreadable("torn"));
  SetAttribute(node, MakeTextAttribute("\xFF", "of no name"));
  node.attributes_failure = Damage("no heap");
}

std::vector<std::string> PartsOf(const WriteReport& report) {
  std::vector<std::string> parts;
  for (const Unmapped& item : report.unmapped) {
    std::string part(UnmappedPartName(item.part));
    if (item.part == UnmappedPart::kAttribute) part = "@" + item.attribute;
    parts.push_back(item.path + " " + part + " " + item.reason.message);
  }
  return parts;
}

}  // namespace

TEST_CASE("a group whose members cannot be listed is no empty group, in any dialect") {
  for (Dialect dialect : kDialects) {
    CAPTURE(static_cast<int>(dialect));
    Map map = MapOf();
    FixedData data;
    map.root.failure = Damage("no root heap");
    Node& group = AddGroup(map.root, "g");
    group.failure = Damage("no heap \xFF");
    AddArray(group, "kept", FlatArray(MakeFloat(4), {3}, 100));
    WriteOptions options;
    options.dialect = dialect;
    WriteReport report;
    auto again = Reread(Written(map, data, options, &report));
    REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
    CHECK(PartsOf(report) == std::vector<std::string>{"/ members no root heap", "/g members no heap \xFF"});
    CHECK(report.groups == 2);
    for (const char* path : {"/", "/g"}) {
      const Node* node = again->Find(path);
      REQUIRE(node != nullptr);
      CHECK(node->kind == NodeKind::kGroup);
      REQUIRE(node->failure);
      CHECK(node->failure->ToString() == map.Find(path)->failure->ToString());
    }
    CHECK(again->Find("/g/kept") != nullptr);
  }
}

TEST_CASE("attributes that cannot be read or listed are told of every kind of node, in any dialect") {
  for (Dialect dialect : kDialects) {
    CAPTURE(static_cast<int>(dialect));
    Map map = MapOf();
    FixedData data;
    DamageAttributes(map.root);
    DamageAttributes(AddGroup(map.root, "group"));
    DamageAttributes(AddArray(map.root, "array", FlatArray(MakeFloat(4), {3}, 100)));
    Node& dimension = AddArray(map.root, "dimension", FlatArray(MakeFloat(4), {3}, 200));
    dimension.array->dimension_only = true;
    DamageAttributes(dimension);
    Node& unmapped = AddArray(map.root, "unmapped", FlatArray(MakeFloat(4), {3}, 300));
    unmapped.array->failure = Damage("no index");
    DamageAttributes(unmapped);
    Node& type = AddGroup(map.root, "type");
    type.kind = NodeKind::kNamedType;
    type.named_type = MakeFloat(8);
    DamageAttributes(type);
    Node& broken = AddGroup(map.root, "broken");
    broken.kind = NodeKind::kUnreadable;
    broken.failure = Damage("no header");
    DamageAttributes(broken);

    WriteOptions options;
    options.dialect = dialect;
    WriteReport report;
    auto again = Reread(Written(map, data, options, &report));
    REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
    CHECK(report.unmapped.size() == 7 * 3 + 2);
    for (const char* path : {"/", "/group", "/array", "/dimension", "/unmapped", "/type", "/broken"}) {
      CAPTURE(path);
      const Node* node = again->Find(path);
      REQUIRE(node != nullptr);
      CHECK(node->kind == map.Find(path)->kind);
      CHECK(node->attributes.size() == 3);
      const Attribute *sound = node->FindAttribute("sound"), *torn = node->FindAttribute("torn"), *nameless = node->FindAttribute("\xFF");
      REQUIRE(sound != nullptr);
      CHECK(!sound->failure);
      REQUIRE(torn != nullptr);
      REQUIRE(torn->failure);
      CHECK(torn->failure->message == "no value");
      REQUIRE(nameless != nullptr);
      REQUIRE(nameless->failure);
      CHECK(nameless->failure->code == ErrorCode::kUnsupported);
      REQUIRE(node->attributes_failure);
      CHECK(node->attributes_failure->ToString() == Damage("no heap").ToString());
    }
  }
}

TEST_CASE("missing parts of nodes that are not there, or of another kind, mean nothing") {
  auto with = [](const std::string& unmapped) {
    return Reread(R"({"version":1,"refs":{".zgroup":"{\"zarr_format\":2}","a/.zarray":"{\"zarr_format\":2,\"shape\":[1],\"chunks\":[1],\"dtype\":\"<f4\",)"
                  R"(\"compressor\":null,\"fill_value\":0,\"order\":\"C\",\"filters\":null}"},"rutter":{"map_version":1,"unmapped":[)" +
                  unmapped + "]}}");
  };
  for (const char* item : {R"({"path":"a","part":"members","reason":"x"})", R"({"path":"b","part":"members","reason":"x"})",
                           R"({"path":"a/b","part":"attributes","reason":"x"})", R"({"path":"","part":"colours","reason":"x"})"}) {
    CAPTURE(item);
    auto map = with(item);
    REQUIRE_MESSAGE(map, (map ? "" : map.error().ToString()));
    CHECK(!map->root.failure);
    const Node* array = map->Find("/a");
    REQUIRE(array != nullptr);
    CHECK(!array->failure);
    CHECK(array->array != nullptr);
    CHECK(map->root.children.size() == 1);
  }
  CHECK(!with(R"({"part":"members","reason":"x"})"));
}

TEST_CASE("a fill value that takes more than a few bytes of metadata is refused, whatever size the type claims") {
  Map map = MapOf();
  FixedData data;
  auto claim = [&](std::string name, TypeClass type_class, std::uint64_t bytes) -> Array& {
    auto dtype = std::make_shared<Dtype>();
    dtype->type_class = type_class;
    dtype->size_bytes = bytes;
    Array& array = *AddArray(map.root, std::move(name), ChunkedArray(dtype, {5}, {1}, {}, {})).array;
    array.index = std::make_shared<EmptyIndex>();
    return array;
  };
  claim("huge", TypeClass::kOpaque, 0xFFFFFFF0);
  claim("small", TypeClass::kOpaque, 60'000);
  claim("text", TypeClass::kString, 0xFFFFFFF0);
  claim("filled text", TypeClass::kString, 100'000).fill_value.assign(100'000, std::byte{'x'});
  WriteReport report;
  const std::string document = Written(map, data, {}, &report);
  CHECK(document.size() < 200'000);
  auto again = Reread(document);
  REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
  for (const char* path : {"/huge", "/filled text"}) {
    const Node* node = again->Find(path);
    REQUIRE(node != nullptr);
    REQUIRE(node->array->failure);
    CHECK(node->array->failure->message.find("its fill value takes") == 0);
  }
  for (const char* path : {"/small", "/text"}) CHECK(!again->Find(path)->array->failure);
}

TEST_CASE("stored elements of many bytes are mapped with Zarr v3 keys, which want a fill value of every array") {
  Map map = MapOf();
  FixedData data;
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = TypeClass::kOpaque;
  dtype->size_bytes = 100'000;
  AddArray(map.root, "blobs", FlatArray(dtype, {2}, 100));
  WriteOptions options;
  options.dialect = Dialect::kKerchunkZarr3;
  WriteReport report;
  auto again = Reread(Written(map, data, options, &report));
  REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
  CHECK(report.unmapped.empty());
  CHECK(!again->Find("/blobs")->array->failure);
}

TEST_CASE("a dimension whose name is not UTF-8 gets a name that clients take, and keeps its own") {
  for (Dialect dialect : kDialects) {
    CAPTURE(static_cast<int>(dialect));
    Map map = MapOf();
    FixedData data;
    Array& array = *AddArray(map.root, "a", FlatArray(MakeFloat(4), {3, 2}, 100)).array;
    array.dimension_names = {"\xFFx", "y"};
    WriteOptions options;
    options.dialect = dialect;
    const std::string document = Written(map, data, options);
    if (dialect == Dialect::kKerchunk) CHECK(document.find(R"(\"_ARRAY_DIMENSIONS\":[\"phony_dim_0\",\"y\"])") != std::string::npos);
    auto again = Reread(document);
    REQUIRE_MESSAGE(again, (again ? "" : again.error().ToString()));
    CHECK(again->Find("/a")->array->dimension_names == array.dimension_names);
  }
}
