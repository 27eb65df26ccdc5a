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

TEST_CASE("every byte of a text is escaped or kept, at every place") {
  auto slowly = [](const std::string& text) {
    std::string out = "\"";
    for (char c : text) {
      auto byte = static_cast<unsigned char>(c);
      const char* hex = "0123456789abcdef";
      if (c == '"' || c == '\\') {
        out += std::string("\\") + c;
      } else if (c == '\n' || c == '\r' || c == '\t') {
        out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
      } else if (byte < 0x20 || byte == 0x7F) {
        out += std::string("\\u00") + hex[byte >> 4] + hex[byte & 15];
      } else {
        out += c;
      }
    }
    return out + '"';
  };
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t length : {1, 7, 15, 16, 17, 33}) {
      for (std::size_t at : {std::size_t{0}, length / 2, length - 1}) {
        std::string text(length, 'x');
        text[at] = static_cast<char>(byte);
        std::string out = "before";
        AppendJsonString(text, out);
        CHECK(out == "before" + slowly(text));
      }
    }
  }
  for (std::size_t length : {511, 512, 513, 1024, 5000}) {
    std::string out, text(length, '"');
    for (std::size_t i = 0; i < length; i += 3) text[i] = 'y';
    AppendJsonString(text, out);
    CHECK(out == slowly(text));
    out.clear();
    AppendJsonString(std::string(length, '\x01'), out);
    CHECK(out == slowly(std::string(length, '\x01')));
  }
}

TEST_CASE("lists nest by shape") {
  ValueList flat;
  for (std::int64_t i = 0; i < 6; ++i) flat.emplace_back(i);
  CHECK(Json(NestValues(std::move(flat), {2, 3})) == "[[0,1,2],[3,4,5]]");
  CHECK(Json(NestValues({}, {2, 0})) == "[[],[]]");
}
