#include "conventions/mat73.h"

#include <doctest/doctest.h>

#include <cstring>

#include "conventions/conventions.h"
#include "conventions/map_builder.h"

using namespace rutter;
using namespace rutter::testing;

namespace {

Node& Variable(Node& group, const std::string& name, const std::string& matlab_class, Shape shape, DtypePtr dtype = MakeFloat(8)) {
  Node& node = Put(group, name, std::move(shape), std::move(dtype));
  Set(node, "MATLAB_class", Text(matlab_class));
  return node;
}

template <class T>
std::vector<std::byte> BytesOf(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string Kind(const Map& map, const std::string& path) {
  const Attribute* attribute = map.Find(path)->FindAttribute("matlab_kind");
  return attribute == nullptr ? "" : *attribute->value.As<std::string>();
}

Shape MatlabShape(const Map& map, const std::string& path) {
  Shape shape;
  const Attribute* attribute = map.Find(path)->FindAttribute("matlab_shape");
  if (attribute == nullptr) return {999};
  for (const Value& value : *attribute->value.As<ValueList>()) shape.push_back(*value.As<std::uint64_t>());
  return shape;
}

DtypePtr ReferenceType() {
  Dtype dtype;
  dtype.type_class = TypeClass::kObjectReference;
  dtype.size_bytes = 8;
  return std::make_shared<Dtype>(dtype);
}

}  // namespace

TEST_CASE("numbers, logicals and cells") {
  Map map = Hdf5Map();
  Variable(map.root, "m", "double", {4, 3, 2});
  Set(Variable(map.root, "l", "logical", {1, 5}, MakeInteger(1, false)), "MATLAB_int_decode", Value(std::int64_t{1}));
  Variable(map.root, "c", "cell", {2, 1}, ReferenceType());
  REQUIRE(ApplyConventions(map, FakeData()));
  CHECK(Kind(map, "/m") == "numeric");
  CHECK(MatlabShape(map, "/m") == Shape{2, 3, 4});
  CHECK(Kind(map, "/l") == "logical");
  CHECK(Kind(map, "/c") == "cell");
  CHECK(MatlabShape(map, "/c") == Shape{1, 2});
  CHECK(NamesOf(map, "/m") == Names{"", "", ""});
  CHECK(map.notes.size() == 1);
}

TEST_CASE("an empty array's data are its size") {
  Map map = Hdf5Map();
  FakeData data;
  Node& empty = Variable(map.root, "e", "double", {3}, MakeInteger(8, false));
  Set(empty, "MATLAB_empty", Value(std::uint64_t{1}));
  data.bytes[empty.array.get()] = BytesOf<std::uint64_t>({0, 5, 2});
  Node& damaged = Variable(map.root, "d", "double", {2}, MakeInteger(8, false));
  Set(damaged, "MATLAB_empty", Value(std::uint64_t{1}));
  Node& huge = Variable(map.root, "h", "double", {1ull << 40}, MakeInteger(8, false));
  Set(huge, "MATLAB_empty", Value(std::uint64_t{1}));
  REQUIRE(ApplyConventions(map, data));
  CHECK(MatlabShape(map, "/e") == Shape{0, 5, 2});
  CHECK(map.Find("/d")->FindAttribute("matlab_shape") == nullptr);
  CHECK(map.Find("/h")->FindAttribute("matlab_shape") == nullptr);
  data.failure = ErrorCode::kIo;
  CHECK_FALSE(ApplyConventions(map, data));
}

TEST_CASE("small char arrays are told as text") {
  Map map = Hdf5Map();
  FakeData data;
  DtypePtr unit = MakeInteger(2, false);
  Node& row = Variable(map.root, "row", "char", {5, 1}, unit);
  data.bytes[row.array.get()] = BytesOf<std::uint16_t>({'a', 0xE9, 0xD83D, 0xDE00, 0xDC00});
  Node& rows = Variable(map.root, "rows", "char", {2, 3}, unit);
  data.bytes[rows.array.get()] = BytesOf<std::uint16_t>({'a', 'c', 'e', 'b', 'd', 'f'});
  Node& big = Variable(map.root, "big", "char", {2, 1}, MakeInteger(2, false, ByteOrder::kBig));
  data.bytes[big.array.get()] = {std::byte{0}, std::byte{'h'}, std::byte{0}, std::byte{'i'}};
  Variable(map.root, "long", "char", {100000, 1}, unit);
  REQUIRE(ApplyConventions(map, data));
  CHECK(*map.Find("/row")->FindAttribute("matlab_text")->value.As<std::string>() == "a\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD");
  const auto& lines = *map.Find("/rows")->FindAttribute("matlab_text")->value.As<ValueList>();
  REQUIRE(lines.size() == 3);
  CHECK(*lines[0].As<std::string>() == "ab");
  CHECK(*lines[2].As<std::string>() == "ef");
  CHECK(*map.Find("/big")->FindAttribute("matlab_text")->value.As<std::string>() == "hi");
  CHECK(map.Find("/long")->FindAttribute("matlab_text") == nullptr);
  CHECK(Kind(map, "/long") == "char");
}

TEST_CASE("structs, arrays of structs and sparse matrices") {
  Map map = Hdf5Map();
  Node& one = AddGroup(map.root, "one");
  Set(one, "MATLAB_class", Text("struct"));
  ValueList fields;
  for (const char* name : {"beta", "al"}) {
    ValueList letters;
    for (const char* at = name; *at != 0; ++at) letters.emplace_back(std::string(1, *at));
    fields.emplace_back(std::move(letters));
  }
  Set(one, "MATLAB_fields", Value(std::move(fields)));
  Variable(one, "beta", "double", {1, 1});

  Node& many = AddGroup(map.root, "many");
  Set(many, "MATLAB_class", Text("struct"));
  Put(many, "f", {3, 1}, ReferenceType());

  Node& sparse = AddGroup(map.root, "sparse");
  Set(sparse, "MATLAB_class", Text("double"));
  Set(sparse, "MATLAB_sparse", Value(std::uint64_t{6}));
  Put(sparse, "jc", {5}, MakeInteger(8, false));

  REQUIRE(ApplyConventions(map, FakeData()));
  CHECK(Kind(map, "/one") == "struct");
  const auto& names = *map.Find("/one")->FindAttribute("matlab_fields")->value.As<ValueList>();
  REQUIRE(names.size() == 2);
  CHECK(*names[0].As<std::string>() == "beta");
  CHECK(Kind(map, "/one/beta") == "numeric");
  CHECK(Kind(map, "/many") == "struct array");
  CHECK(MatlabShape(map, "/many") == Shape{1, 3});
  CHECK(Kind(map, "/sparse") == "sparse");
  CHECK(MatlabShape(map, "/sparse") == Shape{6, 4});
}

TEST_CASE("objects are named as such") {
  Map map = Hdf5Map();
  const std::pair<const char*, std::int64_t> kObjects[] = {{"function_handle", 1}, {"myclass", 2}, {"string", 3}};
  for (auto [name, decode] : kObjects) {
    Set(Variable(map.root, name, name, {6, 1}, MakeInteger(4, false)), "MATLAB_object_decode", Value(decode));
  }
  REQUIRE(ApplyConventions(map, FakeData()));
  CHECK(Kind(map, "/function_handle") == "function handle");
  CHECK(Kind(map, "/myclass") == "object");
  CHECK(Kind(map, "/string") == "opaque");
}
