#include "formats/npy/python_literal.h"

#include <doctest/doctest.h>

#include <string>

using namespace rutter;
using npy::Literal;
using npy::ParseLiteral;

namespace {

Result<Literal> Parse(std::string_view text, const Limits& limits = {}) {
  return ParseLiteral(text, 10, {"a.npy", "NPY header", "spec"}, limits);
}

ErrorCode CodeOf(std::string_view text, const Limits& limits = {}) {
  auto literal = Parse(text, limits);
  REQUIRE_FALSE(literal);
  return literal.error().code;
}

}  // namespace

TEST_CASE("a header's dictionary") {
  std::string text = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4L,), }  \n";
  auto literal = Parse(text);
  REQUIRE(literal);
  REQUIRE(literal->kind == Literal::Kind::kDict);
  CHECK(literal->Find("descr")->text == "<f8");
  CHECK(literal->Find("fortran_order")->kind == Literal::Kind::kBool);
  CHECK(literal->Find("fortran_order")->integer == 0);
  const Literal* shape = literal->Find("shape");
  REQUIRE(shape->items.size() == 2);
  CHECK(shape->items[1].integer == 4);
  CHECK(shape->source == "(3, 4L,)");
  CHECK(literal->Find("size") == nullptr);
}

TEST_CASE("every truncation of a literal is an error") {
  std::string text = "{'descr': [(('t', 'x'), '<i2', (2,)), ('y', \"|S3\")], 'fortran_order': True, 'shape': (5,)}";
  REQUIRE(Parse(text));
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    CHECK(CodeOf(std::string_view(text).substr(0, length)) == ErrorCode::kCorrupt);
  }
}

TEST_CASE("strings and their escapes") {
  std::string text = R"(['a\'b', "it's", u'\xe9\u20ac\U0001F600', b'\\\n'])";
  auto literal = Parse(text);
  REQUIRE(literal);
  CHECK(literal->items[0].text == "a'b");
  CHECK(literal->items[1].text == "it's");
  CHECK(literal->items[2].text == "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(literal->items[3].text == "\\\n");
  for (const char* wrong : {"'\\q'", "'\\x4'", "'\\ud800'", "'\\U00110000'", "'a\nb'"}) {
    CAPTURE(wrong);
    CHECK(CodeOf(wrong) == ErrorCode::kCorrupt);
  }
}

TEST_CASE("a parenthesis around one literal is the literal") {
  std::string text = "((7))";
  auto literal = Parse(text);
  REQUIRE(literal);
  CHECK(literal->kind == Literal::Kind::kInteger);
  CHECK(literal->integer == 7);
}

TEST_CASE("what is no literal is refused with its place") {
  for (const char* wrong : {"", "None", "-1", "__import__('os')", "1 2", "{'a' 1}", "{'a': 1, 'a': 2}", "18446744073709551616", "[1 2]"}) {
    CAPTURE(wrong);
    CHECK(CodeOf(wrong) == ErrorCode::kCorrupt);
  }
  auto literal = Parse("[1, ?]");
  REQUIRE_FALSE(literal);
  CHECK(literal.error().where.offset == 14);
  CHECK(literal.error().where.source == "a.npy");
}

TEST_CASE("hostile nesting and counts are bounded") {
  CHECK(CodeOf(std::string(100'000, '(')) == ErrorCode::kLimit);
  Limits limits;
  limits.members = 10;
  std::string many = "[";
  for (int i = 0; i < 1000; ++i) many += "1,";
  CHECK(CodeOf(many + "]", limits) == ErrorCode::kLimit);
  std::string keys = "{";
  for (int i = 0; i < 100; ++i) keys += "'k" + std::to_string(i) + "': 1,";
  CHECK(CodeOf(keys + "}") == ErrorCode::kCorrupt);
}
