#include "formats/hdf5/messages/datatype.h"

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/checked.h"

namespace rutter::hdf5 {
namespace {

enum : unsigned {
  kFixedPoint = 0,
  kFloatingPoint = 1,
  kTimeClass = 2,
  kStringClass = 3,
  kBitfieldClass = 4,
  kOpaqueClass = 5,
  kCompoundClass = 6,
  kReferenceClass = 7,
  kEnumerationClass = 8,
  kVariableLengthClass = 9,
  kArrayClass = 10,
  kComplexClass = 11,
};

constexpr unsigned kMaxArrayRank = 32;
/// Offset and precision of a number are 16-bit counts of bits: bytes past both can mean nothing.
constexpr std::uint64_t kMaxNumberBytes = 2 * 65'536 / 8;

class DatatypeDecoder {
 public:
  DatatypeDecoder(ByteReader& reader, const Sizes& sizes, const Limits& limits) : reader_(reader), sizes_(sizes), limits_(limits) {}

  /// Null after a failure, which the reader holds. Recursion follows the nesting of the type, bounded by Limits::depth.
  DtypePtr Decode(std::uint32_t depth) {
    if (depth > limits_.depth) {
      reader_.Fail(ErrorCode::kLimit, "datatypes nested deeper than " + std::to_string(limits_.depth) + " (Limits::depth)");
      return nullptr;
    }
    std::uint8_t class_and_version = reader_.U8();
    bits_ = reader_.U8();
    bits_ |= static_cast<std::uint32_t>(reader_.U16()) << 8;
    version_ = class_and_version >> 4;
    auto dtype = std::make_shared<Dtype>();
    dtype->size_bytes = reader_.U32();
    if (!reader_.ok()) return nullptr;
    if (version_ == 0 || version_ > 5) {
      reader_.Fail(ErrorCode::kUnsupported, "datatype version " + std::to_string(version_));
      return nullptr;
    }
    if (dtype->size_bytes == 0) reader_.Fail(ErrorCode::kCorrupt, "a datatype of 0 bytes");
    switch (class_and_version & 15) {
      case kFixedPoint:
        dtype->type_class = TypeClass::kInteger;
        dtype->is_signed = (bits_ & 8) != 0;
        SignificantBits(*dtype);
        break;
      case kBitfieldClass:
        dtype->type_class = TypeClass::kBitfield;
        SignificantBits(*dtype);
        break;
      case kFloatingPoint: FloatingPoint(*dtype); break;
      case kTimeClass:
        dtype->type_class = TypeClass::kTime;
        dtype->order = (bits_ & 1) != 0 ? ByteOrder::kBig : ByteOrder::kLittle;
        dtype->precision = reader_.U16();
        CheckNumberBytes(*dtype);
        break;
      case kStringClass:
        dtype->type_class = TypeClass::kString;
        Text(*dtype, bits_ & 15, bits_ >> 4 & 15);
        break;
      case kOpaqueClass: {
        dtype->type_class = TypeClass::kOpaque;
        std::string_view tag = reader_.TakeText(bits_ & 0xFF);
        dtype->tag = std::string(tag.substr(0, tag.find('\0')));
        break;
      }
      case kCompoundClass: Compound(*dtype, depth); break;
      case kReferenceClass: Reference(*dtype); break;
      case kEnumerationClass: Enumeration(*dtype, depth); break;
      case kVariableLengthClass: VariableLength(*dtype, depth); break;
      case kArrayClass: ArrayType(*dtype, depth); break;
      case kComplexClass:
        dtype->type_class = TypeClass::kComplex;
        dtype->base = Decode(depth + 1);
        if (dtype->base == nullptr) return nullptr;
        dtype->order = dtype->base->order;
        if (dtype->base->type_class != TypeClass::kFloat || dtype->size_bytes != 2 * dtype->base->size_bytes) {
          reader_.Fail(ErrorCode::kCorrupt, "a complex number that is not two floats");
        }
        break;
      default: reader_.Fail(ErrorCode::kUnsupported, "datatype class " + std::to_string(class_and_version & 15)); break;
    }
    if (!reader_.ok()) return nullptr;
    return dtype;
  }

 private:
  void CheckNumberBytes(const Dtype& dtype) {
    if (dtype.size_bytes > kMaxNumberBytes) reader_.Fail(ErrorCode::kUnsupported, "a number or reference of " + std::to_string(dtype.size_bytes) + " bytes");
  }

  /// Byte order, bit offset and precision: the same for integers, bit fields and floats.
  void SignificantBits(Dtype& dtype) {
    dtype.order = (bits_ & 1) != 0 ? ByteOrder::kBig : ByteOrder::kLittle;
    std::uint32_t offset = reader_.U16();
    std::uint32_t precision = reader_.U16();
    CheckNumberBytes(dtype);
    if (!reader_.ok()) return;
    if (precision == 0 || offset + precision > dtype.size_bytes * 8) {
      reader_.Fail(ErrorCode::kCorrupt, std::to_string(precision) + " significant bits from bit " + std::to_string(offset) + " in " +
                                            std::to_string(dtype.size_bytes) + " bytes");
    }
    dtype.bit_offset = offset;
    dtype.precision = precision == dtype.size_bytes * 8 ? 0 : precision;
  }

  void FloatingPoint(Dtype& dtype) {
    dtype.type_class = TypeClass::kFloat;
    dtype.is_signed = true;
    std::uint32_t bits = bits_;
    SignificantBits(dtype);
    // Bit 6 with bit 0 is VAX order since version 3; before, the bit was reserved.
    if (version_ >= 3 && (bits & 0x40) != 0) {
      if ((bits & 1) == 0) reader_.Fail(ErrorCode::kCorrupt, "a reserved byte order");
      dtype.order = ByteOrder::kVax;
    }
    FloatLayout& layout = dtype.float_layout;
    switch (bits >> 4 & 3) {
      case 0: layout.normalization = FloatLayout::Normalization::kNone; break;
      case 1: layout.normalization = FloatLayout::Normalization::kMsbSet; break;
      case 2: layout.normalization = FloatLayout::Normalization::kImplied; break;
      default: reader_.Fail(ErrorCode::kCorrupt, "a reserved mantissa normalization");
    }
    layout.sign_bit = bits >> 8 & 0xFF;
    layout.exponent_bit = reader_.U8();
    layout.exponent_bits = reader_.U8();
    layout.mantissa_bit = reader_.U8();
    layout.mantissa_bits = reader_.U8();
    layout.exponent_bias = reader_.U32();
    if (!reader_.ok()) return;
    std::uint64_t element_bits = dtype.size_bytes * 8;
    if (layout.exponent_bits == 0 || layout.mantissa_bits == 0 || layout.sign_bit >= element_bits ||
        layout.exponent_bit + layout.exponent_bits > element_bits || layout.mantissa_bit + layout.mantissa_bits > element_bits) {
      reader_.Fail(ErrorCode::kCorrupt, "a float whose fields lie outside its element");
    }
  }

  void Text(Dtype& dtype, std::uint32_t padding, std::uint32_t charset) {
    if (!reader_.ok()) return;
    switch (padding) {
      case 0: dtype.padding = StringPadding::kNullTerminated; break;
      case 1: dtype.padding = StringPadding::kNullPadded; break;
      case 2: dtype.padding = StringPadding::kSpacePadded; break;
      default: reader_.Fail(ErrorCode::kUnsupported, "string padding " + std::to_string(padding)); return;
    }
    if (charset > 1) reader_.Fail(ErrorCode::kUnsupported, "character set " + std::to_string(charset));
    dtype.charset = charset == 1 ? CharSet::kUtf8 : CharSet::kAscii;
  }

  /// A name as members have it: NUL-terminated, and padded to a multiple of 8 bytes before version 3.
  std::string_view MemberName(unsigned version) {
    std::string_view name = reader_.Text0();
    if (version < 3 && reader_.ok()) reader_.Skip((name.size() + 8) / 8 * 8 - (name.size() + 1));
    return name;
  }

  bool CountMembers(std::uint64_t count, std::uint64_t min_bytes) {
    if (count > limits_.members) {
      reader_.Fail(ErrorCode::kLimit, std::to_string(count) + " members (Limits::members)");
      return false;
    }
    return reader_.Fits(count, min_bytes);
  }

  void Compound(Dtype& dtype, std::uint32_t depth) {
    dtype.type_class = TypeClass::kCompound;
    unsigned version = version_;
    std::uint32_t count = bits_ & 0xFFFF;
    if (count == 0) reader_.Fail(ErrorCode::kCorrupt, "a compound without members");
    if (!CountMembers(count, 10)) return;
    unsigned offset_bytes = 4;
    if (version >= 3) {
      offset_bytes = 1;
      for (std::uint64_t rest = dtype.size_bytes >> 8; rest != 0; rest >>= 8) ++offset_bytes;
    }
    dtype.members.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      DtypeMember member;
      member.name = std::string(MemberName(version));
      member.offset = reader_.Uint(offset_bytes);
      std::vector<std::uint64_t> dims;
      if (version == 1) {
        // Version 1 has array members of its own, of at most four axes.
        unsigned rank = reader_.U8();
        reader_.Skip(3 + 4 + 4);
        if (rank > 4) reader_.Fail(ErrorCode::kCorrupt, "an array member of rank " + std::to_string(rank));
        for (unsigned k = 0; k < 4; ++k) {
          std::uint64_t dim = reader_.U32();
          if (k < rank) dims.push_back(dim);
        }
      }
      member.type = Decode(depth + 1);
      if (member.type == nullptr) return;
      if (!dims.empty()) member.type = WrapInArray(std::move(member.type), std::move(dims));
      if (member.type == nullptr) return;
      if (!RangeInside(member.offset, member.type->size_bytes, dtype.size_bytes)) {
        reader_.Fail(ErrorCode::kCorrupt, "member \"" + member.name + "\" lies outside its compound");
        return;
      }
      dtype.members.push_back(std::move(member));
    }
    RecogniseComplex(dtype);
  }

  DtypePtr WrapInArray(DtypePtr base, std::vector<std::uint64_t> dims) {
    auto count = CheckedProduct(dims);
    auto bytes = count ? CheckedMul(*count, base->size_bytes) : std::nullopt;
    if (!bytes || *bytes == 0) {
      reader_.Fail(ErrorCode::kCorrupt, "an array type without elements or of too many");
      return nullptr;
    }
    auto array = std::make_shared<Dtype>();
    array->type_class = TypeClass::kArray;
    array->size_bytes = *bytes;
    array->dims = std::move(dims);
    array->base = std::move(base);
    return array;
  }

  static void RecogniseComplex(Dtype& dtype) {
    if (dtype.members.size() != 2) return;
    const DtypeMember &first = dtype.members[0], &second = dtype.members[1];
    bool named = (first.name == "r" && second.name == "i") || (first.name == "real" && second.name == "imag");
    if (!named || first.type->type_class != TypeClass::kFloat || !SameDtype(*first.type, *second.type)) return;
    if (first.offset != 0 || second.offset != first.type->size_bytes || dtype.size_bytes != 2 * first.type->size_bytes) return;
    dtype.type_class = TypeClass::kComplex;
    dtype.complex_names[0] = first.name;
    dtype.complex_names[1] = second.name;
    dtype.base = first.type;
    dtype.order = first.type->order;
    dtype.members.clear();
  }

  void Reference(Dtype& dtype) {
    switch (bits_ & 15) {
      case 0: dtype.type_class = TypeClass::kObjectReference; break;
      case 1: dtype.type_class = TypeClass::kRegionReference; break;
      case 2: dtype.type_class = TypeClass::kObjectReference; break;
      case 3: dtype.type_class = TypeClass::kRegionReference; break;
      case 4: dtype.type_class = TypeClass::kAttributeReference; break;
      default: reader_.Fail(ErrorCode::kUnsupported, "reference type " + std::to_string(bits_ & 15)); return;
    }
    CheckNumberBytes(dtype);
    dtype.revised_reference = (bits_ & 15) >= 2;
    if (dtype.revised_reference && (bits_ >> 4 & 15) != 1) {
      reader_.Fail(ErrorCode::kUnsupported, "reference encoding version " + std::to_string(bits_ >> 4 & 15));
    }
  }

  void Enumeration(Dtype& dtype, std::uint32_t depth) {
    dtype.type_class = TypeClass::kEnum;
    unsigned version = version_;
    std::uint32_t count = bits_ & 0xFFFF;
    dtype.base = Decode(depth + 1);
    if (dtype.base == nullptr) return;
    const Dtype& base = *dtype.base;
    if (base.type_class != TypeClass::kInteger || base.size_bytes > 8) {
      reader_.Fail(ErrorCode::kUnsupported, "an enumeration that is not over an integer of at most 8 bytes");
      return;
    }
    if (base.size_bytes != dtype.size_bytes) reader_.Fail(ErrorCode::kCorrupt, "an enumeration of another size than its base");
    dtype.order = base.order;
    dtype.is_signed = base.is_signed;
    if (!CountMembers(count, 1 + base.size_bytes)) return;
    dtype.members.resize(count);
    for (DtypeMember& member : dtype.members) member.name = std::string(MemberName(version));
    for (DtypeMember& member : dtype.members) member.value = EnumerationValue(base);
  }

  std::int64_t EnumerationValue(const Dtype& base) {
    auto bytes = reader_.Take(base.size_bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      std::size_t at = base.order == ByteOrder::kBig ? bytes.size() - 1 - i : i;
      value |= std::to_integer<std::uint64_t>(bytes[at]) << (8 * i);
    }
    std::uint32_t precision = base.precision != 0 ? base.precision : static_cast<std::uint32_t>(base.size_bytes * 8);
    value >>= base.bit_offset;
    if (precision < 64) {
      value &= (1ull << precision) - 1;
      if (base.is_signed && (value >> (precision - 1) & 1) != 0) value |= ~0ull << precision;
    }
    return static_cast<std::int64_t>(value);
  }

  void VariableLength(Dtype& dtype, std::uint32_t depth) {
    std::uint32_t bits = bits_;
    DtypePtr base = Decode(depth + 1);
    if (base == nullptr) return;
    switch (bits & 15) {
      case 0:
        dtype.type_class = TypeClass::kVlenSequence;
        dtype.base = std::move(base);
        break;
      case 1:
        dtype.type_class = TypeClass::kVlenString;
        Text(dtype, bits >> 4 & 15, bits >> 8 & 15);
        break;
      default: reader_.Fail(ErrorCode::kUnsupported, "variable-length type " + std::to_string(bits & 15)); return;
    }
    // A slot is a length, the address of a global heap collection and an index in it.
    std::uint64_t slot_bytes = 4u + sizes_.offsets + 4u;
    if (dtype.size_bytes != slot_bytes) {
      reader_.Fail(ErrorCode::kCorrupt, "a variable-length slot of " + std::to_string(dtype.size_bytes) + " bytes");
    }
  }

  void ArrayType(Dtype& dtype, std::uint32_t depth) {
    dtype.type_class = TypeClass::kArray;
    unsigned version = version_;
    unsigned rank = reader_.U8();
    if (rank > kMaxArrayRank) reader_.Fail(ErrorCode::kCorrupt, "an array type of rank " + std::to_string(rank));
    if (version < 3) reader_.Skip(3);
    if (!reader_.Fits(rank, 4)) return;
    std::vector<std::uint64_t> dims(rank);
    for (std::uint64_t& dim : dims) dim = reader_.U32();
    if (version < 3) reader_.Skip(4ull * rank);  // permutation, never implemented
    DtypePtr base = Decode(depth + 1);
    if (base == nullptr) return;
    auto count = CheckedProduct(dims);
    if (!count || CheckedMul(*count, base->size_bytes) != dtype.size_bytes) {
      reader_.Fail(ErrorCode::kCorrupt, "an array type of " + std::to_string(dtype.size_bytes) + " bytes, which is not that of its elements");
    }
    dtype.dims = std::move(dims);
    dtype.base = std::move(base);
  }

  ByteReader& reader_;
  const Sizes& sizes_;
  const Limits& limits_;
  std::uint32_t bits_ = 0;  ///< Class bit field of the type being decoded; nested types overwrite it.
  unsigned version_ = 0;    ///< The same.
};

}  // namespace

Result<DtypePtr> DecodeDatatype(ByteReader& reader, const Sizes& sizes, const Limits& limits) {
  DtypePtr dtype = DatatypeDecoder(reader, sizes, limits).Decode(0);
  return reader.Finish(std::move(dtype));
}

bool HasReference(const Dtype& dtype) {
  switch (dtype.type_class) {
    case TypeClass::kObjectReference:
    case TypeClass::kRegionReference:
    case TypeClass::kAttributeReference: return true;
    case TypeClass::kCompound:
      for (const DtypeMember& member : dtype.members) {
        if (HasReference(*member.type)) return true;
      }
      return false;
    default: return dtype.base != nullptr && HasReference(*dtype.base);
  }
}

}  // namespace rutter::hdf5
