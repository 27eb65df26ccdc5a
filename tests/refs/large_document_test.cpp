// Documents that are read in parts by several threads give what a walk from the start would give, whatever stands in them.

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>

#include "refs/document_text.h"
#include "refs/reference_reader.h"
#include "small_map.h"

using namespace rutter;
using namespace rutter::test;

namespace {

constexpr std::uint64_t kChunks = 6'000;  // with long names some 12 MB of text, which is read in three parts or more

std::string Zarray(std::uint64_t chunks, std::uint64_t chunk_shape = 1) {
  return "{\"zarr_format\":2,\"shape\":[" + std::to_string(chunks) + ",4],\"chunks\":[" + std::to_string(chunk_shape) +
         ",2],\"dtype\":\"<i2\",\"fill_value\":7,\"order\":\"C\",\"filters\":null,\"compressor\":{\"id\":\"zlib\",\"level\":1}}";
}

struct Place {
  std::string url;
  std::uint64_t offset = 0, length = 0;
  bool operator==(const Place&) const = default;
};

/// A member for chunk `i` of array `name`, and what it says.
std::string Member(const std::string& name, std::uint64_t i, std::map<std::uint64_t, Place>& places, std::uint64_t salt = 0) {
  static const std::string kFolder = "/a/folder/whose/name/is/so/long/that/few/references/make/a/large/document/" + std::string(1'700, 'n');
  Place place{kFolder + "/file" + std::to_string((i + salt) / 1000), (i + salt) * 7919 % 1'000'003, 100 + (i * i + salt) % 900};
  places[i] = place;
  return "\"" + name + "/" + std::to_string(i / 2) + "." + std::to_string(i % 2) + "\":[\"" + place.url + "\"," + std::to_string(place.offset) + "," +
         std::to_string(place.length) + "]";
}

/// Where the map says that the chunks of an array lie; inline chunks have the URL "inline" and their length.
std::map<std::uint64_t, Place> Places(const Map& map, const std::string& path) {
  std::map<std::uint64_t, Place> places;
  const Node* node = map.Find(path);
  REQUIRE(node != nullptr);
  REQUIRE(node->array != nullptr);
  Shape grid = node->array->ChunkGrid();
  REQUIRE(node->array->index->Locate({Shape(grid.size(), 0), grid}, [&](std::span<const std::uint64_t> at, const ChunkRef& chunk) -> Status {
    Place& place = places[at[0] * grid[1] + at[1]];
    place = chunk.inline_data != nullptr ? Place{"inline", 0, chunk.length} : Place{map.sources[chunk.source].url, chunk.offset, chunk.length};
    return {};
  }));
  return places;
}

/// The same text as a stream, which is read in one go from its start.
class Stream : public TextInMemory {
 public:
  using TextInMemory::TextInMemory;
  std::optional<std::uint64_t> size() const override { return std::nullopt; }
};

void CheckBothWays(const std::string& document, const std::function<void(const Map&)>& check) {
  REQUIRE(document.size() > (10u << 20));
  auto map = ReadReferences(document, "/maps/a.json", {});
  REQUIRE_MESSAGE(map, map.error().ToString());
  check(*map);
  Stream text(document);
  auto streamed = ReadReferences(text, "/maps/a.json", {});
  REQUIRE_MESSAGE(streamed, streamed.error().ToString());
  REQUIRE(streamed->sources.size() == map->sources.size());
  for (std::size_t i = 0; i < map->sources.size(); ++i) REQUIRE(streamed->sources[i].url == map->sources[i].url);
  check(*streamed);
}

std::string Quoted(const std::string& json) {
  std::string out;
  AppendJsonString(json, out);
  return out;
}

const std::string kA = "\"a/.zarray\":" + Quoted(Zarray(kChunks / 2)), kBegin = "{\"version\":1,\"refs\":{";

}  // namespace

TEST_CASE("a large document read by several threads gives every chunk, in every spelling of JSON") {
  std::map<std::uint64_t, Place> places;
  std::string compact = kBegin + kA, spaced = "{\n  \"version\": 1,\n  \"refs\": {\n    " + kA;
  for (std::uint64_t i = 0; i < kChunks; ++i) {
    std::string member = Member("a", i, places);
    compact += "," + member;
    // As Python writes it by default, and with line breaks.
    for (std::size_t at = 0; (at = member.find_first_of(":,", at)) != std::string::npos; at += 2) member.insert(at + 1, " ");
    spaced += (i % 2 == 0 ? ", " : ",\n    ") + member;
  }
  auto check = [&](const Map& map) { CHECK(Places(map, "/a") == places); };
  CheckBothWays(compact + "}}", check);
  CheckBothWays(spaced + "\n  }\n}\n", check);
}

TEST_CASE("text that looks like the end of a member misleads no thread") {
  std::map<std::uint64_t, Place> places;
  std::string document = kBegin + kA;
  for (std::uint64_t i = 0; i < kChunks; ++i) {
    if (i % 3 == 0) {
      document += "," + Member("a", i, places);
    } else {
      std::string text = i % 3 == 1 ? "],\\\"a/1.1\\\":[\\\"/evil\\\",1,1" + std::string(3'500, 'x') + "]," : "{\\\"refs\\\":{}},[],";
      document += ",\"a/" + std::to_string(i / 2) + "." + std::to_string(i % 2) + "\":\"" + text + "\"";
      places[i] = {"inline", 0, i % 3 == 1 ? 3524u : 15u};
    }
  }
  CheckBothWays(document + "}}", [&](const Map& map) {
    CHECK(Places(map, "/a") == places);
    for (const Source& source : map.sources) CHECK(source.url != "/evil");
  });
}

TEST_CASE("metadata may stand anywhere in a document that is read by several threads") {
  constexpr std::uint64_t kEach = kChunks / 2;
  std::map<std::uint64_t, Place> a, b;
  std::string chunks_of_a, chunks_of_b;
  for (std::uint64_t i = 0; i < kEach; ++i) {
    chunks_of_a += Member("a", i, a) + ",";
    chunks_of_b += Member("b", i, b) + ",";
  }
  const std::string zarray_b = "\"b/.zarray\":" + Quoted(Zarray(kChunks / 2));
  auto check = [&](const Map& map) {
    CHECK(Places(map, "/a") == a);
    CHECK(Places(map, "/b") == b);
  };
  SUBCASE("in front") { CheckBothWays(kBegin + kA + "," + zarray_b + "," + chunks_of_a + chunks_of_b + "\".zgroup\":\"{}\"}}", check); }
  SUBCASE("before each array") { CheckBothWays(kBegin + kA + "," + chunks_of_a + zarray_b + "," + chunks_of_b + "\".zgroup\":\"{}\"}}", check); }
  SUBCASE("at the end") { CheckBothWays(kBegin + chunks_of_a + chunks_of_b + kA + "," + zarray_b + "}}", check); }
  SUBCASE("version 0") { CheckBothWays("{" + chunks_of_a + zarray_b + "," + chunks_of_b + kA + "}", check); }
  SUBCASE("templates and version at the end") {
    CheckBothWays("{\"refs\":{" + kA + "," + chunks_of_a + zarray_b + "," + chunks_of_b + "\".zgroup\":\"{}\"},\"templates\":{\"u\":\"x\"},\"version\":1}", check);
  }
  SUBCASE("said twice, the second time with other chunks") {
    // By the second grid, only the first half of the keys are chunks.
    std::string wrong = "\"a/.zarray\":" + Quoted(Zarray(kChunks / 2, 4));
    CheckBothWays(kBegin + kA + "," + chunks_of_a + zarray_b + "," + chunks_of_b + wrong + "}}", [&](const Map& map) {
      auto found = Places(map, "/a");
      CHECK(found.size() == kEach / 2);
      CHECK(found == std::map<std::uint64_t, Place>(a.begin(), a.find(kEach / 2)));
      CHECK(Places(map, "/b") == b);
    });
  }
}

TEST_CASE("the last of two members of one name counts, also where different threads read them") {
  std::map<std::uint64_t, Place> places;
  std::string document = kBegin + kA;
  for (std::uint64_t i = 0; i < kChunks; ++i) document += "," + Member("a", i, places);
  for (std::uint64_t i = 0; i < kChunks; i += 1000) document += "," + Member("a", i, places, 77);
  CheckBothWays(document + "}}", [&](const Map& map) { CHECK(Places(map, "/a") == places); });
}

TEST_CASE("errors of a large document read by several threads name the byte, the first one first") {
  std::map<std::uint64_t, Place> places;
  std::string document = kBegin + kA;
  std::uint64_t middle = 0, late = 0;
  for (std::uint64_t i = 0; i < kChunks; ++i) {
    document += ",";
    if (i == kChunks / 2) middle = document.size();
    if (i == kChunks - 10) late = document.size();
    document += Member("a", i, places);
  }
  document += "}}";
  auto refusal = [](const std::string& text) {
    auto map = ReadReferences(text, "/maps/a.json", {});
    REQUIRE_FALSE(map);
    return std::pair(map.error().code, map.error().where.offset.value_or(0));
  };
  std::string damaged = document;
  damaged[late] = '?';
  CHECK(refusal(damaged) == std::pair(ErrorCode::kCorrupt, late));
  damaged[middle] = '?';
  CHECK(refusal(damaged) == std::pair(ErrorCode::kCorrupt, middle));
  CHECK(refusal(document.substr(0, late)) == std::pair(ErrorCode::kCorrupt, late));
  CHECK(refusal(document + "x") == std::pair(ErrorCode::kCorrupt, static_cast<std::uint64_t>(document.size())));
  // A reference of no bytes, which only the second walk reports.
  std::string member = Member("a", kChunks / 2, places);
  std::string empty = document;
  empty.replace(middle, member.size(), "\"a/0.0\":[\"x\",1,0]" + std::string(member.size() - 17, ' '));
  CHECK(refusal(empty) == std::pair(ErrorCode::kCorrupt, middle));
}

TEST_CASE("what a document makes the reader keep is bounded") {
  Limits limits;
  limits.metadata_bytes = 4 << 20;
  auto refused = [&](const std::string& document) {
    auto map = ReadReferences(document, "/maps/a.json", limits);
    return map ? "read" : std::string(ErrorCodeName(map.error().code));
  };
  std::map<std::uint64_t, Place> places;
  // Many references with few sources are small, however long their text is.
  std::string regular = kBegin + kA, urls = kBegin + "\"a/.zarray\":" + Quoted(Zarray(60'000));
  for (std::uint64_t i = 0; i < kChunks; ++i) regular += "," + Member("a", i, places);
  for (std::uint64_t i = 0; i < 120'000; ++i) {
    urls += ",\"a/" + std::to_string(i / 2) + "." + std::to_string(i % 2) + "\":[\"u" + std::to_string(i) + "\",1,1]";
  }
  CHECK(refused(regular + "}}") == "read");
  CHECK(refused(urls + "}}") == "limit");
  // One member that is larger than a quarter of the budget; a hundred thousand small ones of metadata.
  CHECK(refused(kBegin + "\"x\":\"" + std::string(2 << 20, 'x') + "\"}}") == "limit");
  std::string nodes = kBegin + kA;
  for (int i = 0; i < 100'000; ++i) nodes += ",\"g" + std::to_string(i) + "/.zgroup\":\"{}\"";
  CHECK(refused(nodes + "}}") == "limit");
  limits = {};
  limits.inline_bytes = 1000;
  CHECK(refused(kBegin + kA + ",\"a/0.0\":\"" + std::string(999, 'x') + "\"}}") == "read");
  CHECK(refused(kBegin + kA + ",\"a/0.0\":\"" + std::string(999, 'x') + "\",\"a/0.1\":\"yy\"}}") == "limit");
}
