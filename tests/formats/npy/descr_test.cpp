#include "formats/npy/descr.h"

#include <doctest/doctest.h>

#include <string>

using namespace rutter;
using npy::Descr;

namespace {

Result<Descr> Parse(const std::string& text) {
  auto literal = npy::ParseLiteral(text, 0, {"a.npy", "NPY header", "spec"}, Limits());
  REQUIRE(literal);
  return npy::ParseDescr(*literal, Limits());
}

DtypePtr TypeOf(const std::string& text) {
  auto descr = Parse("'" + text + "'");
  REQUIRE(descr);
  REQUIRE(descr->dtype != nullptr);
  return descr->dtype;
}

ErrorCode CodeOf(const std::string& text) {
  auto descr = Parse(text);
  REQUIRE_FALSE(descr);
  return descr.error().code;
}

}  // namespace

TEST_CASE("simple types keep NumPy's name") {
  for (const char* name : {"|b1", "|i1", "|u1", "<i2", ">i2", "<u4", ">u8", "<i8", "<f2", ">f2", "<f4", "<f8", "<c8", ">c16", "|S5", "<U3",
                           ">U3", "|V7"}) {
    CAPTURE(name);
    CHECK(NumpyDescr(*TypeOf(name)) == name);
  }
  CHECK(TypeOf("?")->type_class == TypeClass::kBool);
  CHECK(TypeOf("=i4")->order == ByteOrder::kLittle);
  CHECK(TypeOf("i4")->size_bytes == 4);
}

TEST_CASE("text of four-byte characters") {
  DtypePtr type = TypeOf("<U3");
  CHECK(type->type_class == TypeClass::kString);
  CHECK(type->charset == CharSet::kUtf32);
  CHECK(type->size_bytes == 12);
}

TEST_CASE("long doubles are x87 floats in 12 or 16 bytes") {
  DtypePtr type = TypeOf("<f16");
  CHECK(type->size_bytes == 16);
  CHECK(type->precision == 80);
  CHECK(type->float_layout.mantissa_bits == 64);
  CHECK(TypeOf("<f12")->size_bytes == 12);
  CHECK(TypeOf("<c32")->base->size_bytes == 16);
}

TEST_CASE("dates are integers with a unit") {
  auto descr = Parse("'<M8[ns]'");
  REQUIRE(descr);
  CHECK(descr->dtype->type_class == TypeClass::kInteger);
  CHECK(descr->dtype->is_signed);
  CHECK(descr->date_kind == 'M');
  CHECK(descr->date_unit == "ns");
  CHECK(descr->needs_numpy_dtype);
  descr = Parse("'>m8[25s]'");
  REQUIRE(descr);
  CHECK(descr->dtype->order == ByteOrder::kBig);
  CHECK(descr->date_step == 25);
  CHECK(Parse("'<m8'")->date_unit.empty());
  CHECK(CodeOf("'<M8[parsec]'") == ErrorCode::kUnsupported);
  CHECK(CodeOf("'<M8[ns'") == ErrorCode::kCorrupt);
  CHECK(CodeOf("'<M4[ns]'") == ErrorCode::kCorrupt);
}

TEST_CASE("structured types with padding, titles and shapes") {
  auto descr = Parse("[('a', '|u1'), ('', '|V3'), (('first name', 'b'), '<f4', (2, 3)), ('c', [('d', '>i2'), ('e', '|S2')])]");
  REQUIRE(descr);
  CHECK(descr->needs_numpy_dtype);
  const Dtype& type = *descr->dtype;
  CHECK(type.size_bytes == 1 + 3 + 24 + 4);
  REQUIRE(type.members.size() == 3);
  CHECK(type.members[1].name == "b");
  CHECK(type.members[1].offset == 4);
  CHECK(type.members[1].type->type_class == TypeClass::kArray);
  CHECK(type.members[1].type->dims == std::vector<std::uint64_t>{2, 3});
  CHECK(type.members[2].offset == 28);
  CHECK(type.members[2].type->members[1].offset == 2);
}

TEST_CASE("unnamed fields are numbered") {
  auto descr = Parse("[('', '<i4'), ('', '<i2')]");
  REQUIRE(descr);
  CHECK(descr->dtype->members[1].name == "f1");
}

TEST_CASE("objects are found at any depth") {
  for (const char* text : {"'|O'", "'|O8'", "[('a', '<i4'), ('b', [('c', '|O', (2,))])]"}) {
    CAPTURE(text);
    auto descr = Parse(text);
    REQUIRE(descr);
    CHECK(descr->has_objects);
  }
}

TEST_CASE("what is no type is refused") {
  for (const char* text : {"''", "'<'", "7", "[('a',)]", "[('a', '<i4', (1,), 2)]", "[(1, '<i4')]", "[('a', '<i4'), ('a', '<i4')]",
                           "[('a', '<i4', ('x',))]", "[('a', '|V18446744073709551615'), ('b', '<i4')]", "'<U18446744073709551615'",
                           "[('a', '|V4611686018427387904', (4,))]"}) {
    CAPTURE(text);
    CHECK(CodeOf(text) == ErrorCode::kCorrupt);
  }
  for (const char* text : {"'<i3'", "'<f5'", "'|X4'", "'int32'", "'<i'", "'<i4x'", "'|b2'"}) {
    CAPTURE(text);
    CHECK(CodeOf(text) == ErrorCode::kUnsupported);
  }
}
