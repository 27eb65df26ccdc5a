#include "model/element.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/checked.h"
#include "model/number.h"

namespace rutter {
namespace {

template <class Int>
void SwapAll(const std::byte* in, std::size_t in_stride, std::uint64_t count, std::byte* out, std::size_t out_stride) {
  for (std::uint64_t i = 0; i < count; ++i) {
    Int value;
    std::memcpy(&value, in + i * in_stride, sizeof value);
    if constexpr (sizeof(Int) == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof(Int) == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof(Int) == 8) value = __builtin_bswap64(value);
    std::memcpy(out + i * out_stride, &value, sizeof value);
  }
}

/// `count` elements, one every `in_stride` bytes, to one every `out_stride` bytes.
struct Run {
  const std::byte* in;
  std::size_t in_stride;
  std::uint64_t count;
  std::byte* out;
  std::size_t out_stride;
};

void Copy(const Run& run, std::size_t bytes) {
  if (run.in_stride == bytes && run.out_stride == bytes) {
    if (run.count != 0) std::memcpy(run.out, run.in, bytes * run.count);
    return;
  }
  for (std::uint64_t i = 0; i < run.count; ++i) std::memcpy(run.out + i * run.out_stride, run.in + i * run.in_stride, bytes);
}

bool SwapMachine(const Run& run, std::size_t bytes) {
  switch (bytes) {
    case 1: Copy(run, 1); return true;
    case 2: SwapAll<std::uint16_t>(run.in, run.in_stride, run.count, run.out, run.out_stride); return true;
    case 4: SwapAll<std::uint32_t>(run.in, run.in_stride, run.count, run.out, run.out_stride); return true;
    case 8: SwapAll<std::uint64_t>(run.in, run.in_stride, run.count, run.out, run.out_stride); return true;
    default: return false;
  }
}

tl::unexpected<Error> BadType(const Dtype& dtype, const char* why) {
  return Fail(ErrorCode::kUnsupported, std::string("cannot convert ") + DtypeTitle(dtype) + ": " + why);
}

void ConvertFloats(const Dtype& dtype, const Dtype& native, const Run& run) {
  for (std::uint64_t i = 0; i < run.count; ++i) {
    double value = StoredFloat(dtype, {run.in + i * run.in_stride, static_cast<std::size_t>(dtype.size_bytes)});
    std::byte* out = run.out + i * run.out_stride;
    if (native.size_bytes == 8) {
      std::memcpy(out, &value, 8);
    } else if (native.size_bytes == 4) {
      auto narrow = static_cast<float>(value);
      std::memcpy(out, &narrow, 4);
    } else {
      std::uint16_t half = DoubleToHalf(value);
      std::memcpy(out, &half, 2);
    }
  }
}

void ConvertStrings(const Dtype& dtype, const Run& run) {
  auto size = static_cast<std::size_t>(dtype.size_bytes);
  for (std::uint64_t i = 0; i < run.count; ++i) {
    const std::byte* in = run.in + i * run.in_stride;
    std::byte* out = run.out + i * run.out_stride;
    std::size_t length = 0;
    if (dtype.padding == StringPadding::kNullTerminated) {
      while (length < size && in[length] != std::byte{0}) ++length;
    } else {
      length = size;
      while (length > 0 && (in[length - 1] == std::byte{' '} || in[length - 1] == std::byte{0})) --length;
    }
    std::memcpy(out, in, length);
    std::memset(out + length, 0, size - length);
  }
}

// Recursion follows the datatype, whose depth Limits::depth bounded when it was decoded.
Status Convert(const Dtype& dtype, const Dtype& native, const Run& run) {
  if (&dtype == &native) {
    Copy(run, static_cast<std::size_t>(dtype.size_bytes));
    return {};
  }
  switch (dtype.type_class) {
    case TypeClass::kInteger:
    case TypeClass::kBitfield: {
      if (dtype.size_bytes > 16) return BadType(dtype, "it is wider than 16 bytes");
      bool whole = dtype.bit_offset == 0 && (dtype.precision == 0 || dtype.precision == dtype.size_bytes * 8);
      if (whole && native.size_bytes == dtype.size_bytes && dtype.order == ByteOrder::kBig) {
        if (SwapMachine(run, static_cast<std::size_t>(dtype.size_bytes))) return {};
      }
      for (std::uint64_t i = 0; i < run.count; ++i) {
        std::uint64_t value = StoredInteger(dtype, {run.in + i * run.in_stride, static_cast<std::size_t>(dtype.size_bytes)});
        std::memcpy(run.out + i * run.out_stride, &value, std::min<std::size_t>(8, native.size_bytes));
      }
      return {};
    }
    case TypeClass::kFloat:
      if (dtype.size_bytes > 16) return BadType(dtype, "it is wider than 16 bytes");
      if (dtype.IsMachine() && native.size_bytes == dtype.size_bytes && dtype.order == ByteOrder::kBig) {
        if (SwapMachine(run, static_cast<std::size_t>(dtype.size_bytes))) return {};
      }
      ConvertFloats(dtype, native, run);
      return {};
    case TypeClass::kComplex: {
      const Dtype &part = *dtype.base, &to = *native.base;
      if (dtype.size_bytes < 2 * part.size_bytes) return Fail(ErrorCode::kCorrupt, "a complex type is smaller than its parts");
      Run half = run;
      RUTTER_TRY(Convert(part, to, half));
      half.in += part.size_bytes;
      half.out += to.size_bytes;
      return Convert(part, to, half);
    }
    case TypeClass::kEnum: return Convert(*dtype.base, *native.base, run);
    case TypeClass::kString:
      if (dtype.charset != CharSet::kUtf32) {
        ConvertStrings(dtype, run);
        return {};
      }
      for (std::uint64_t i = 0; i < run.count; ++i) {
        SwapAll<std::uint32_t>(run.in + i * run.in_stride, 4, dtype.size_bytes / 4, run.out + i * run.out_stride, 4);
      }
      return {};
    case TypeClass::kArray: {
      const Dtype &base = *dtype.base, &to = *native.base;
      std::uint64_t count = CheckedProduct(dtype.dims).value_or(~0ull);
      if (CheckedMul(count, base.size_bytes) != dtype.size_bytes) return Fail(ErrorCode::kCorrupt, "an array type's size is not that of its elements");
      for (std::uint64_t i = 0; i < run.count; ++i) {
        Run inner{run.in + i * run.in_stride, static_cast<std::size_t>(base.size_bytes), count, run.out + i * run.out_stride,
                  static_cast<std::size_t>(to.size_bytes)};
        RUTTER_TRY(Convert(base, to, inner));
      }
      return {};
    }
    case TypeClass::kCompound:
      for (std::size_t k = 0; k < dtype.members.size(); ++k) {
        const DtypeMember &from = dtype.members[k], &to = native.members[k];
        if (!RangeInside(from.offset, from.type->size_bytes, dtype.size_bytes)) return Fail(ErrorCode::kCorrupt, "a compound member lies outside its type");
        Run member = run;
        member.in += from.offset;
        member.out += to.offset;
        RUTTER_TRY(Convert(*from.type, *to.type, member));
      }
      return {};
    default: return BadType(dtype, "no rule for this class");
  }
}

/// A time type anywhere inside makes a value unreadable: HDF5 never defined its conversion.
bool HasTime(const Dtype& dtype) {
  if (dtype.type_class == TypeClass::kTime) return true;
  if (dtype.base != nullptr && HasTime(*dtype.base)) return true;
  return std::any_of(dtype.members.begin(), dtype.members.end(), [](const DtypeMember& m) { return m.type != nullptr && HasTime(*m.type); });
}

std::string TextOf(const Dtype& dtype, std::span<const std::byte> in) {
  if (dtype.charset == CharSet::kUtf32) {
    std::string text;
    std::size_t end = in.size() / 4;
    auto code_at = [&](std::size_t i) {
      std::uint32_t code;
      std::memcpy(&code, in.data() + 4 * i, 4);
      return dtype.order == ByteOrder::kBig ? __builtin_bswap32(code) : code;
    };
    while (end > 0 && code_at(end - 1) == 0) --end;
    for (std::size_t i = 0; i < end; ++i) {
      std::uint32_t code = code_at(i);
      if (code < 0x80) {
        text += static_cast<char>(code);
      } else if (code < 0x800) {
        text += static_cast<char>(0xC0 | code >> 6);
        text += static_cast<char>(0x80 | (code & 63));
      } else if (code < 0x10000) {
        text += static_cast<char>(0xE0 | code >> 12);
        text += static_cast<char>(0x80 | (code >> 6 & 63));
        text += static_cast<char>(0x80 | (code & 63));
      } else {
        text += static_cast<char>(0xF0 | (code >> 18 & 7));
        text += static_cast<char>(0x80 | (code >> 12 & 63));
        text += static_cast<char>(0x80 | (code >> 6 & 63));
        text += static_cast<char>(0x80 | (code & 63));
      }
    }
    return text;
  }
  std::string_view text(reinterpret_cast<const char*>(in.data()), in.size());
  if (dtype.padding == StringPadding::kNullTerminated) {
    text = text.substr(0, text.find('\0'));
  } else {
    // Fortran programs that call C end their space-padded texts with a NUL.
    const bool spaces = dtype.padding == StringPadding::kSpacePadded;
    while (!text.empty() && (text.back() == '\0' || (spaces && text.back() == ' '))) text.remove_suffix(1);
  }
  return std::string(text);
}

Value IntegerValue(const Dtype& dtype, std::span<const std::byte> in) {
  std::uint64_t value = StoredInteger(dtype, in);
  if (dtype.is_signed) return Value(static_cast<std::int64_t>(value));
  return Value(value);
}

double FloatOf(const Dtype& dtype, std::span<const std::byte> in) {
  if (dtype.order == ByteOrder::kLittle && dtype.IsMachine()) {
    if (dtype.size_bytes == 8) {
      double value;
      std::memcpy(&value, in.data(), 8);
      return value;
    }
    if (dtype.size_bytes == 4) {
      float value;
      std::memcpy(&value, in.data(), 4);
      return value;
    }
  }
  return StoredFloat(dtype, in);
}

}  // namespace

Status ToNative(const Dtype& dtype, const Dtype& native, std::span<const std::byte> in, std::uint64_t count, std::span<std::byte> out) {
  auto in_bytes = CheckedMul(count, dtype.size_bytes);
  auto out_bytes = CheckedMul(count, native.size_bytes);
  if (in_bytes != in.size() || out_bytes != out.size()) return Fail(ErrorCode::kInvalidArgument, "buffers do not fit the element count");
  if (!dtype.IsFixed()) return BadType(dtype, "its elements only point to data");
  if (HasTime(dtype)) return BadType(dtype, "HDF5 time types have no defined conversion");
  if (count == 0) return {};
  return Convert(dtype, native, {in.data(), static_cast<std::size_t>(dtype.size_bytes), count, out.data(), static_cast<std::size_t>(native.size_bytes)});
}

Result<Value> DecodeElement(const Dtype& dtype, std::span<const std::byte> in, const ElementResolver* resolver, const Limits& limits) {
  if (in.size() < dtype.size_bytes) return Fail(ErrorCode::kCorrupt, "an element is cut short");
  in = in.first(static_cast<std::size_t>(dtype.size_bytes));
  switch (dtype.type_class) {
    case TypeClass::kInteger:
    case TypeClass::kBitfield:
      if (dtype.size_bytes > 8) return Value(Bytes{std::string(reinterpret_cast<const char*>(in.data()), in.size())});
      return IntegerValue(dtype, in);
    case TypeClass::kFloat:
      if (dtype.size_bytes > 16) return BadType(dtype, "it is wider than 16 bytes");
      return Value(FloatOf(dtype, in));
    case TypeClass::kComplex: {
      if (dtype.base == nullptr || dtype.base->size_bytes > 16 || in.size() < 2 * dtype.base->size_bytes) return BadType(dtype, "its parts do not fit");
      auto part = static_cast<std::size_t>(dtype.base->size_bytes);
      return Value(Complex{FloatOf(*dtype.base, in.first(part)), FloatOf(*dtype.base, in.subspan(part, part))});
    }
    case TypeClass::kBool: return Value(in[0] != std::byte{0});
    case TypeClass::kEnum:
      if (dtype.IsBoolEnum() && (in[0] == std::byte{0} || in[0] == std::byte{1})) return Value(in[0] == std::byte{1});
      if (dtype.base == nullptr || dtype.base->size_bytes != dtype.size_bytes) return BadType(dtype, "it has no base of its size");
      return DecodeElement(*dtype.base, in, resolver, limits);
    case TypeClass::kOpaque: return Value(Bytes{std::string(reinterpret_cast<const char*>(in.data()), in.size())});
    case TypeClass::kString: return Value(TextOf(dtype, in));
    case TypeClass::kVlenString:
    case TypeClass::kVlenSequence: {
      if (resolver == nullptr) return BadType(dtype, "nothing here follows variable-length data");
      bool text = dtype.type_class == TypeClass::kVlenString;
      if (!text && dtype.base == nullptr) return BadType(dtype, "a sequence without an element type");
      std::vector<std::byte> bytes;
      std::uint64_t count = 0;
      RUTTER_TRY(resolver->FetchVlen(in, text ? 1 : dtype.base->size_bytes, bytes, count));
      if (text) {
        // The stored length may count a final NUL; text ends at the first NUL, as C readers of the file see it.
        std::string_view view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return Value(std::string(view.substr(0, view.find('\0'))));
      }
      RUTTER_ASSIGN(auto list, DecodeElements(*dtype.base, bytes, count, resolver, limits));
      return Value(std::move(list));
    }
    case TypeClass::kArray: {
      if (dtype.base == nullptr) return BadType(dtype, "an array without an element type");
      auto count = CheckedProduct(dtype.dims);
      if (!count || CheckedMul(*count, dtype.base->size_bytes) != dtype.size_bytes) return Fail(ErrorCode::kCorrupt, "an array type's size is not that of its elements");
      RUTTER_ASSIGN(auto list, DecodeElements(*dtype.base, in, *count, resolver, limits));
      return NestValues(std::move(list), dtype.dims);
    }
    case TypeClass::kCompound: {
      ValueRecord record;
      record.reserve(dtype.members.size());
      for (const DtypeMember& member : dtype.members) {
        if (member.type == nullptr || !RangeInside(member.offset, member.type->size_bytes, in.size())) return Fail(ErrorCode::kCorrupt, "a compound member lies outside its type");
        auto bytes = in.subspan(static_cast<std::size_t>(member.offset), static_cast<std::size_t>(member.type->size_bytes));
        RUTTER_ASSIGN(auto value, DecodeElement(*member.type, bytes, resolver, limits));
        record.emplace_back(member.name, std::move(value));
      }
      return Value(std::move(record));
    }
    case TypeClass::kObjectReference:
    case TypeClass::kRegionReference:
    case TypeClass::kAttributeReference: {
      if (resolver == nullptr) return BadType(dtype, "nothing here follows references");
      RUTTER_ASSIGN(auto reference, resolver->FetchReference(dtype, in));
      return Value(std::move(reference));
    }
    case TypeClass::kTime: return BadType(dtype, "HDF5 time types have no defined conversion");
  }
  return Fail(ErrorCode::kInternal, "unknown type class");
}

Result<ValueList> DecodeElements(const Dtype& dtype, std::span<const std::byte> in, std::uint64_t count, const ElementResolver* resolver,
                                 const Limits& limits) {
  auto bytes = CheckedMul(count, dtype.size_bytes);
  if (!bytes || *bytes > in.size()) return Fail(ErrorCode::kCorrupt, "elements are cut short");
  // A Value is larger than the bytes that it came from; elements of size 0 would be free otherwise.
  if (count > limits.value_bytes / sizeof(Value)) {
    return Fail(ErrorCode::kLimit, std::to_string(count) + " values do not fit Limits::value_bytes");
  }
  ValueList list;
  list.reserve(static_cast<std::size_t>(count));
  auto size = static_cast<std::size_t>(dtype.size_bytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    RUTTER_ASSIGN(auto value, DecodeElement(dtype, in.subspan(static_cast<std::size_t>(i) * size, size), resolver, limits));
    list.push_back(std::move(value));
  }
  return list;
}

Value NestValues(ValueList flat, const Shape& shape) {
  if (shape.empty()) return flat.empty() ? Value() : std::move(flat.front());
  for (std::size_t k = shape.size(); k-- > 1;) {
    std::uint64_t inner = shape[k];
    ValueList outer;
    if (inner == 0) {
      // Empty rows: as many as the axes before say, bounded by what the caller already checked (no element exists).
      std::uint64_t rows = CheckedProduct({shape.data(), k}).value_or(0);
      if (rows <= 65'536) outer.resize(static_cast<std::size_t>(rows), Value(ValueList{}));
    } else {
      outer.reserve(flat.size() / static_cast<std::size_t>(inner));
      for (std::size_t at = 0; at + inner <= flat.size(); at += static_cast<std::size_t>(inner)) {
        ValueList row(std::make_move_iterator(flat.begin() + static_cast<std::ptrdiff_t>(at)),
                      std::make_move_iterator(flat.begin() + static_cast<std::ptrdiff_t>(at + inner)));
        outer.emplace_back(std::move(row));
      }
    }
    flat = std::move(outer);
  }
  return Value(std::move(flat));
}

}  // namespace rutter
