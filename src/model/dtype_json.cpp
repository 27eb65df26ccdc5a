// The JSON form of element types; docs/json.md describes it.

#include <string>

#include "model/dtype.h"
#include "model/value_json.h"

namespace rutter {
namespace {

void AppendText(std::string_view text, std::string& out) {
  if (IsUtf8(text)) {
    AppendJsonString(text, out);
  } else {
    out += "{\"base64\":\"";
    AppendBase64(text, out);
    out += "\"}";
  }
}

void Append(const Dtype& dtype, std::string& out);

/// The size is said where it is not the usual one: files with short addresses have short references.
void AppendReference(const char* kind, std::uint64_t usual_bytes, std::uint64_t size_bytes, std::string& out) {
  out.append("{\"kind\":\"").append(kind) += '"';
  if (size_bytes != usual_bytes) out += ",\"size\":" + std::to_string(size_bytes);
  out += '}';
}

/// What a value of variable length takes in its record, where that is not the usual 16 bytes.
void AppendSlot(const Dtype& dtype, std::string& out) {
  if (dtype.size_bytes != 16) out += ",\"slot_bytes\":" + std::to_string(dtype.size_bytes);
}

void AppendBase(const Dtype& dtype, std::string& out) {
  out += ",\"base\":";
  if (dtype.base == nullptr) {
    out += "null";
  } else {
    Append(*dtype.base, out);
  }
}

void AppendUnusualNumber(const char* kind, const Dtype& dtype, std::string& out) {
  out += std::string("{\"kind\":\"") + kind + "\",\"size\":" + std::to_string(dtype.size_bytes);
  out += dtype.order == ByteOrder::kVax ? ",\"order\":\"vax\"" : dtype.order == ByteOrder::kBig ? ",\"order\":\"big\"" : ",\"order\":\"little\"";
  if (dtype.type_class == TypeClass::kInteger) out += dtype.is_signed ? ",\"signed\":true" : ",\"signed\":false";
  out += ",\"bit_offset\":" + std::to_string(dtype.bit_offset) + ",\"precision\":" +
         std::to_string(dtype.precision == 0 ? dtype.size_bytes * 8 : dtype.precision);
  if (dtype.type_class == TypeClass::kFloat) {
    const FloatLayout& f = dtype.float_layout;
    out += ",\"sign_bit\":" + std::to_string(f.sign_bit) + ",\"exponent\":[" + std::to_string(f.exponent_bit) + "," +
           std::to_string(f.exponent_bits) + "," + std::to_string(f.exponent_bias) + "],\"mantissa\":[" + std::to_string(f.mantissa_bit) +
           "," + std::to_string(f.mantissa_bits) + "],\"normalization\":" + std::to_string(static_cast<int>(f.normalization));
  }
  out += "}";
}

void Append(const Dtype& dtype, std::string& out) {
  switch (dtype.type_class) {
    case TypeClass::kInteger:
    case TypeClass::kFloat: {
      std::string descr = NumpyDescr(dtype);
      if (!descr.empty()) {
        out += "\"" + descr + "\"";
      } else {
        AppendUnusualNumber(dtype.type_class == TypeClass::kInteger ? "integer" : "float", dtype, out);
      }
      return;
    }
    case TypeClass::kBitfield: AppendUnusualNumber("bitfield", dtype, out); return;
    case TypeClass::kBool: out += "\"|b1\""; return;
    case TypeClass::kComplex:
      out += "{\"kind\":\"complex\",\"size\":" + std::to_string(dtype.size_bytes);
      if (!dtype.complex_names[0].empty()) {
        out += ",\"names\":[";
        AppendText(dtype.complex_names[0], out);
        out += ",";
        AppendText(dtype.complex_names[1], out);
        out += "]";
      }
      AppendBase(dtype, out);
      out += "}";
      return;
    case TypeClass::kEnum: {
      out += "{\"kind\":\"enum\"";
      AppendBase(dtype, out);
      bool is_unsigned = dtype.base != nullptr && !dtype.base->is_signed;
      out += ",\"members\":[";
      for (std::size_t k = 0; k < dtype.members.size(); ++k) {
        if (k != 0) out += ",";
        out += "[";
        AppendText(dtype.members[k].name, out);
        out += "," + (is_unsigned ? std::to_string(static_cast<std::uint64_t>(dtype.members[k].value)) : std::to_string(dtype.members[k].value)) + "]";
      }
      out += "]}";
      return;
    }
    case TypeClass::kOpaque:
      out += "{\"kind\":\"opaque\",\"size\":" + std::to_string(dtype.size_bytes) + ",\"tag\":";
      AppendText(dtype.tag, out);
      out += "}";
      return;
    case TypeClass::kString:
      if (dtype.charset == CharSet::kUtf32) {
        out += "\"" + NumpyDescr(dtype) + "\"";
        return;
      }
      out += "{\"kind\":\"string\",\"size\":" + std::to_string(dtype.size_bytes) + ",\"charset\":\"" +
             (dtype.charset == CharSet::kUtf8 ? "utf-8" : "ascii") + "\",\"padding\":\"" +
             (dtype.padding == StringPadding::kNullTerminated ? "null-terminated"
              : dtype.padding == StringPadding::kNullPadded   ? "null-padded"
                                                              : "space-padded") +
             "\"}";
      return;
    case TypeClass::kVlenString:
      out += std::string("{\"kind\":\"string\",\"size\":null,\"charset\":\"") + (dtype.charset == CharSet::kUtf8 ? "utf-8" : "ascii") + "\"";
      AppendSlot(dtype, out);
      out += '}';
      return;
    case TypeClass::kVlenSequence:
      out += "{\"kind\":\"sequence\"";
      AppendSlot(dtype, out);
      AppendBase(dtype, out);
      out += "}";
      return;
    case TypeClass::kArray: {
      out += "{\"kind\":\"array\",\"shape\":[";
      for (std::size_t k = 0; k < dtype.dims.size(); ++k) out += (k == 0 ? "" : ",") + std::to_string(dtype.dims[k]);
      out += "]";
      AppendBase(dtype, out);
      out += "}";
      return;
    }
    case TypeClass::kCompound:
      out += "{\"kind\":\"compound\",\"size\":" + std::to_string(dtype.size_bytes) + ",\"members\":[";
      for (std::size_t k = 0; k < dtype.members.size(); ++k) {
        if (k != 0) out += ",";
        out += "{\"name\":";
        AppendText(dtype.members[k].name, out);
        out += ",\"offset\":" + std::to_string(dtype.members[k].offset) + ",\"dtype\":";
        if (dtype.members[k].type == nullptr) {
          out += "null";
        } else {
          Append(*dtype.members[k].type, out);
        }
        out += "}";
      }
      out += "]}";
      return;
    case TypeClass::kObjectReference: AppendReference("object reference", 8, dtype.size_bytes, out); return;
    case TypeClass::kRegionReference: AppendReference("region reference", 12, dtype.size_bytes, out); return;
    case TypeClass::kAttributeReference: AppendReference("attribute reference", 16, dtype.size_bytes, out); return;
    case TypeClass::kTime: out += "{\"kind\":\"time\",\"size\":" + std::to_string(dtype.size_bytes) + "}"; return;
  }
}

}  // namespace

std::string DtypeToJson(const Dtype& dtype) {
  std::string out;
  Append(dtype, out);
  return out;
}

}  // namespace rutter
