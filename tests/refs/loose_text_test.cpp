#include "refs/loose_text.h"

#include <doctest/doctest.h>

#include <memory>
#include <string_view>

namespace rutter {
namespace {

using namespace std::string_view_literals;

bool Shows(const DtypePtr& dtype, std::string_view stored) {
  REQUIRE(stored.size() % dtype->size_bytes == 0);
  return ShowsPadding(*dtype, std::as_bytes(std::span(stored)), stored.size() / dtype->size_bytes);
}

DtypePtr Text(StringPadding padding) { return MakeFixedString(4, CharSet::kAscii, padding); }

TEST_CASE("bytes behind the end of fixed strings") {
  auto terminated = Text(StringPadding::kNullTerminated), blanks = Text(StringPadding::kSpacePadded), padded = Text(StringPadding::kNullPadded);
  CHECK(HasLooseText(*terminated));
  CHECK(HasLooseText(*blanks));
  CHECK_FALSE(HasLooseText(*padded));
  CHECK_FALSE(Shows(terminated, "ab\0\0abcd\0\0\0\0"sv));
  CHECK(Shows(terminated, "ab\0\0ab\0x"sv));
  CHECK(Shows(terminated, "\0\0\0\1"sv));
  CHECK_FALSE(Shows(blanks, "abcd a b"sv));
  CHECK(Shows(blanks, "abcdab  "sv));
  CHECK_FALSE(Shows(blanks, "abc\0\0\0\0\0"sv));
  CHECK(Shows(blanks, "ab \0"sv));
  CHECK_FALSE(Shows(padded, "a\0b "sv));
  CHECK_FALSE(HasLooseText(*MakeFixedString(1, CharSet::kAscii, StringPadding::kNullTerminated)));
}

TEST_CASE("bytes behind the end of strings in structures, wherever their members lie") {
  auto array = std::make_shared<Dtype>();
  array->type_class = TypeClass::kArray;
  array->dims = {2};
  array->base = Text(StringPadding::kNullTerminated);
  array->size_bytes = 8;
  auto record = std::make_shared<Dtype>();  // big-endian number, a gap of two bytes, two strings
  record->type_class = TypeClass::kCompound;
  record->size_bytes = 12;
  auto number = std::make_shared<Dtype>(*MakeInteger(2, false));
  number->order = ByteOrder::kBig;
  record->members = {{"n", 0, number, 0}, {"s", 4, array, 0}};
  CHECK(HasLooseText(*record));
  CHECK_FALSE(Shows(record, "\1\2xyab\0\0cd\0\0"sv));
  CHECK(Shows(record, "\1\2xyab\0\0cd\0\0\1\2xyab\0\0cd\0z"sv));
}

}  // namespace
}  // namespace rutter
