// Values of every kind, and the encodings that Zarr writers give objects.

#include <doctest/doctest.h>

#include "model/value_json.h"
#include "read/object_codecs.h"
#include "read/sample_arrays.h"

using namespace rutter;
using namespace rutter::test;

namespace {

void AddU32(ByteList& out, std::uint32_t number) {
  for (int i = 0; i < 4; ++i) out.push_back(static_cast<std::byte>(number >> (8 * i)));
}

ByteList Framed(const std::vector<std::string>& items) {
  ByteList out;
  AddU32(out, static_cast<std::uint32_t>(items.size()));
  for (const std::string& item : items) {
    AddU32(out, static_cast<std::uint32_t>(item.size()));
    for (char c : item) out.push_back(static_cast<std::byte>(c));
  }
  return out;
}

ByteList Text(std::string_view text) {
  ByteList out;
  for (char c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}

std::string Json(const Result<ValueList>& values) {
  if (!values) return values.error().ToString();
  std::string out;
  AppendJson(Value(*values), out);
  return out;
}

DtypePtr Of(TypeClass type_class, DtypePtr base = nullptr) {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = type_class;
  dtype->base = std::move(base);
  dtype->size_bytes = 16;
  return dtype;
}

/// Follows slots of one byte that count letters.
class LetterResolver : public ElementResolver {
 public:
  Status FetchVlen(std::span<const std::byte> slot, std::uint64_t element_bytes, std::vector<std::byte>& out, std::uint64_t& count) const override {
    count = std::to_integer<std::uint64_t>(slot[0]);
    out.assign(count * element_bytes, std::byte{'x'});
    return {};
  }
  Result<Reference> FetchReference(const Dtype&, std::span<const std::byte> slot) const override {
    Reference reference;
    reference.path = "/" + std::to_string(std::to_integer<int>(slot[0]));
    return reference;
  }
};

}  // namespace

TEST_CASE("framed objects") {
  Limits limits;
  CHECK(Json(DecodeObjects("vlen-utf8", *MakeVlenString(CharSet::kUtf8), Framed({"a", "", "\xC3\xA9"}), 3, limits)) == "[\"a\",\"\",\"\xC3\xA9\"]");
  CHECK(Json(DecodeObjects("vlen-bytes", *Of(TypeClass::kOpaque), Framed({"abc"}), 1, limits)) == "[\"YWJj\"]");
  std::string row{'\1', '\0', '\2', '\0'};
  CHECK(Json(DecodeObjects("vlen-array", *Of(TypeClass::kVlenSequence, MakeInteger(2, false)), Framed({row, ""}), 2, limits)) == "[[1,2],[]]");
  CHECK(!DecodeObjects("vlen-array", *Of(TypeClass::kVlenSequence, MakeInteger(2, false)), Framed({"abc"}), 1, limits));
  CHECK(!DecodeObjects("vlen-utf8", *MakeVlenString(CharSet::kUtf8), Framed({"a"}), 2, limits));
  CHECK(DecodeObjects("pickle", *Of(TypeClass::kOpaque), Framed({}), 0, limits).error().code == ErrorCode::kUnsupported);
}

TEST_CASE("every truncation of framed objects is corrupt, and so are hostile counts") {
  ByteList whole = Framed({"abc", "", "defgh"});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    auto values = DecodeObjects("vlen-utf8", *MakeVlenString(CharSet::kUtf8), std::span(whole).first(length), 3, Limits());
    REQUIRE(!values);
    CHECK(values.error().code == ErrorCode::kCorrupt);
  }
  whole.push_back(std::byte{0});
  CHECK(!DecodeObjects("vlen-utf8", *MakeVlenString(CharSet::kUtf8), whole, 3, Limits()));
  ByteList hostile;
  AddU32(hostile, 0xFFFFFFFF);
  CHECK(!DecodeObjects("vlen-utf8", *MakeVlenString(CharSet::kUtf8), hostile, 0xFFFFFFFF, Limits()));
  hostile.clear();
  AddU32(hostile, 1);
  AddU32(hostile, 0xFFFFFFFF);
  CHECK(!DecodeObjects("vlen-utf8", *MakeVlenString(CharSet::kUtf8), hostile, 1, Limits()));
}

TEST_CASE("JSON elements follow their type") {
  Limits limits;
  auto one = [&](const Dtype& dtype, const std::string& text) { return Json(DecodeObjects("rutter-json", dtype, Framed({text}), 1, limits)); };
  Dtype reference = *Of(TypeClass::kObjectReference);
  CHECK(one(reference, "/a/b") == "[{\"path\":\"/a/b\"}]");
  CHECK(one(reference, "null") == "[null]");
  CHECK(one(*Of(TypeClass::kRegionReference), R"({"path":"/d","selection":{"start":[1],"stride":[2],"count":[3],"block":[1]}})") ==
        R"([{"path":"/d","selection":{"start":[1],"stride":[2],"count":[3],"block":[1]}}])");
  CHECK(one(*MakeFloat(8), "\"-Infinity\"") == "[\"-Infinity\"]");
  CHECK(one(*MakeFloat(8), "3") == "[3.0]");
  CHECK(one(*MakeInteger(8, false), "18446744073709551615") == "[18446744073709551615]");
  CHECK(one(*MakeComplex(16), R"({"real":1.0,"imag":"NaN"})") == R"([{"real":1.0,"imag":"NaN"}])");
  CHECK(one(*MakeVlenString(CharSet::kUtf8), R"({"base64":"/w=="})") == R"([{"base64":"/w=="}])");
  CHECK(one(*Of(TypeClass::kOpaque), R"("AAE=")") == R"(["AAE="])");
  CHECK(one(*Of(TypeClass::kVlenSequence, MakeFloat(4)), "[1.5,\"NaN\"]") == "[[1.5,\"NaN\"]]");
  auto compound = std::make_shared<Dtype>();
  compound->type_class = TypeClass::kCompound;
  compound->members = {{"a", 0, MakeFloat(8), 0}, {"r", 8, Of(TypeClass::kObjectReference), 0}};
  CHECK(one(*compound, R"({"a":1,"r":{"path":"/x"}})") == R"([{"a":1.0,"r":{"path":"/x"}}])");
  CHECK(one(*compound, R"([2,{"_REFERENCE":{"path":"/y","source":"."}}])") == R"([{"a":2.0,"r":{"path":"/y"}}])");
  CHECK(!DecodeObjects("rutter-json", reference, Framed({"{"}), 1, limits));
  CHECK(!DecodeObjects("rutter-json", reference, Framed({std::string(100'000, '[')}), 1, limits));
}

TEST_CASE("json2") {
  Limits limits;
  auto decode = [&](std::string_view text, std::uint64_t count) { return DecodeObjects("json2", *Of(TypeClass::kOpaque), Text(text), count, limits); };
  Dtype string = *MakeVlenString(CharSet::kUtf8);
  CHECK(Json(DecodeObjects("json2", string, Text(R"(["a","b","|O",[2]])"), 2, limits)) == R"(["a","b"])");
  CHECK(Json(DecodeObjects("json2", string, Text(R"([["a","b"],["c","d"],"|O",[2,2]])"), 4, limits)) == R"(["a","b","c","d"])");
  CHECK(Json(DecodeObjects("json2", string, Text(R"(["a","|O",[]])"), 1, limits)) == R"(["a"])");
  CHECK(!decode(R"(["a","|O",[1]])", 2));
  CHECK(!decode(R"(["|O"])", 0));
  CHECK(!decode("{}", 0));
  CHECK(!decode("[1,2", 2));
}

TEST_CASE("encoded object chunks are found, decoded and placed") {
  Array array;
  array.dtype = MakeVlenString(CharSet::kUtf8);
  array.shape = {3, 3};
  array.chunk_shape = {2, 2};
  array.object_codec = "vlen-utf8";
  CodecSpec deflate;
  deflate.id = CodecId::kDeflate;
  array.codecs = {deflate};
  ByteList file, inlined;
  std::vector<TableIndex::Row> rows;
  // Chunk 2 is missing, chunk 3 inline and not compressed.
  std::vector<std::vector<std::string>> chunks = {{"00", "01", "10", "11"}, {"02", "", "12", ""}, {}, {"22", "", "", std::string(100'000, 'z')}};
  for (std::uint64_t c : {0, 1, 3}) {
    ByteList chunk = Framed(chunks[c]);
    if (c != 3) chunk = Deflate(chunk);
    ByteList& target = c == 3 ? inlined : file;
    rows.push_back({c, target.size(), chunk.size(), c == 3 ? TableIndex::kInline : 0, c == 3 ? ~0u : 0});
    target.insert(target.end(), chunk.begin(), chunk.end());
  }
  array.index = std::make_shared<TableIndex>(Shape{2, 2}, rows, inlined);
  Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{std::make_shared<HiddenSource>(file)}), Limits());
  CHECK(Json(reader.ReadValues(array, 9)) == R"(["00","01","02","10","11","12","","","22"])");
  CHECK(Json(reader.ReadAsValues(array, *ParseSlice("::-2,1:", array.shape))) == R"(["","22","01","02"])");
  Limits tight;
  tight.value_bytes = 20'000;
  CHECK(!Reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{}), tight).ReadValues(array, 9));
}

TEST_CASE("variable-length data and references through the resolver, in any slice") {
  auto compound = std::make_shared<Dtype>();
  compound->type_class = TypeClass::kCompound;
  compound->size_bytes = 3;
  auto text = std::make_shared<Dtype>(*MakeVlenString(CharSet::kAscii));
  text->size_bytes = 1;
  auto reference = std::make_shared<Dtype>(*Of(TypeClass::kObjectReference));
  reference->size_bytes = 1;
  compound->members = {{"n", 0, MakeInteger(1, false), 0}, {"t", 1, text, 0}, {"r", 2, reference, 0}};
  Array array;
  array.dtype = compound;
  array.shape = {4};
  array.chunk_shape = {4};
  array.resolver = std::make_shared<LetterResolver>();
  ByteList file;
  for (int i = 0; i < 12; ++i) file.push_back(static_cast<std::byte>(i));
  array.index = std::make_shared<InlineIndex>(file);
  Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{}), Limits());
  CHECK(Json(reader.ReadAsValues(array, *ParseSlice("1::-1", array.shape))) ==
        R"([{"n":3,"t":"xxxx","r":{"path":"/5"}},{"n":0,"t":"x","r":{"path":"/2"}}])");
  // One small array may not name unbounded memory.
  ReadOptions options;
  options.max_memory_bytes = 500;
  auto refused = reader.ReadAsValues(array, WholeSlice(array.shape), options);
  REQUIRE(!refused);
  CHECK(refused.error().code == ErrorCode::kLimit);
}

TEST_CASE("a virtual dataset of text") {
  Array source;
  source.dtype = std::make_shared<Dtype>(*MakeVlenString(CharSet::kAscii));
  const_cast<Dtype&>(*source.dtype).size_bytes = 1;
  source.shape = {3};
  source.chunk_shape = {3};
  source.resolver = std::make_shared<LetterResolver>();
  source.index = std::make_shared<InlineIndex>(ByteList{std::byte{1}, std::byte{2}, std::byte{3}});
  auto holder = std::make_shared<MosaicSource>();
  holder->array = std::make_shared<Array>(source);
  MosaicPiece piece;
  piece.target = {ElementSelection::Kind::kRegular, {{1, 2, 3, 1}}, {}, {}};
  piece.open = [holder]() -> Result<std::shared_ptr<const MosaicSource>> { return std::shared_ptr<const MosaicSource>(holder); };
  Array array = source;
  array.shape = {7};
  array.index = std::make_shared<MosaicIndex>(std::vector<MosaicPiece>{piece});
  Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{}), Limits());
  CHECK(Json(reader.ReadValues(array, 7)) == R"(["","x","","xx","","xxx",""])");
  CHECK(Json(reader.ReadAsValues(array, *ParseSlice("5:2:-2", array.shape))) == R"(["xxx","xx"])");
}

TEST_CASE("pipelines whose decoded size nobody knows") {
  ByteList zeros(3'000'000);
  CodecSpec deflate;
  deflate.id = CodecId::kDeflate;
  std::vector<CodecSpec> stages{deflate};
  ByteList packed = Deflate(zeros);
  auto all = DecodePipelineOfAnySize(stages, 0, packed, 10'000'000);
  REQUIRE(all);
  CHECK(all->size() == zeros.size());
  CHECK(!DecodePipelineOfAnySize(stages, 0, packed, 1'000'000));
  CHECK(*DecodePipelineOfAnySize(stages, 1, packed, 1'000'000) == packed);
}
