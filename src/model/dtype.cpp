#include "model/dtype.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"
#include "model/value_json.h"

namespace rutter {
namespace {

std::shared_ptr<Dtype> New(TypeClass type_class, std::uint64_t size_bytes, ByteOrder order) {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = type_class;
  dtype->size_bytes = size_bytes;
  dtype->order = size_bytes == 1 ? ByteOrder::kLittle : order;
  return dtype;
}

std::uint32_t BitsOf(const Dtype& dtype) {
  return dtype.precision != 0 ? dtype.precision : static_cast<std::uint32_t>(std::min<std::uint64_t>(dtype.size_bytes * 8, 0xFFFF));
}

}  // namespace

bool Dtype::IsFixed() const {
  switch (type_class) {
    case TypeClass::kVlenString:
    case TypeClass::kVlenSequence:
    case TypeClass::kObjectReference:
    case TypeClass::kRegionReference:
    case TypeClass::kAttributeReference: return false;
    case TypeClass::kArray: return base == nullptr || base->IsFixed();
    case TypeClass::kCompound:
      return std::all_of(members.begin(), members.end(), [](const DtypeMember& m) { return m.type == nullptr || m.type->IsFixed(); });
    default: return true;
  }
}

bool Dtype::IsBoolEnum() const {
  if (type_class != TypeClass::kEnum || size_bytes != 1 || members.size() != 2) return false;
  const DtypeMember* no = &members[0];
  const DtypeMember* yes = &members[1];
  if (no->value == 1) std::swap(no, yes);
  return no->name == "FALSE" && no->value == 0 && yes->name == "TRUE" && yes->value == 1;
}

bool Dtype::IsMachine() const {
  bool whole = bit_offset == 0 && (precision == 0 || precision == size_bytes * 8) && order != ByteOrder::kVax;
  if (type_class == TypeClass::kInteger) {
    return whole && (size_bytes == 1 || size_bytes == 2 || size_bytes == 4 || size_bytes == 8);
  }
  if (type_class == TypeClass::kFloat) {
    return whole && (size_bytes == 2 || size_bytes == 4 || size_bytes == 8) && float_layout == IeeeLayout(size_bytes);
  }
  return false;
}

FloatLayout IeeeLayout(std::uint64_t size_bytes) {
  FloatLayout layout;
  layout.normalization = FloatLayout::Normalization::kImplied;
  auto set = [&](std::uint32_t mantissa, std::uint32_t exponent) {
    layout.mantissa_bit = 0;
    layout.mantissa_bits = mantissa;
    layout.exponent_bit = mantissa;
    layout.exponent_bits = exponent;
    layout.sign_bit = mantissa + exponent;
    layout.exponent_bias = (1ull << (exponent - 1)) - 1;
  };
  if (size_bytes == 2) {
    set(10, 5);
  } else if (size_bytes == 4) {
    set(23, 8);
  } else if (size_bytes == 16) {
    set(112, 15);
  } else {
    set(52, 11);
  }
  return layout;
}

DtypePtr MakeInteger(std::uint64_t size_bytes, bool is_signed, ByteOrder order) {
  auto dtype = New(TypeClass::kInteger, size_bytes, order);
  dtype->is_signed = is_signed;
  return dtype;
}

DtypePtr MakeFloat(std::uint64_t size_bytes, ByteOrder order) {
  auto dtype = New(TypeClass::kFloat, size_bytes, order);
  dtype->float_layout = IeeeLayout(size_bytes);
  return dtype;
}

DtypePtr MakeBool() { return New(TypeClass::kBool, 1, ByteOrder::kLittle); }

DtypePtr MakeComplex(std::uint64_t size_bytes, ByteOrder order) {
  auto dtype = New(TypeClass::kComplex, size_bytes, order);
  dtype->base = MakeFloat(size_bytes / 2, order);
  return dtype;
}

DtypePtr MakeFixedString(std::uint64_t size_bytes, CharSet charset, StringPadding padding) {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = TypeClass::kString;
  dtype->size_bytes = size_bytes;
  dtype->charset = charset;
  dtype->padding = padding;
  return dtype;
}

DtypePtr MakeVlenString(CharSet charset) {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = TypeClass::kVlenString;
  dtype->size_bytes = 16;
  dtype->charset = charset;
  return dtype;
}

namespace {

std::uint64_t MachineWidth(std::uint64_t bits) { return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : 8; }

DtypePtr NativeFloat(const DtypePtr& dtype) {
  if (dtype->order == ByteOrder::kLittle && dtype->IsMachine()) return dtype;
  const FloatLayout& layout = dtype->float_layout;
  // The smallest IEEE type that holds every value; wider ones narrow to a double.
  for (std::uint64_t size : {2, 4, 8}) {
    FloatLayout ieee = IeeeLayout(size);
    if (layout.mantissa_bits <= ieee.mantissa_bits && layout.exponent_bits <= ieee.exponent_bits) return MakeFloat(size);
  }
  return MakeFloat(8);
}

}  // namespace

DtypePtr NativeType(const DtypePtr& dtype) {
  switch (dtype->type_class) {
    case TypeClass::kInteger:
      if (dtype->order == ByteOrder::kLittle && dtype->IsMachine()) return dtype;
      return MakeInteger(dtype->IsMachine() ? dtype->size_bytes : MachineWidth(std::min<std::uint64_t>(dtype->size_bytes * 8, 64)), dtype->is_signed);
    case TypeClass::kBitfield: {
      if (dtype->order == ByteOrder::kLittle && dtype->bit_offset == 0 && BitsOf(*dtype) == dtype->size_bytes * 8) return dtype;
      if (dtype->size_bytes > 8) return dtype;
      auto native = New(TypeClass::kBitfield, MachineWidth(dtype->size_bytes * 8), ByteOrder::kLittle);
      return native;
    }
    case TypeClass::kFloat: return NativeFloat(dtype);
    case TypeClass::kComplex: {
      DtypePtr part = NativeType(dtype->base);
      if (part == dtype->base && dtype->size_bytes == 2 * part->size_bytes && dtype->order == ByteOrder::kLittle) return dtype;
      auto native = std::make_shared<Dtype>(*dtype);
      native->order = ByteOrder::kLittle;
      native->size_bytes = 2 * part->size_bytes;
      native->base = part;
      return native;
    }
    case TypeClass::kEnum: {
      if (dtype->base == nullptr) return dtype;
      DtypePtr base = NativeType(dtype->base);
      if (base == dtype->base) return dtype;
      auto native = std::make_shared<Dtype>(*dtype);
      native->size_bytes = base->size_bytes;
      native->order = ByteOrder::kLittle;
      native->base = base;
      return native;
    }
    case TypeClass::kString: {
      if (dtype->charset == CharSet::kUtf32) {
        if (dtype->order == ByteOrder::kLittle) return dtype;
        auto native = std::make_shared<Dtype>(*dtype);
        native->order = ByteOrder::kLittle;
        return native;
      }
      if (dtype->padding == StringPadding::kNullPadded) return dtype;
      return MakeFixedString(dtype->size_bytes, dtype->charset, StringPadding::kNullPadded);
    }
    case TypeClass::kArray: {
      DtypePtr base = NativeType(dtype->base);
      if (base == dtype->base) return dtype;
      auto native = std::make_shared<Dtype>(*dtype);
      std::uint64_t count = CheckedProduct(dtype->dims).value_or(0);
      native->base = base;
      native->order = ByteOrder::kLittle;
      native->size_bytes = CheckedMul(count, base->size_bytes).value_or(0);
      return native;
    }
    case TypeClass::kCompound: {
      auto native = std::make_shared<Dtype>(*dtype);
      std::uint64_t offset = 0;
      bool same = true;
      for (DtypeMember& member : native->members) {
        DtypePtr type = NativeType(member.type);
        same = same && type == member.type && member.offset == offset;
        member.type = type;
        member.offset = offset;
        offset += type->size_bytes;
      }
      if (same && offset == dtype->size_bytes) return dtype;
      native->size_bytes = offset;
      return native;
    }
    default: return dtype;
  }
}

std::string NumpyDescr(const Dtype& dtype) {
  const char* order = dtype.size_bytes == 1 ? "|" : dtype.order == ByteOrder::kBig ? ">" : "<";
  std::string size = std::to_string(dtype.size_bytes);
  switch (dtype.type_class) {
    case TypeClass::kInteger: return dtype.IsMachine() ? order + std::string(dtype.is_signed ? "i" : "u") + size : "";
    case TypeClass::kBitfield:
      if (dtype.bit_offset != 0 || BitsOf(dtype) != dtype.size_bytes * 8) return "";
      return MachineWidth(dtype.size_bytes * 8) == dtype.size_bytes ? order + ("u" + size) : "|V" + size;
    case TypeClass::kFloat: return dtype.IsMachine() ? order + ("f" + size) : "";
    case TypeClass::kComplex:
      if (dtype.base == nullptr || !dtype.base->IsMachine() || dtype.base->size_bytes < 4) {
        // NumPy has no complex of two halves.
        std::string part = dtype.base == nullptr ? "" : NumpyDescr(*dtype.base);
        if (part.empty()) return "";
        std::string names[2] = {dtype.complex_names[0].empty() ? "r" : dtype.complex_names[0],
                                dtype.complex_names[1].empty() ? "i" : dtype.complex_names[1]};
        return "[[\"" + names[0] + "\",\"" + part + "\"],[\"" + names[1] + "\",\"" + part + "\"]]";
      }
      return (dtype.base->order == ByteOrder::kBig ? ">c" : "<c") + size;
    case TypeClass::kBool: return "|b1";
    case TypeClass::kEnum:
      if (dtype.IsBoolEnum()) return "|b1";
      return dtype.base == nullptr ? "" : NumpyDescr(*dtype.base);
    case TypeClass::kOpaque: return "|V" + size;
    case TypeClass::kString:
      if (dtype.charset == CharSet::kUtf32) return (dtype.order == ByteOrder::kBig ? ">U" : "<U") + std::to_string(dtype.size_bytes / 4);
      return "|S" + size;
    case TypeClass::kArray: return "";
    case TypeClass::kCompound: {
      std::string descr = "[";
      std::uint64_t at = 0;
      int pads = 0;
      auto item = [&](const std::string& name, const std::string& type, const std::string& dims) {
        if (descr.size() > 1) descr += ",";
        descr += "[";
        AppendJsonString(name, descr);
        descr += "," + (type.front() == '[' ? type : "\"" + type + "\"") + dims + "]";
      };
      auto pad = [&](std::uint64_t upto) {
        if (upto > at) item("__pad" + std::to_string(pads++), "|V" + std::to_string(upto - at), "");
        at = upto;
      };
      for (const DtypeMember& member : dtype.members) {
        if (member.type == nullptr || member.offset < at || !IsUtf8(member.name)) return "";  // overlapping or out of order
        pad(member.offset);
        const Dtype* type = member.type.get();
        std::string dims;
        while (type->type_class == TypeClass::kArray && type->base != nullptr) {
          for (std::uint64_t d : type->dims) dims += (dims.empty() ? "" : ",") + std::to_string(d);
          type = type->base.get();
        }
        std::string text = NumpyDescr(*type);
        if (text.empty()) return "";
        item(member.name, text, dims.empty() ? "" : ",[" + dims + "]");
        at = member.offset + member.type->size_bytes;
      }
      pad(dtype.size_bytes);
      return descr + "]";
    }
    default: return "";
  }
}

std::string DtypeTitle(const Dtype& dtype) {
  std::string big = dtype.size_bytes > 1 && dtype.order == ByteOrder::kBig ? " big-endian" : dtype.order == ByteOrder::kVax ? " VAX" : "";
  std::string bits = std::to_string(dtype.size_bytes * 8);
  std::string odd;
  if (dtype.precision != 0 && dtype.precision != dtype.size_bytes * 8) {
    odd = " (" + std::to_string(dtype.precision) + " bits" +
          (dtype.bit_offset != 0 ? " at bit " + std::to_string(dtype.bit_offset) : std::string()) + ")";
  }
  std::string base = dtype.base == nullptr ? "?" : "";
  switch (dtype.type_class) {
    case TypeClass::kInteger: return (dtype.is_signed ? "int" : "uint") + bits + odd + big;
    case TypeClass::kFloat: return "float" + bits + odd + big;
    case TypeClass::kComplex: return "complex" + bits + big;
    case TypeClass::kBool: return "bool";
    case TypeClass::kEnum: return dtype.IsBoolEnum() ? "bool" : "enum " + (dtype.base == nullptr ? base : DtypeTitle(*dtype.base));
    case TypeClass::kBitfield: return "bitfield" + bits + odd + big;
    case TypeClass::kOpaque: return "opaque" + std::to_string(dtype.size_bytes) + (dtype.tag.empty() ? "" : " \"" + dtype.tag + "\"");
    case TypeClass::kString:
      return dtype.charset == CharSet::kUtf32 ? "string[" + std::to_string(dtype.size_bytes / 4) + "] utf-32"
                                              : "string[" + std::to_string(dtype.size_bytes) + "]";
    case TypeClass::kVlenString: return "string";
    case TypeClass::kVlenSequence: return "sequence of " + (dtype.base == nullptr ? base : DtypeTitle(*dtype.base));
    case TypeClass::kArray: {
      std::string text = (dtype.base == nullptr ? base : DtypeTitle(*dtype.base)) + "[";
      for (std::size_t k = 0; k < dtype.dims.size(); ++k) text += (k == 0 ? "" : ",") + std::to_string(dtype.dims[k]);
      return text + "]";
    }
    case TypeClass::kCompound: {
      std::string text = "compound{";
      for (std::size_t k = 0; k < dtype.members.size(); ++k) {
        if (k != 0) text += ", ";
        text += dtype.members[k].name + ": " + (dtype.members[k].type == nullptr ? "?" : DtypeTitle(*dtype.members[k].type));
      }
      return text + "}";
    }
    case TypeClass::kObjectReference: return "object reference";
    case TypeClass::kRegionReference: return "region reference";
    case TypeClass::kAttributeReference: return "attribute reference";
    case TypeClass::kTime: return "time" + bits;
  }
  return "?";
}

bool SameDtype(const Dtype& a, const Dtype& b) {
  if (&a == &b) return true;
  if (a.type_class != b.type_class || a.size_bytes != b.size_bytes || a.order != b.order || a.is_signed != b.is_signed ||
      a.bit_offset != b.bit_offset || BitsOf(a) != BitsOf(b) || a.padding != b.padding || a.charset != b.charset || a.tag != b.tag ||
      a.dims != b.dims || a.members.size() != b.members.size() || (a.base == nullptr) != (b.base == nullptr)) {
    return false;
  }
  if (a.type_class == TypeClass::kFloat && a.float_layout != b.float_layout) return false;
  for (std::size_t k = 0; k < a.members.size(); ++k) {
    const DtypeMember &x = a.members[k], &y = b.members[k];
    if (x.name != y.name || x.offset != y.offset || x.value != y.value || (x.type == nullptr) != (y.type == nullptr)) return false;
    if (x.type != nullptr && !SameDtype(*x.type, *y.type)) return false;
  }
  return a.base == nullptr || SameDtype(*a.base, *b.base);
}

}  // namespace rutter
