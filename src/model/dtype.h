#pragma once
// Element types, wide enough for HDF5's whole datatype message, NumPy's and Zarr's.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rutter {

enum class TypeClass : std::uint8_t {
  kInteger,
  kFloat,
  kComplex,          ///< Two floats; `base` is the part. HDF5 2.0 native, NumPy, or a compound of two like floats (see Dtype::complex_names).
  kBool,             ///< One byte, 0 or 1 (NumPy).
  kEnum,             ///< `base` is the integer; `members` the names.
  kBitfield,
  kOpaque,           ///< `tag` says what.
  kString,           ///< Fixed size.
  kVlenString,
  kVlenSequence,     ///< `base` is the element.
  kArray,            ///< `dims` x `base`.
  kCompound,         ///< `members` with offsets.
  kObjectReference,
  kRegionReference,
  kAttributeReference,
  kTime,             ///< Named and refused.
};

enum class ByteOrder : std::uint8_t { kLittle, kBig, kVax };
enum class CharSet : std::uint8_t { kAscii, kUtf8, kUtf32 };
enum class StringPadding : std::uint8_t { kNullTerminated, kNullPadded, kSpacePadded };

struct Dtype;
using DtypePtr = std::shared_ptr<const Dtype>;

/// A member of a compound (name, offset, type) or of an enumeration (name, value).
struct DtypeMember {
  std::string name;
  std::uint64_t offset = 0;  ///< Compound: byte offset in the element.
  DtypePtr type;             ///< Compound only.
  std::int64_t value = 0;    ///< Enumeration only; unsigned 64-bit values by two's complement.
};

/// Bit layout of a float. Positions count from bit 0 = least significant of the element after ordering its bytes.
struct FloatLayout {
  std::uint32_t sign_bit = 0, exponent_bit = 0, exponent_bits = 0, mantissa_bit = 0, mantissa_bits = 0;
  std::uint64_t exponent_bias = 0;
  enum class Normalization : std::uint8_t { kNone, kMsbSet, kImplied } normalization = Normalization::kImplied;
  bool operator==(const FloatLayout&) const = default;
};

/// One element type. Immutable once shared.
struct Dtype {
  TypeClass type_class = TypeClass::kInteger;
  std::uint64_t size_bytes = 0;  ///< Stored size of one element; for variable-length types that of the slot in the chunk.
  ByteOrder order = ByteOrder::kLittle;
  bool is_signed = false;        ///< Integers.
  std::uint32_t bit_offset = 0;  ///< Integers, bitfields, floats: first significant bit.
  std::uint32_t precision = 0;   ///< The same: significant bits; 0 = all of size_bytes * 8.
  FloatLayout float_layout;      ///< Floats.
  StringPadding padding = StringPadding::kNullPadded;
  CharSet charset = CharSet::kAscii;
  std::string tag;                    ///< Opaque.
  std::vector<DtypeMember> members;   ///< Compound, enumeration.
  std::vector<std::uint64_t> dims;    ///< Array.
  DtypePtr base;                      ///< Enumeration, array, complex, variable-length sequence.
  bool revised_reference = false;     ///< HDF5 1.12 "H5R_ref_t" encoding of a reference.
  std::string complex_names[2];       ///< kComplex from a compound: the member names ("r", "i"; "real", "imag").

  bool IsNumeric() const { return type_class == TypeClass::kInteger || type_class == TypeClass::kFloat; }
  /// True where an element is self-contained: no variable-length part, no reference, at any depth.
  bool IsFixed() const;
  /// True for an HDF5 enumeration of FALSE = 0, TRUE = 1 over one byte, which h5py and PyTables write for booleans.
  bool IsBoolEnum() const;
  /// True for an integer or float whose stored form is a machine type (either byte order) with no unused bits.
  bool IsMachine() const;
};

/// The standard IEEE layouts for 2, 4 and 8 bytes.
FloatLayout IeeeLayout(std::uint64_t size_bytes);
DtypePtr MakeInteger(std::uint64_t size_bytes, bool is_signed, ByteOrder order = ByteOrder::kLittle);
DtypePtr MakeFloat(std::uint64_t size_bytes, ByteOrder order = ByteOrder::kLittle);
DtypePtr MakeBool();
DtypePtr MakeComplex(std::uint64_t size_bytes, ByteOrder order = ByteOrder::kLittle);  ///< size of both parts together
DtypePtr MakeFixedString(std::uint64_t size_bytes, CharSet charset, StringPadding padding = StringPadding::kNullPadded);
DtypePtr MakeVlenString(CharSet charset);

/// The type that a read yields: host byte order, whole machine widths (a 17-bit integer widens to 4 bytes, a 12-bit float
/// to the smallest IEEE type that holds it, x87 80-bit and IEEE quad narrow to 8 bytes), compound members packed in order,
/// fixed strings NUL-padded. Enumerations stay enumerations of a native base. Types that are native already return themselves.
/// kTime and VAX floats of unknown layout return themselves; reading them is kUnsupported.
DtypePtr NativeType(const DtypePtr& dtype);

/// NumPy's array-protocol string for simple types ("<i2", "|S5", "<U3", "|b1", "|V16"); enumerations give their base's.
/// Compounds and arrays give NumPy's descr as JSON text ([["x","<f4"],["y","<i2",[3]]]). Empty where NumPy has none
/// (variable-length, references).
std::string NumpyDescr(const Dtype& dtype);

/// A short name for people: "int16", "float32 big-endian", "string", "compound{x: float32, y: int16}", "enum uint8".
std::string DtypeTitle(const Dtype& dtype);

/// The JSON form that `ls --json` and `read --json` print (see docs/json.md): a string for simple types, else an object.
std::string DtypeToJson(const Dtype& dtype);

bool SameDtype(const Dtype& a, const Dtype& b);

}  // namespace rutter
