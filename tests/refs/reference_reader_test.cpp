// Documents of other writers: versions, templates, gen within its bounds, and every way in which a document is refused.

#include "refs/reference_reader.h"

#include <doctest/doctest.h>

#include "small_map.h"

using namespace rutter;
using namespace rutter::test;

namespace {

/// JSON text as a JSON string.
std::string Quoted(const std::string& json) {
  std::string out;
  AppendJsonString(json, out);
  return out;
}

std::string Zarray(const std::string& shape, const std::string& chunks, const std::string& more = "") {
  return Quoted("{\"zarr_format\":2,\"shape\":" + shape + ",\"chunks\":" + chunks + ",\"dtype\":\"<i2\",\"fill_value\":7,\"order\":\"C\",\"filters\":null,\"compressor\":null" + more + "}");
}

std::string Version1(const std::string& refs, const std::string& before = "") { return "{\"version\":1," + before + "\"refs\":{" + refs + "}}"; }

/// "code: message" of a refused document.
std::string Refusal(const std::string& document, Limits limits = {}) {
  auto map = ReadReferences(document, "/maps/a.json", limits);
  return map ? "read" : ErrorCodeName(map.error().code) + (": " + map.error().message);
}

std::string Chunks(const std::string& document) {
  auto map = Reread(document);
  if (!map) return map.error().ToString();
  const Node* node = map->Find("/a");
  if (node == nullptr || node->array == nullptr) return "no array";
  if (node->array->failure) return ErrorCodeName(node->array->failure->code) + (": " + node->array->failure->message);
  return ChunksOf(*node->array);
}

const std::string kA = "\"a/.zarray\":" + Zarray("[8]", "[2]");

}  // namespace

TEST_CASE("version 0 is the object of references itself, version 1 holds it in refs") {
  std::string refs = kA + ",\"a/0\":[\"/x\",0,4],\"a/3\":[\"/y\",9,4]";
  CHECK(Chunks("{" + refs + "}") == Chunks(Version1(refs)));
  CHECK(Chunks("{" + refs + "}") == "0. 0 0 4\n3. 1 9 4\n");
  // Metadata may be objects, keys may begin with a slash, a mark of byte order may stand in front.
  CHECK(Chunks("\xEF\xBB\xBF{\"/a/.zarray\":{\"shape\":[2],\"chunks\":[2],\"dtype\":\"|u1\"},\"/a/0\":\"hi\"}") == "0. inline aGk=\n");
}

TEST_CASE("references: the whole of a source, inline text and base64, later ones before earlier ones, keys of no array") {
  auto map = Reread(Version1(kA + ",\"a/0\":[\"/x\"],\"a/1\":\"base64:QUJDRA==\",\"a/2\":\"text\",\"a/2\":\"late\",\"a/9\":[\"/x\",0,4],\"b/0\":\"lost\""));
  REQUIRE(map);
  std::string chunks = ChunksOf(*map->Find("/a")->array);
  CHECK(chunks == "0. 0 0 " + std::to_string(ChunkRef::kWholeSource) + "\n1. inline QUJDRA==\n2. inline bGF0ZQ==\n");
  REQUIRE(map->notes.size() == 1);
  CHECK(map->notes[0] == "2 keys of the map belong to no array and are passed over");
  CHECK(Chunks(Version1(kA + ",\"a/0\":[null]")).starts_with("unsupported: its references have no URL"));
}

TEST_CASE("an attribute that was edited behind its type's back is what it is now") {
  auto map = Reread("{\"version\":1,\"refs\":{\".zgroup\":\"{}\",\".zattrs\":{\"units\":\"mV\"}},"
                    R"("rutter":{"map_version":1,"nodes":{"":{"attributes":{"units":{"dtype":"<f4","shape":[]}}}}}})");
  REQUIRE(map);
  const Attribute* units = map->root.FindAttribute("units");
  REQUIRE(units != nullptr);
  REQUIRE(units->value.As<std::string>() != nullptr);
  CHECK(*units->value.As<std::string>() == "mV");
}

TEST_CASE("templates are replaced in URLs; those with parameters are refused by name") {
  std::string refs = kA + ",\"a/0\":[\"{{u}}/x\",0,4],\"a/1\":[\"{{ v }}\",4,4],\"a/2\":[\"/d/x\",8,4]";
  auto map = Reread(Version1(refs, R"("templates":{"u":"/d","v":"file:///d/y"},)"));
  REQUIRE(map);
  REQUIRE(map->sources.size() == 2);
  CHECK(map->sources[0].url == "/d/x");
  CHECK(map->sources[1].url == "/d/y");
  CHECK(Refusal(Version1(refs, R"("templates":{"u":"/d"},)")) == "corrupt: the template {{v}} is not defined");
  CHECK(Refusal(Version1(refs, R"("templates":{"u":"/{{c}}","v":""},)")) == "unsupported: the template {{u}} takes parameters");
  CHECK(Refusal(Version1(kA + ",\"a/0\":[\"{{f(c='x')}}\",0,4]", R"("templates":{"f":"{{c}}"},)")) == "unsupported: the template {{f(c='x')}} takes parameters");
  CHECK(Refusal(Version1(kA, R"("templates":["u"],)")) == "corrupt: \"templates\" is no object");
  CHECK(Refusal(Version1(kA, R"("templates":{"u":1},)")) == "corrupt: the template u is no text");
}

TEST_CASE("gen: rules become references, their arithmetic is Python's") {
  auto rule = [](const std::string& offset, const std::string& dimensions = R"({"i":{"stop":2}})") {
    return Version1(kA, R"("templates":{"u":"/d/x"},"gen":[{"key":"a/{{i}}","url":"{{u}}","offset":")" + offset + R"(","length":4,"dimensions":)" + dimensions + "}],");
  };
  CHECK(Chunks(rule("{{i * 100 + 8}}")) == "0. 0 8 4\n1. 0 108 4\n");
  CHECK(Chunks(rule("{{(2 + i) ** 2 - 7 // 2 % 2}}")) == "0. 0 3 4\n1. 0 8 4\n");
  CHECK(Chunks(rule("{{-(-9 // 2) + -i + (-7) % 3 * i}}")) == "0. 0 5 4\n1. 0 6 4\n");
  CHECK(Chunks(rule("{{i}}0", R"({"i":{"start":1,"stop":4,"step":2}})")) == "1. 0 10 4\n3. 0 30 4\n");
  CHECK(Chunks(rule("{{i}}0", R"({"i":[3,0]})")) == "0. 0 0 4\n3. 0 30 4\n");
  CHECK(Chunks(rule("0", R"({"i":{"stop":0}})")).empty());
}

TEST_CASE("gen: rules that are refused") {
  auto gen = [](const std::string& rules, Limits limits = {}) { return Refusal(Version1(kA, "\"gen\":" + rules + ","), limits); };
  auto offset = [&gen](const std::string& expression) {
    return gen(R"([{"key":"a/{{i}}","url":"u","offset":"{{)" + expression + R"(}}","length":4,"dimensions":{"i":{"stop":2}}}])");
  };
  CHECK(gen("{}") == "corrupt: \"gen\" is no list");
  CHECK(gen("[{}]") == "corrupt: a rule of \"gen\" without key or url");
  CHECK(gen(R"([{"key":"a","url":"u"}])") == "corrupt: a rule of \"gen\" without dimensions");
  CHECK(gen(R"([{"key":"a","url":"u","offset":0,"dimensions":{}}])") == "corrupt: a rule of \"gen\" has an offset or a length, not both");
  CHECK(gen(R"([{"key":"a","url":"u","dimensions":{"i":{"start":0}}}])") == "corrupt: a dimension of \"gen\" is no range");
  CHECK(gen(R"([{"key":"a","url":"u","dimensions":{"i":{"stop":3,"step":0}}}])") == "corrupt: a dimension of \"gen\" is no range");
  CHECK(gen(R"([{"key":"a","url":"u","dimensions":{"i":{"stop":1e300}}}])") == "corrupt: a dimension of \"gen\" is no range");
  CHECK(gen(R"([{"key":"a/0","url":"u","offset":true,"length":4,"dimensions":{}}])") == "corrupt: an offset or length of \"gen\" is no number");
  CHECK(offset("i + j") == "corrupt: \"gen\" names j, which is no dimension");
  CHECK(offset("7 // i") == "corrupt: an expression of \"gen\" divides by zero");
  CHECK(offset("7 % i") == "corrupt: an expression of \"gen\" divides by zero");
  CHECK(offset("9223372036854775807 + 1") == "corrupt: an expression of \"gen\" overflows 64 bits");
  CHECK(offset("(-9223372036854775807 - 1) // -1") == "corrupt: an expression of \"gen\" overflows 64 bits");
  CHECK(offset("9223372036854775808") == "corrupt: an expression of \"gen\" overflows 64 bits");
  CHECK(offset("10 ** 63") == "corrupt: an expression of \"gen\" overflows 64 bits");
  CHECK(offset("i - 1") == "corrupt: \"gen\" gives \"-1\", which is no offset or length");
  for (const char* beyond : {"i if i else 2", "i.bit_length()", "2 ** -1", "2 ** 64", "1.5", "i /2", "", "(1", "i i"}) {
    CHECK_MESSAGE(offset(beyond) == "unsupported: the expression {{" + std::string(beyond) + "}} is more than integer arithmetic", beyond);
  }
  CHECK(offset(std::string(100, '(') + "1" + std::string(100, ')')) == "limit: an expression of \"gen\" is nested too deeply");
}

TEST_CASE("gen: no rule makes more references than the limits allow") {
  Limits limits;
  limits.chunks_located = 1000;
  auto gen = [](const std::string& dimensions) { return Version1(kA, R"("gen":[{"key":"a/{{i}}","url":"u","dimensions":)" + dimensions + "}],"); };
  CHECK(Refusal(gen(R"({"i":{"stop":1000}})"), limits) == "read");
  std::string refused = "limit: \"gen\" makes more references than are allowed (Limits::chunks_located)";
  CHECK(Refusal(gen(R"({"i":{"stop":1001}})"), limits) == refused);
  CHECK(Refusal(gen(R"({"i":{"stop":9007199254740992}})"), limits) == refused);
  CHECK(Refusal(gen(R"({"i":{"stop":9007199254740992},"j":{"stop":9007199254740992}})"), limits) == refused);
  // All rules together.
  std::string rule = R"({"key":"a/{{i}}","url":"u","dimensions":{"i":{"stop":600}}})";
  CHECK(Refusal(Version1(kA, "\"gen\":[" + rule + "," + rule + "],"), limits) == refused);
  // Memory counts, too: every reference takes a row.
  limits.metadata_bytes = 8000;
  CHECK(Refusal(gen(R"({"i":{"stop":1000}})"), limits) == refused);
  std::string many;
  for (int i = 0; i < 65; ++i) many += (i == 0 ? "\"d" : ",\"d") + std::to_string(i) + "\":{\"stop\":1}";
  CHECK(Refusal(gen("{" + many + "}")) == "limit: a rule of \"gen\" has more than 64 dimensions");
}

TEST_CASE("documents that are refused") {
  CHECK(Refusal("").starts_with("corrupt: the map is no sound JSON"));
  CHECK(Refusal("[]").starts_with("corrupt: the map is no sound JSON"));
  CHECK(Refusal("{\"version\":1,\"refs\":{").starts_with("corrupt: the map is no sound JSON"));
  CHECK(Refusal("{\"version\":1}") == "corrupt: a version 1 document without \"refs\"");
  CHECK(Refusal("{\"version\":2,\"refs\":{}}") == "unsupported: version 2 of reference documents");
  CHECK(Refusal("{\"type\":\"FeatureCollection\"}").starts_with("unsupported: JSON, but no reference document"));
  CHECK(Refusal(Version1("\"a/.zarray\":[\"x\",0,4]")) == "unsupported: the metadata a/.zarray lies in another file");
  CHECK(Refusal(Version1("\"a/.zarray\":\"{\"")).starts_with("corrupt: "));
  CHECK(Refusal(Version1("\"a/.zarray\":\"[]\"")) == "corrupt: the array's metadata is no JSON object");
  CHECK(Refusal(Version1("\"a/.zattrs\":\"[]\"")) == "corrupt: the attributes are no JSON object");
  CHECK(Refusal(Version1("\"a/../b/.zgroup\":\"{}\"")) == "corrupt: a key of the map has an empty, \".\" or \"..\" part");
  CHECK(Refusal(Version1("\"a//b/.zgroup\":\"{}\"")) == "corrupt: a key of the map has an empty, \".\" or \"..\" part");
  CHECK(Refusal(Version1(kA + ",\"a/b/.zarray\":" + Zarray("[2]", "[2]"))) == "corrupt: an array or a link with members");
  CHECK(Refusal(Version1("\"l/.zattrs\":{\"_SOFT_LINK\":{\"path\":\"/a\"}},\"l/b/.zgroup\":\"{}\"")) == "corrupt: an array or a link with members");
  for (const char* reference : {"[]", "[1]", "[\"x\",0]", "[\"x\",-1,4]", "[\"x\",0,1.5]", "[\"x\",0,4,4]", "[\"x\",\"0\",\"4\"]"}) {
    CHECK_MESSAGE(Refusal(Version1(kA + ",\"a/0\":" + reference)) == "corrupt: the reference a/0 is not [url] or [url, offset, length]", reference);
  }
  CHECK(Refusal(Version1(kA + ",\"a/0\":[\"x\",0,0]")) == "corrupt: the reference a/0 names no bytes");
  CHECK(Refusal(Version1(kA + ",\"a/0\":[\"x\",18446744073709551615,4]")) == "corrupt: the reference a/0 names bytes beyond 2^64");
  CHECK(Refusal(Version1(kA + ",\"a/0\":5")) == "corrupt: the value of a/0 is neither text, object nor list");
  CHECK(Refusal(Version1(kA + ",\"a/0\":\"base64:Q\"")).starts_with("corrupt: "));
}

TEST_CASE("array metadata that is refused") {
  auto with = [](const std::string& shape, const std::string& chunks, const std::string& more = "") { return Refusal(Version1("\"a/.zarray\":" + Zarray(shape, chunks, more))); };
  CHECK(with("[8]", "[2,2]") == "corrupt: the chunk shape has another rank than the shape");
  CHECK(with("[8]", "[0]") == "corrupt: a chunk has no length");
  CHECK(with("[0]", "[0]") == "read");
  CHECK(with("[-8]", "[2]").starts_with("corrupt: "));
  CHECK(with("8", "[2]").starts_with("corrupt: "));
  CHECK(with("[4294967296,4294967296,2]", "[1,1,1]") == "corrupt: a shape of more than 2^64 elements");
  std::string ones = "[1";
  for (int i = 0; i < 32; ++i) ones += ",1";
  CHECK(with(ones + "]", ones + "]") == "limit: 33 dimensions (Limits::rank)");
  CHECK(with("[8]", "[2]", ",\"dimension_separator\":\"-\"") == "corrupt: a dimension separator that is neither . nor /");
  CHECK(with("[8]", "[2]", ",\"filters\":{}") == "corrupt: \"filters\" is no list");
  CHECK(with("[8]", "[2]", ",\"filters\":[{}]") == "corrupt: a codec without an id");
  CHECK(with("[8]", "[2]", ",\"fill_value\":\"x\"").starts_with("corrupt: \"fill_value\" does not fit the type"));
  CHECK(Refusal(Version1("\"a/.zarray\":" + Quoted("{\"shape\":[1],\"chunks\":[1]}"))) == "corrupt: an array without a dtype");
  // What is sound, but not done here, stays with its array.
  std::string refs = "\"a/.zarray\":" + Quoted("{\"shape\":[2],\"chunks\":[2],\"dtype\":\"|O\",\"filters\":null}");
  CHECK(Chunks(Version1(refs)) == "unsupported: Python objects without a codec that is known here");
  auto zarr3 = [](const std::string& grid, const std::string& codecs) {
    return Version1("\"a/zarr.json\":" + Quoted("{\"zarr_format\":3,\"node_type\":\"array\",\"shape\":[4,4],\"data_type\":\"int16\",\"chunk_grid\":" + grid +
                                                ",\"fill_value\":0,\"codecs\":" + codecs + "}"));
  };
  std::string regular = R"({"name":"regular","configuration":{"chunk_shape":[2,2]}})", bytes = R"([{"name":"bytes"}])";
  CHECK(Chunks(zarr3(regular, bytes)).empty());
  CHECK(Chunks(zarr3(R"({"name":"rectilinear"})", bytes)) == "unsupported: the chunk grid \"rectilinear\"");
  CHECK(Chunks(zarr3(regular, R"([{"name":"sharding_indexed"}])")) == "unsupported: the Zarr codec sharding_indexed");
  CHECK(Refusal(zarr3("{}", bytes)) == "corrupt: an array without a chunk grid");
}

TEST_CASE("the member \"rutter\" is not trusted either") {
  auto with = [](const std::string& extras) { return Refusal("{\"version\":1,\"refs\":{" + kA + "},\"rutter\":" + extras + "}"); };
  CHECK(with("{}") == "read");
  CHECK(with(R"({"nodes":{"a":{"dtype":"<f8"}}})") == "corrupt: the member \"rutter\": an element type of another size than .zarray says");
  CHECK(with(R"({"nodes":{"a":{"object_codec":"json2"}}})") == "corrupt: the member \"rutter\": an object codec for an array of plain elements");
  CHECK(with(R"({"nodes":{"a":{"max_shape":[1,2]}}})") == "corrupt: the member \"rutter\": \"max_shape\" has another rank than the shape");
  CHECK(with(R"({"nodes":{"a":{"name":"x/y"}}})") == "corrupt: the member \"rutter\": a node's name is empty or holds a slash");
  CHECK(with(R"({"nodes":{"a":{"fill_value":"AA=="}}})") == "corrupt: the member \"rutter\": a fill value of another size than the element");
  CHECK(with(R"({"links":[{"path":"b","kind":"round","target":"/a"}]})") == "corrupt: the member \"rutter\": a link of the kind \"round\"");
  CHECK(with(R"({"links":[{"path":"b"}]})") == "corrupt: the member \"rutter\": \"kind\" is missing");
  auto dimension = [&with](const std::string& members) { return with("{\"dimensions\":[{\"path\":\"d\"" + members + "}]}"); };
  CHECK(dimension(R"(,"dtype":"<f4","shape":[2],"chunk_shape":[1])") == "read");
  CHECK(dimension("") == "corrupt: the member \"rutter\": a dimension without its type");
  CHECK(dimension(R"(,"dtype":"<f4","shape":[2],"chunk_shape":[])") == "corrupt: the member \"rutter\": a dimension's chunks do not fit its shape");
  CHECK(dimension(R"(,"dtype":"<f4","shape":[2],"chunk_shape":[0])") == "corrupt: the member \"rutter\": a dimension's chunks do not fit its shape");
  CHECK(dimension(R"(,"dtype":{"kind":"sequence","base":"<f4"},"shape":[2],"chunk_shape":[1])") ==
        "corrupt: the member \"rutter\": a dimension of a type or size that none has");
  CHECK(dimension(R"(,"dtype":"<f4","shape":[4294967296,4294967297],"chunk_shape":[1,1])") ==
        "corrupt: the member \"rutter\": a dimension of a type or size that none has");
  CHECK(with(R"({"unmapped":[{"path":"a/b/c","dtype":"<f8","shape":[1],"reason":"no parent"}]})") == "read");
}

TEST_CASE("limits: nodes, nesting, inline bytes, the document itself") {
  Limits limits;
  limits.objects = 3;
  std::string groups;
  for (int i = 0; i < 5; ++i) groups += (i == 0 ? "\"g" : ",\"g") + std::to_string(i) + "/.zgroup\":\"{}\"";
  CHECK(Refusal(Version1(groups), limits) == "limit: the document holds too many nodes (Limits::objects)");
  limits = {};
  limits.group_depth = 3;
  CHECK(Refusal(Version1("\"a/b/c/d/.zgroup\":\"{}\""), limits) == "limit: groups are nested too deeply (Limits::group_depth)");
  limits = {};
  limits.inline_bytes = 5;
  CHECK(Refusal(Version1(kA + ",\"a/0\":\"abcd\",\"a/1\":\"abcd\""), limits) == "limit: the document holds too much inline data (Limits::inline_bytes)");
  limits = {};
  limits.metadata_bytes = 10;
  CHECK(Refusal(Version1(kA), limits) == "limit: what the map tells needs too much memory (Limits::metadata_bytes)");
  limits = {};
  limits.attributes = 1;
  CHECK(Refusal(Version1("\".zattrs\":" + Quoted("{\"a\":1,\"b\":2}")), limits) == "limit: the document holds too many attributes (Limits::attributes)");
}
