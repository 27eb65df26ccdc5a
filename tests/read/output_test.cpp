// .npy files, JSON and summaries of slices.

#include <doctest/doctest.h>

#include <cmath>

#include "read/json_output.h"
#include "read/npy_writer.h"
#include "read/write_slice.h"
#include "read/sample_arrays.h"
#include "read/slice_blocks.h"
#include "read/summary.h"

using namespace rutter;
using namespace rutter::test;

namespace {

template <class T>
Sample Numbers(const DtypePtr& dtype, const Shape& shape, const std::vector<T>& numbers) {
  Sample sample;
  sample.array.dtype = dtype;
  sample.array.shape = shape;
  sample.array.chunk_shape = shape;
  ByteList bytes(numbers.size() * sizeof(T));
  if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  sample.expected = bytes;
  sample.array.index = std::make_shared<InlineIndex>(bytes);
  return sample;
}

std::string JsonOf(const Sample& sample, const std::string& slice = "") {
  Reader reader(sample.pool(), Limits());
  std::string out;
  auto status = WriteJson(reader, sample.array, "/d", *ParseSlice(slice, sample.array.shape), {}, [&](std::string_view text) -> Status {
    out += text;
    return {};
  });
  if (!status) return status.error().ToString();
  auto at = out.find("\"values\":");
  return out.substr(at + 9, out.size() - at - 11);
}

std::string HeaderText(const Dtype& native, const Shape& shape) {
  auto header = NpyHeader(native, shape);
  if (!header) return header.error().ToString();
  CHECK(header->size() % 64 == 0);
  CHECK(header->substr(0, 6) == "\x93NUMPY");
  std::size_t prefix = (*header)[6] == 1 ? 10 : 12;
  std::size_t length = 0;
  for (std::size_t i = prefix; i-- > 8;) length = length * 256 + static_cast<unsigned char>((*header)[i]);
  CHECK(prefix + length == header->size());
  CHECK(header->back() == '\n');
  std::string text = header->substr(prefix);
  return text.substr(0, text.find_last_not_of(" \n") + 1);
}

}  // namespace

TEST_CASE("npy headers of every fixed kind") {
  CHECK(HeaderText(*MakeInteger(2, true), {3, 4}) == "{'descr': '<i2', 'fortran_order': False, 'shape': (3, 4), }");
  CHECK(HeaderText(*MakeFloat(8), {}) == "{'descr': '<f8', 'fortran_order': False, 'shape': (), }");
  CHECK(HeaderText(*MakeBool(), {5}) == "{'descr': '|b1', 'fortran_order': False, 'shape': (5,), }");
  CHECK(HeaderText(*MakeComplex(16), {5}).find("'<c16'") != std::string::npos);
  CHECK(HeaderText(*MakeFixedString(7, CharSet::kUtf8), {5}).find("'|S7'") != std::string::npos);
  auto array = std::make_shared<Dtype>();
  array->type_class = TypeClass::kArray;
  array->dims = {2, 3};
  array->base = MakeInteger(1, false);
  array->size_bytes = 6;
  CHECK(HeaderText(*array, {5}) == "{'descr': '|u1', 'fortran_order': False, 'shape': (5, 2, 3), }");
  auto compound = std::make_shared<Dtype>();
  compound->type_class = TypeClass::kCompound;
  compound->members = {{"x'y", 0, MakeFloat(4), 0}, {"grid", 4, array, 0}};
  compound->size_bytes = 10;
  CHECK(HeaderText(*compound, {1}) == "{'descr': [('x\\'y', '<f4'), ('grid', '|u1', (2, 3))], 'fortran_order': False, 'shape': (1,), }");
  compound->members[0].name = "\xC2\xB5";
  CHECK((*NpyHeader(*compound, {1}))[6] == 3);
  // What h5py keeps of NumPy's own types in the tag of an opaque one.
  Dtype opaque;
  opaque.type_class = TypeClass::kOpaque;
  opaque.size_bytes = 8;
  for (auto [tag, descr] : {std::pair<const char*, const char*>{"NUMPY:<M8[ns]", "<M8[ns]"}, {"NUMPY:>m8[25us]", ">m8[25us]"}, {"NUMPY:|S8", "|S8"},
                            {"NUMPY:|S9", "|V8"}, {"NUMPY:<M8[n's]", "|V8"}, {"NUMPY:<f8", "|V8"}, {"", "|V8"}}) {
    opaque.tag = tag;
    CHECK(HeaderText(opaque, {1}) == "{'descr': '" + std::string(descr) + "', 'fortran_order': False, 'shape': (1,), }");
  }
  auto many = std::make_shared<Dtype>();
  many->type_class = TypeClass::kCompound;
  for (int i = 0; i < 4000; ++i) many->members.push_back({"member_" + std::to_string(i), static_cast<std::uint64_t>(i), MakeInteger(1, true), 0});
  many->size_bytes = 4000;
  CHECK((*NpyHeader(*many, {1}))[6] == 2);
  CHECK(NpyHeader(*MakeVlenString(CharSet::kUtf8), {1}).error().code == ErrorCode::kUnsupported);
}

TEST_CASE("a slice is streamed in pieces of bounded size and is whole") {
  std::mt19937 random(31);
  Layout layout;
  layout.encoded = true;
  Sample sample = MakeChunked(MakeInteger(4, true), {64, 20}, {7, 6}, layout, random);
  Reader reader(sample.pool(), Limits());
  for (const char* text : {"", "3:60:2,::-1", "5", ":,3", "::-1"}) {
    Slice slice = *ParseSlice(text, sample.array.shape);
    ByteList raw;
    std::size_t largest = 0;
    auto take = [&](std::string_view bytes) -> Status {
      largest = std::max(largest, bytes.size());
      for (char c : bytes) raw.push_back(static_cast<std::byte>(c));
      return {};
    };
    WriteSliceOptions options;
    options.read.threads = 1;
    options.read.max_memory_bytes = 1'400'000;  // two thirds of a megabyte decode one chunk at a time
    REQUIRE(WriteSlice(reader, sample.array, slice, options, take));
    CHECK((raw == NaiveSlice(sample.expected, sample.array.shape, slice, 4)));
    raw.clear();
    options.npy = true;
    REQUIRE(WriteSlice(reader, sample.array, slice, options, take));
    CHECK(raw.size() == NpyHeader(*sample.array.dtype, slice.ResultShape())->size() + slice.NumElements() * 4);
  }
}

TEST_CASE("blocks of a slice follow each other and end at chunk borders") {
  std::mt19937 random(32);
  Array array;
  array.shape = {50, 40};
  array.chunk_shape = {8, 40};
  SliceBlocks blocks(array, WholeSlice(array.shape), 2, 1600, 1 << 20);
  std::uint64_t row = 0;
  while (auto block = blocks.Next()) {
    CHECK(block->axes[0].start == row);
    row += block->axes[0].count;
    CHECK((row % 8 == 0 || row == 50));
  }
  CHECK(row == 50);
  for (int round = 0; round < 300; ++round) {
    array.shape = {1 + random() % 9, 1 + random() % 9, 1 + random() % 9};
    array.chunk_shape = {1 + random() % 5, 1 + random() % 5, 1 + random() % 5};
    Slice slice = RandomSlice(array.shape, random);
    ByteList whole(Count(array.shape) * 2);
    for (auto& byte : whole) byte = static_cast<std::byte>(random());
    ByteList joined;
    SliceBlocks some(array, slice, 2, 1 + random() % 100, 1 + random() % 200);
    while (auto block = some.Next()) {
      ByteList part = NaiveSlice(whole, array.shape, *block, 2);
      REQUIRE(!part.empty());
      joined.insert(joined.end(), part.begin(), part.end());
    }
    CHECK((joined == NaiveSlice(whole, array.shape, slice, 2)));
  }
}

TEST_CASE("JSON of numbers") {
  CHECK(JsonOf(Numbers<std::int16_t>(MakeInteger(2, true), {2, 3}, {1, -2, 3, 4, 5, 6})) == "[[1,-2,3],[4,5,6]]");
  CHECK(JsonOf(Numbers<std::int16_t>(MakeInteger(2, true), {2, 3}, {1, -2, 3, 4, 5, 6}), "1,::-1") == "[6,5,4]");
  CHECK(JsonOf(Numbers<std::int16_t>(MakeInteger(2, true), {2, 3}, {1, -2, 3, 4, 5, 6}), "1,1") == "5");
  CHECK(JsonOf(Numbers<std::int16_t>(MakeInteger(2, true), {2, 3}, {1, -2, 3, 4, 5, 6}), ":,1:1") == "[[],[]]");
  CHECK(JsonOf(Numbers<float>(MakeFloat(4), {4}, {0.1f, 1, NAN, -INFINITY})) == "[0.1,1.0,\"NaN\",\"-Infinity\"]");
  CHECK(JsonOf(Numbers<double>(MakeFloat(8), {2}, {0.1, 1e300})) == "[0.1,1e+300]");
  CHECK(JsonOf(Numbers<float>(MakeComplex(8), {1}, {0.1f, -2})) == "[{\"real\":0.1,\"imag\":-2.0}]");
  CHECK(JsonOf(Numbers<std::uint64_t>(MakeInteger(8, false), {}, {~0ull})) == "18446744073709551615");
  CHECK(JsonOf(Numbers<std::uint8_t>(MakeBool(), {2}, {0, 1})) == "[false,true]");
  auto enumeration = std::make_shared<Dtype>();
  enumeration->type_class = TypeClass::kEnum;
  enumeration->size_bytes = 1;
  enumeration->base = MakeInteger(1, true);
  enumeration->members = {{"FALSE", 0, nullptr, 0}, {"TRUE", 0, nullptr, 1}};
  CHECK(JsonOf(Numbers<std::uint8_t>(enumeration, {3}, {0, 1, 255})) == "[false,true,-1]");
  CHECK(JsonOf(Numbers<std::uint8_t>(MakeFixedString(3, CharSet::kAscii), {2}, {'a', 'b', 0, 'c', 0, 0})) == "[\"ab\",\"c\"]");
  auto array = std::make_shared<Dtype>();
  array->type_class = TypeClass::kArray;
  array->dims = {2, 2};
  array->base = MakeInteger(1, false);
  array->size_bytes = 4;
  auto compound = std::make_shared<Dtype>();
  compound->type_class = TypeClass::kCompound;
  compound->size_bytes = 5;
  compound->members = {{"x", 0, MakeInteger(1, true), 0}, {"m", 1, array, 0}};
  CHECK(JsonOf(Numbers<std::uint8_t>(compound, {1}, {255, 1, 2, 3, 4})) == "[{\"x\":-1,\"m\":[[1,2],[3,4]]}]");
}

TEST_CASE("JSON of a null dataspace and of text") {
  Sample sample = Numbers<std::uint8_t>(MakeInteger(1, false), {}, {});
  sample.array.is_null = true;
  CHECK(JsonOf(sample) == "null");
}

TEST_CASE("floats inside values keep the text of their width") {
  auto compound = std::make_shared<Dtype>();
  compound->type_class = TypeClass::kCompound;
  compound->members = {{"f", 0, MakeFloat(4), 0}, {"d", 4, MakeFloat(8), 0}};
  std::string out;
  AppendTypedJson(Value(ValueRecord{{"f", Value(static_cast<double>(0.1f))}, {"d", Value(0.1)}}), *compound, out);
  CHECK(out == "{\"f\":0.1,\"d\":0.1}");
}

TEST_CASE("summaries") {
  auto summary = [](const Sample& sample) { return *Summarize(Reader(sample.pool(), Limits()), sample.array, WholeSlice(sample.array.shape)); };
  Summary s = summary(Numbers<double>(MakeFloat(8), {5}, {1, 2, 3, NAN, INFINITY}));
  CHECK(s.count == 5);
  CHECK(s.non_finite == 2);
  CHECK(s.minimum == 1);
  CHECK(s.maximum == 3);
  CHECK(s.mean == doctest::Approx(2));
  CHECK(s.standard_deviation == doctest::Approx(std::sqrt(2.0 / 3)));
  std::vector<std::int16_t> many(300'000);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i] = static_cast<std::int16_t>(i * 7919 % 20001 - 10000);
    sum += many[i];
    squares += static_cast<double>(many[i]) * many[i];
  }
  s = summary(Numbers(MakeInteger(2, true), {300'000}, many));
  double mean = sum / 300'000;
  CHECK(s.mean == doctest::Approx(mean));
  CHECK(s.standard_deviation == doctest::Approx(std::sqrt(squares / 300'000 - mean * mean)));
  s = summary(Numbers<float>(MakeFloat(4), {0}, {}));
  CHECK(s.count == 0);
  CHECK(std::isnan(s.mean));
  Sample text = Numbers<std::uint8_t>(MakeFixedString(1, CharSet::kAscii), {1}, {'a'});
  CHECK(Summarize(Reader(text.pool(), Limits()), text.array, WholeSlice({1})).error().code == ErrorCode::kUnsupported);
}
