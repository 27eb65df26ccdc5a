// A map of many nodes is written in pieces by several threads: nothing is lost, and the order is that of the tree.

#include "refs/reference_writer.h"

#include <doctest/doctest.h>

#include <string>

#include "small_map.h"

using namespace rutter;
using namespace rutter::test;

namespace {

/// Arrays of every kind that a document treats in its own way, in groups of ten.
struct ManyNodes {
  Map map = MapOf();
  FixedData data;

  explicit ManyNodes(int groups) {
    for (int g = 0; g < groups; ++g) {
      Node& group = AddGroup(map.root, "g" + std::to_string(10'000 + g));
      SetAttribute(group, MakeTextAttribute("unit", "\"volts\"\n" + std::to_string(g)));
      SetAttribute(group, MakeTextAttribute("CLASS", "hidden from clients"));
      for (int i = 0; i < 10; ++i) {
        const std::string name = "a" + std::to_string(i);
        const auto offset = static_cast<std::uint64_t>(g) * 1000 + static_cast<std::uint64_t>(i);
        if (i == 3) {
          auto text = FlatArray(MakeVlenString(CharSet::kUtf8), {2}, offset);
          data.values[text.get()] = {Value("one " + std::to_string(g)), Value(std::string("two"))};
          AddArray(group, name, std::move(text));
        } else if (i == 7) {
          auto damaged = FlatArray(MakeInteger(4, true), {5}, offset);
          damaged->failure = MakeError(ErrorCode::kCorrupt, "damaged " + std::to_string(g));
          AddArray(group, name, std::move(damaged));
        } else {
          Node& node = AddArray(group, name, FlatArray(MakeInteger(2, i % 2 == 0), {3, 4}, offset));
          SetAttribute(node, MakeIntegerAttribute("number", g * 10 + i));
        }
      }
    }
  }
};

TEST_CASE("a map that several threads write is read back whole") {
  for (int groups : {1, 12, 300}) {
    for (Dialect dialect : {Dialect::kKerchunk, Dialect::kKerchunkZarr3, Dialect::kLindi}) {
      CAPTURE(groups);
      CAPTURE(static_cast<int>(dialect));
      ManyNodes many(groups);
      WriteOptions options;
      options.dialect = dialect;
      WriteReport report;
      const std::string document = Written(many.map, many.data, options, &report);
      CHECK(report.groups == static_cast<std::uint64_t>(groups) + 1);
      CHECK(report.arrays_mapped == static_cast<std::uint64_t>(groups) * 9);
      REQUIRE(report.unmapped.size() == static_cast<std::size_t>(groups));
      for (int g = 0; g < groups; ++g) CHECK(report.unmapped[static_cast<std::size_t>(g)].path == "/g" + std::to_string(10'000 + g) + "/a7");
      CHECK(document == Written(many.map, many.data, options));
      auto reread = Reread(document);
      REQUIRE(reread);
      CHECK(Outline(*reread) == Outline(many.map));
      std::size_t last = 0;
      for (int g = 0; g < groups; ++g) {
        const std::size_t at = document.find("\"g" + std::to_string(10'000 + g) + "/", last);
        REQUIRE(at != std::string::npos);
        last = at;
      }
    }
  }
}

}  // namespace
