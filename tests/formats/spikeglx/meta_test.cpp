#include "formats/spikeglx/meta.h"

#include <doctest/doctest.h>

#include <string>

using namespace rutter;
using namespace rutter::spikeglx;

TEST_CASE("lines of key=value") {
  auto meta = Meta::Parse("b=1\r\na=x=y\r\n~t=(1,2)(3 4)\r\nempty=\r\nno pair\n\nimDatBsc_pn=NP2_QBSC_00\t\n", Limits());
  REQUIRE(meta);
  CHECK(meta->Find("a") == "x=y");
  CHECK(meta->Find("t") == "(1,2)(3 4)");
  CHECK(meta->Find("empty") == "");
  CHECK(meta->Find("imDatBsc_pn") == "NP2_QBSC_00");
  CHECK_FALSE(meta->Find("c"));
  CHECK(meta->FindUnsigned("b") == 1);
  CHECK_FALSE(meta->FindUnsigned("a"));
  CHECK(meta->ignored_lines() == 1);
  CHECK(meta->entries().size() == 5);
}

TEST_CASE("a table that was cut off is no table") {
  auto meta = Meta::Parse("a=1\n~snsChanMap=(1,2,0)(AP0;0", Limits());
  REQUIRE(meta);
  CHECK(meta->ignored_lines() == 1);
  CHECK_FALSE(meta->Find("snsChanMap"));
  CHECK_FALSE(Meta::Parse("nSavedChans=2\n~snsChanMap=(2,0,0)(AP0;0:0)", Limits())->Find("snsChanMap"));
  CHECK(Meta::Parse("nSavedChans=1\n~snsChanMap=(1,0,0)(AP0;0:0)", Limits())->Find("snsChanMap"));
}

TEST_CASE("numbers") {
  auto meta = Meta::Parse("rate=2500.0325532900833\nbad=1,5\ninf=inf\ncounts=384, 0,1\nhuge=18446744073709551616\nneg=-1", Limits());
  REQUIRE(meta);
  CHECK(meta->FindDouble("rate") == 2500.0325532900833);
  CHECK_FALSE(meta->FindDouble("bad"));
  CHECK_FALSE(meta->FindDouble("inf"));
  CHECK(meta->FindCounts("counts", 3) == std::vector<std::uint64_t>{384, 0, 1});
  CHECK_FALSE(meta->FindCounts("counts", 4));
  CHECK_FALSE(meta->FindCounts("counts", 2));
  CHECK_FALSE(meta->FindUnsigned("huge"));
  CHECK_FALSE(meta->FindUnsigned("neg"));
}

TEST_CASE("text that is not UTF-8 is Latin-1") {
  auto meta = Meta::Parse("userNotes=\xB5V\n", Limits());
  REQUIRE(meta);
  CHECK(meta->Find("userNotes") == "\xC2\xB5V");
}

TEST_CASE("too many keys") {
  Limits limits;
  limits.members = 3;
  CHECK(Meta::Parse("a=\nb=\nc=\n", limits));
  auto meta = Meta::Parse("a=\nb=\nc=\nd=\n", limits);
  REQUIRE_FALSE(meta);
  CHECK(meta.error().code == ErrorCode::kLimit);
}

TEST_CASE("tables") {
  auto table = ParseTable("(0,384)(0 0 1 500 250 1)(AP0;0:7)", 10);
  REQUIRE(table);
  REQUIRE(table->size() == 3);
  CHECK((*table)[0] == Fields{"0", "384"});
  CHECK((*table)[1] == Fields{"0", "0", "1", "500", "250", "1"});
  CHECK((*table)[2] == Fields{"AP0", "0", "7"});
  CHECK_FALSE(ParseTable("(1)(2)(3)", 2));
  std::string text = "(0,384)(1)";
  for (std::size_t length = 0; length < text.size(); ++length) {
    if (length == 7) continue;  // the header alone
    CAPTURE(length);
    CHECK_FALSE(ParseTable(std::string_view(text).substr(0, length), 10));
  }
  CHECK_FALSE(ParseTable("1)(2)", 10));
}

TEST_CASE("printer-like lists") {
  CHECK(ParseNumberList("0:3,768", 10) == std::vector<std::uint64_t>{0, 1, 2, 3, 768});
  CHECK(ParseNumberList("5", 10) == std::vector<std::uint64_t>{5});
  CHECK(ParseNumberList("", 10) == std::vector<std::uint64_t>{});
  CHECK(ParseNumberList("18446744073709551615", 10) == std::vector<std::uint64_t>{~0ull});
  CHECK_FALSE(ParseNumberList("3:1", 10));
  CHECK_FALSE(ParseNumberList("0:18446744073709551615", 10));
  CHECK_FALSE(ParseNumberList("0:10", 10));
  CHECK_FALSE(ParseNumberList("1,,2", 10));
  CHECK_FALSE(ParseNumberList("all", 10));
}

TEST_CASE("what a .meta looks like") {
  CHECK(LooksLikeMeta("acqApLfSy=1,0,0\r\ntypeThis=imec\r\n~imroTbl=(0,3"));
  CHECK(LooksLikeMeta("a=b\ntypeThis=obx"));
  CHECK_FALSE(LooksLikeMeta("a=b\ntypeThis=other\n"));
  CHECK_FALSE(LooksLikeMeta("[section]\ntypeThis=imec\n"));
  CHECK_FALSE(LooksLikeMeta(std::string_view("a=b\0\ntypeThis=imec\n", 19)));
  CHECK_FALSE(LooksLikeMeta(""));
}
