#include "model/value_json.h"

#include <doctest/doctest.h>

#include <limits>

#include "model/element.h"

using namespace rutter;

namespace {

std::string Json(Value value) {
  std::string out;
  AppendJson(value, out);
  return out;
}

}  // namespace

TEST_CASE("numbers keep their kind") {
  CHECK(Json(Value(std::int64_t{-1})) == "-1");
  CHECK(Json(Value(~std::uint64_t{0})) == "18446744073709551615");
  CHECK(Json(Value(1.0)) == "1.0");
  CHECK(Json(Value(0.1)) == "0.1");
  CHECK(Json(Value(1e300)) == "1e+300");
  CHECK(Json(Value(std::numeric_limits<double>::quiet_NaN())) == "\"NaN\"");
  CHECK(Json(Value(-std::numeric_limits<double>::infinity())) == "\"-Infinity\"");
}

TEST_CASE("text is escaped, other bytes are base64") {
  CHECK(Json(Value(std::string("a\"b\n\x01"))) == "\"a\\\"b\\n\\u0001\"");
  CHECK(Json(Value(std::string("\xff\xfe"))) == "{\"base64\":\"//4=\"}");
  CHECK(Json(Value(Bytes{"abc"})) == "\"YWJj\"");
  CHECK(IsUtf8("gr\xc3\xbc\xc3\x9f"));
  CHECK(!IsUtf8("\xc0\xaf"));
  CHECK(!IsUtf8("\xed\xa0\x80"));
}

TEST_CASE("lists nest by shape") {
  ValueList flat;
  for (std::int64_t i = 0; i < 6; ++i) flat.emplace_back(i);
  CHECK(Json(NestValues(std::move(flat), {2, 3})) == "[[0,1,2],[3,4,5]]");
  CHECK(Json(NestValues({}, {2, 0})) == "[[],[]]");
}
