// What `rutter check` tells of documents that some client cannot follow.

#include "refs/lint.h"

#include <doctest/doctest.h>

#include <string>

using namespace rutter;

namespace {

/// The findings of a document with one array, a line each.
std::string FindingsOf(const std::string& metadata) {
  const std::string document = R"({"version":1,"refs":{".zgroup":"{\"zarr_format\":2}","a/.zattrs":{"_ARRAY_DIMENSIONS":["x"]},"a/.zarray":)" + metadata + "}}";
  auto findings = LintReferences(document);
  REQUIRE(findings);
  std::string out;
  for (const LintFinding& finding : *findings) {
    if (finding.message != "metadata is a JSON object, not a string") out += finding.key + ": " + finding.clients + ": " + finding.message + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("a shuffle of another size than the type's is told, for zarrita reads other values") {
  CHECK(FindingsOf(R"({"dtype":"<u4","filters":[{"id":"shuffle","elementsize":12}]})") ==
        "a/.zarray: zarrita (other values): shuffled by 12 bytes, and the elements have 4\n");
  CHECK(FindingsOf(R"({"dtype":"|b1","filters":[{"id":"shuffle"}]})") == "a/.zarray: zarrita (other values): shuffled by 4 bytes, and the elements have 1\n");
  for (const char* sound : {R"({"dtype":"<u4","filters":[{"id":"shuffle","elementsize":4}]})", R"({"dtype":"|S12","filters":[{"id":"shuffle","elementsize":12}]})",
                            R"({"dtype":[["a","<u4"]],"filters":[{"id":"shuffle","elementsize":4}]})", R"({"dtype":"<u4","filters":null})"}) {
    CHECK(FindingsOf(sound).empty());
  }
}

TEST_CASE("texts that are no document, and codecs that a client lacks, are told") {
  CHECK(!LintReferences("{"));
  CHECK(LintReferences("[]")->front().message == "the document is no JSON object");
  CHECK(FindingsOf(R"({"dtype":"<u4","filters":[{"id":"bz2"}]})") == "a/.zarray: zarrita, GDAL: the codec bz2\n");
}
