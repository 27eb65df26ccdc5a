#include "read/npy_writer.h"

#include <algorithm>

#include "model/value_json.h"

namespace rutter {
namespace {

/// A Python string literal.
void AppendPythonString(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  bool utf8 = IsUtf8(text);
  out += '\'';
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '\'';
}

void AppendTuple(const Shape& numbers, std::string& out) {
  out += '(';
  for (std::size_t k = 0; k < numbers.size(); ++k) out += (k == 0 ? "" : ", ") + std::to_string(numbers[k]);
  out += numbers.size() == 1 ? ",)" : ")";
}

/// The NumPy type that h5py kept in an opaque type's tag ("NUMPY:<M8[ns]"), where it is one of fixed size; else empty.
std::string DescrOfTag(const Dtype& opaque) {
  constexpr std::string_view kPrefix = "NUMPY:";
  if (!opaque.tag.starts_with(kPrefix)) return {};
  std::string descr = opaque.tag.substr(kPrefix.size());
  if (descr.size() < 3 || std::string_view("<>|=").find(descr[0]) == std::string_view::npos) return {};
  if (descr == "|S" + std::to_string(opaque.size_bytes)) return descr;
  // Dates and spans of time: eight bytes and a unit.
  if ((descr[1] != 'M' && descr[1] != 'm') || descr[2] != '8' || opaque.size_bytes != 8) return {};
  std::string unit = descr.substr(3);
  bool plain = unit.empty() || (unit.size() >= 3 && unit.front() == '[' && unit.back() == ']' &&
                                unit.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzDMWY", 1) == unit.size() - 1);
  return plain ? descr : std::string();
}

/// The descr of one type as a Python literal; recursion follows the datatype, whose depth is bounded.
Status AppendDescr(const Dtype& dtype, std::string& out) {
  switch (dtype.type_class) {
    case TypeClass::kCompound: {
      if (dtype.members.empty()) {
        out += "'|V" + std::to_string(dtype.size_bytes) + "'";
        return {};
      }
      out += '[';
      for (std::size_t k = 0; k < dtype.members.size(); ++k) {
        const DtypeMember& member = dtype.members[k];
        out += k == 0 ? "(" : ", (";
        AppendPythonString(member.name, out);
        out += ", ";
        Shape dims;
        const Dtype* type = member.type.get();
        while (type->type_class == TypeClass::kArray && type->base != nullptr) {
          dims.insert(dims.end(), type->dims.begin(), type->dims.end());
          type = type->base.get();
        }
        RUTTER_TRY(AppendDescr(*type, out));
        if (!dims.empty()) {
          out += ", ";
          AppendTuple(dims, out);
        }
        out += ')';
      }
      out += ']';
      return {};
    }
    case TypeClass::kComplex:
      if (dtype.base != nullptr && dtype.base->size_bytes == 2) {
        // NumPy has no complex of two halves.
        out += "[('r', '<f2'), ('i', '<f2')]";
        return {};
      }
      break;
    case TypeClass::kOpaque:
      if (std::string descr = DescrOfTag(dtype); !descr.empty()) {
        out += '\'' + descr + '\'';
        return {};
      }
      break;
    default: break;
  }
  std::string simple = NumpyDescr(dtype);
  if (simple.empty() || simple.front() == '[') return NoNumpyForm(dtype);
  out += '\'' + simple + '\'';
  return {};
}

}  // namespace

tl::unexpected<Error> NoNumpyForm(const Dtype& dtype) {
  Error error = MakeError(ErrorCode::kUnsupported, DtypeTitle(dtype) + " has no NumPy form of fixed size");
  error.hint = "read it as JSON";
  return Fail(std::move(error));
}

Result<std::string> NpyHeader(const Dtype& native, const Shape& shape) {
  std::string dict = "{'descr': ";
  Shape full = shape;
  const Dtype* type = &native;
  while (type->type_class == TypeClass::kArray && type->base != nullptr) {
    full.insert(full.end(), type->dims.begin(), type->dims.end());
    type = type->base.get();
  }
  RUTTER_TRY(AppendDescr(*type, dict));
  dict += ", 'fortran_order': False, 'shape': ";
  AppendTuple(full, dict);
  dict += ", }";
  bool ascii = std::all_of(dict.begin(), dict.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  bool is_short = ascii && dict.size() + 1 + 10 + 63 <= 0xFFFF;
  std::size_t prefix = is_short ? 10 : 12;
  // Magic, version, length and text together are a multiple of 64 bytes, so that data behind them is aligned.
  std::size_t total = (prefix + dict.size() + 1 + 63) / 64 * 64;
  dict.resize(total - prefix - 1, ' ');
  dict += '\n';
  std::string header = "\x93NUMPY";
  header += ascii ? (is_short ? '\1' : '\2') : '\3';
  header += '\0';
  for (std::size_t i = 0; i < prefix - 8; ++i) header += static_cast<char>(dict.size() >> (8 * i) & 0xFF);
  return header + dict;
}

}  // namespace rutter
