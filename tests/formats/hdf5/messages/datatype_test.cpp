#include "formats/hdf5/messages/datatype.h"

#include "formats/hdf5/literal.h"

namespace rutter::hdf5 {
namespace {

const Sizes kSizes{8, 8};

Result<DtypePtr> Decode(const std::vector<std::byte>& bytes, const Limits& limits = {}) {
  ByteReader reader = ReaderOf(bytes);
  return DecodeDatatype(reader, kSizes, limits);
}

DtypePtr Whole(std::string_view hex) {
  auto bytes = Hex(hex);
  auto decode = [](ByteReader reader) { return DecodeDatatype(reader, kSizes, {}); };
  auto dtype = decode(ReaderOf(bytes));
  REQUIRE(dtype);
  CheckEveryTruncation(bytes, decode);
  return *dtype;
}

const std::string kInt16 = "10 08 00 00 02000000 0000 1000 ";
const std::string kFloat32 = "11 20 1f 00 04000000 0000 2000 17 08 00 17 7f000000 ";

TEST_CASE("datatype: integers and bit fields") {
  DtypePtr dtype = Whole(kInt16);
  CHECK(dtype->type_class == TypeClass::kInteger);
  CHECK(dtype->is_signed);
  CHECK(dtype->IsMachine());
  DtypePtr odd = Whole("10 01 00 00 04000000 0300 1100");
  CHECK(odd->order == ByteOrder::kBig);
  CHECK_FALSE(odd->is_signed);
  CHECK(odd->bit_offset == 3);
  CHECK(odd->precision == 17);
  CHECK(Whole("14 00 00 00 01000000 0000 0800")->type_class == TypeClass::kBitfield);
  CHECK(Decode(Hex("10 00 00 00 02000000 0100 1000")).error().code == ErrorCode::kCorrupt);  // bits 1 to 17 of 16
  CHECK(Decode(Hex("10 00 00 00 02000000 0000 0000")).error().code == ErrorCode::kCorrupt);  // no bits
  CHECK(Decode(Hex("10 00 00 00 00000000 0000 0800")).error().code == ErrorCode::kCorrupt);  // no bytes
  CHECK(Decode(Hex("10 00 00 00 00400000 0000 0800")));                                      // 16 KiB, the longest
  CHECK(Decode(Hex("10 00 00 00 01400000 0000 0800")).error().code == ErrorCode::kUnsupported);
}

TEST_CASE("datatype: floats") {
  DtypePtr dtype = Whole(kFloat32);
  CHECK(dtype->type_class == TypeClass::kFloat);
  CHECK(dtype->float_layout == IeeeLayout(4));
  CHECK(dtype->IsMachine());
  CHECK(Whole("31 61 3f 00 08000000 0000 4000 34 0b 00 34 ff030000")->order == ByteOrder::kVax);
  CHECK(Decode(Hex("31 60 1f 00 04000000 0000 2000 17 08 00 17 7f000000")).error().code == ErrorCode::kCorrupt);
  CHECK(Decode(Hex("11 30 1f 00 04000000 0000 2000 17 08 00 17 7f000000")).error().code == ErrorCode::kCorrupt);
  CHECK(Decode(Hex("11 20 20 00 04000000 0000 2000 17 08 00 17 7f000000")).error().code == ErrorCode::kCorrupt);  // sign at bit 32
  CHECK(Decode(Hex("11 20 1f 00 04000000 0000 2000 17 00 00 17 7f000000")).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("datatype: text, opaque, time, references") {
  DtypePtr text = Whole("13 12 00 00 05000000");
  CHECK(text->type_class == TypeClass::kString);
  CHECK(text->padding == StringPadding::kSpacePadded);
  CHECK(text->charset == CharSet::kUtf8);
  DtypePtr opaque = Whole("15 08 00 00 03000000 \"a tag\" 000000");
  CHECK(opaque->tag == "a tag");
  CHECK(Whole("12 01 00 00 04000000 2000")->type_class == TypeClass::kTime);
  CHECK(Decode(Hex("12 01 00 00 01400000 2000")).error().code == ErrorCode::kUnsupported);  // a time of 16,385 bytes
  CHECK(Whole("17 00 00 00 08000000")->type_class == TypeClass::kObjectReference);
  CHECK(Whole("17 01 00 00 0c000000")->type_class == TypeClass::kRegionReference);
  DtypePtr revised = Whole("47 14 00 00 12000000");
  CHECK(revised->type_class == TypeClass::kAttributeReference);
  CHECK(revised->revised_reference);
  CHECK(HasReference(*revised));
  CHECK(Decode(Hex("47 22 00 00 12000000")).error().code == ErrorCode::kUnsupported);
  CHECK(Decode(Hex("13 03 00 00 05000000")).error().code == ErrorCode::kUnsupported);
  CHECK(Decode(Hex("1c 00 00 00 05000000")).error().code == ErrorCode::kUnsupported);
  CHECK(Decode(Hex("60 00 00 00 05000000")).error().code == ErrorCode::kUnsupported);
}

TEST_CASE("datatype: compounds of every version") {
  DtypePtr first = Whole("16 01 00 00 06000000 \"xy\" 000000000000 00000000 01 000000 00000000 00000000 03000000 00000000 00000000 00000000 " + kInt16);
  REQUIRE(first->members.size() == 1);
  CHECK(first->members[0].name == "xy");
  CHECK(first->members[0].type->type_class == TypeClass::kArray);
  CHECK(first->members[0].type->dims == std::vector<std::uint64_t>{3});
  DtypePtr second = Whole("26 02 00 00 06000000 \"first\" 000000 00000000 " + kInt16 + "\"b\" 00000000000000 02000000 " + kFloat32);
  REQUIRE(second->members.size() == 2);
  CHECK(second->members[1].offset == 2);
  DtypePtr third = Whole("36 02 00 00 06000000 \"first\" 00 00 " + kInt16 + "\"b\" 00 02 " + kFloat32);
  REQUIRE(third->members.size() == 2);
  CHECK(third->members[0].name == "first");
  CHECK(third->members[1].offset == 2);
  // 256 bytes take two-byte offsets.
  CHECK(Whole("36 01 00 00 00010000 \"f\" 00 fe00 " + kInt16)->members[0].offset == 254);
  CHECK(Decode(Hex("36 01 00 00 02000000 \"f\" 00 01 " + kInt16)).error().code == ErrorCode::kCorrupt);   // past the end
  CHECK(Decode(Hex("36 00 00 00 02000000")).error().code == ErrorCode::kCorrupt);                          // no member
  CHECK(Decode(Hex("36 ff ff 00 02000000 \"f\" 00 00 " + kInt16)).error().code == ErrorCode::kCorrupt);   // 65,535 in 14 bytes
  Limits limits;
  limits.members = 1;
  CHECK(Decode(Hex("36 02 00 00 06000000 \"first\" 00 00 " + kInt16 + "\"b\" 00 02 " + kFloat32), limits).error().code == ErrorCode::kLimit);
}

TEST_CASE("datatype: complex numbers, as a compound and of HDF5 2.0") {
  DtypePtr h5py = Whole("36 02 00 00 08000000 \"r\" 00 00 " + kFloat32 + "\"i\" 00 04 " + kFloat32);
  CHECK(h5py->type_class == TypeClass::kComplex);
  CHECK(h5py->complex_names[0] == "r");
  CHECK(h5py->size_bytes == 8);
  CHECK(Whole("36 02 00 00 08000000 \"real\" 00 00 " + kFloat32 + "\"imag\" 00 04 " + kFloat32)->complex_names[1] == "imag");
  CHECK(Whole("36 02 00 00 08000000 \"i\" 00 00 " + kFloat32 + "\"r\" 00 04 " + kFloat32)->type_class == TypeClass::kCompound);
  CHECK(Whole("36 02 00 00 09000000 \"r\" 00 00 " + kFloat32 + "\"i\" 00 05 " + kFloat32)->type_class == TypeClass::kCompound);
  DtypePtr native = Whole("5b 01 00 00 08000000 " + kFloat32);
  CHECK(native->type_class == TypeClass::kComplex);
  CHECK(native->complex_names[0].empty());
  CHECK(Decode(Hex("5b 01 00 00 07000000 " + kFloat32)).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("datatype: enumerations, old and new") {
  DtypePtr old = Whole("18 02 00 00 02000000 " + kInt16 + "\"RED\" 0000000000 \"LONGNAME\" 0000000000000000 0100 f9ff");
  REQUIRE(old->members.size() == 2);
  CHECK(old->members[1].name == "LONGNAME");
  CHECK(old->members[1].value == -7);
  DtypePtr fresh = Whole("38 01 00 00 02000000 10 01 00 00 02000000 0000 1000 \"RED\" 00 0102");
  CHECK(fresh->members[0].value == 0x0102);
  CHECK(Decode(Hex("38 00 01 00 02000000 " + kInt16 + "00")).error().code == ErrorCode::kCorrupt);
  CHECK(Decode(Hex("38 01 00 00 04000000 " + kInt16 + "\"RED\" 00 0102")).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("datatype: variable length and arrays") {
  DtypePtr text = Whole("19 01 01 00 10000000 13 00 00 00 01000000");
  CHECK(text->type_class == TypeClass::kVlenString);
  CHECK(text->charset == CharSet::kUtf8);
  DtypePtr ragged = Whole("19 00 00 00 10000000 " + kInt16);
  CHECK(ragged->type_class == TypeClass::kVlenSequence);
  CHECK(ragged->base->size_bytes == 2);
  CHECK(Decode(Hex("19 00 00 00 11000000 " + kInt16)).error().code == ErrorCode::kCorrupt);
  DtypePtr second = Whole("2a 00 00 00 0c000000 02 000000 02000000 03000000 00000000 01000000 " + kInt16);
  CHECK(second->dims == std::vector<std::uint64_t>{2, 3});
  DtypePtr third = Whole("3a 00 00 00 0c000000 02 02000000 03000000 " + kInt16);
  CHECK(third->dims == std::vector<std::uint64_t>{2, 3});
  CHECK(Decode(Hex("3a 00 00 00 0d000000 02 02000000 03000000 " + kInt16)).error().code == ErrorCode::kCorrupt);
  CHECK(Decode(Hex("3a 00 00 00 0c000000 21 02000000 03000000 " + kInt16)).error().code == ErrorCode::kCorrupt);
  CHECK(Decode(Hex("3a 00 00 00 00000080 03 00000080 00000080 00000080 " + kInt16)).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("datatype: depth is bounded") {
  std::string nested;
  for (int i = 0; i < 100; ++i) nested += "3a 00 00 00 02000000 01 01000000 ";
  CHECK(Decode(Hex(nested + kInt16)).error().code == ErrorCode::kLimit);
}

}  // namespace
}  // namespace rutter::hdf5
