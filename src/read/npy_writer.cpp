#include "read/npy_writer.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"

namespace rutter {
namespace {

/// JSON strings are Python literals too, but for escapes beyond ASCII: NumPy reads the header as latin-1 (versions 1 and 2),
/// so other characters are written as Python escapes.
std::string PythonText(std::string_view json) {
  std::string out;
  for (std::size_t i = 0; i < json.size();) {
    auto lead = static_cast<unsigned char>(json[i]);
    if (lead < 0x80) {
      out += json[i++];
      continue;
    }
    int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    std::uint32_t code = lead & (0x3F >> more);
    for (int k = 1; k <= more && i + static_cast<std::size_t>(k) < json.size(); ++k) code = code << 6 | (static_cast<unsigned char>(json[i + static_cast<std::size_t>(k)]) & 0x3F);
    static constexpr char kHex[] = "0123456789abcdef";
    out += "\\U";
    for (int shift = 28; shift >= 0; shift -= 4) out += kHex[code >> shift & 15];
    i += static_cast<std::size_t>(more) + 1;
  }
  return out;
}

/// [["x","<f4",[3]],...] as [('x','<f4',(3,)),...].
std::string PythonDescr(const std::string& json) {
  if (json.front() != '[') return "'" + json + "'";
  std::string out;
  int depth = 0;
  bool text = false;
  std::vector<bool> is_tuple;
  for (std::size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (text) {
      out += c;
      if (c == '\\') out += json[++i];
      if (c == '"') text = false;
      continue;
    }
    if (c == '"') {
      text = true;
      out += c;
    } else if (c == '[') {
      // Lists of fields stand at the top and inside a field's type; a field and a shape are tuples.
      bool list = is_tuple.empty() || (is_tuple.back() && i + 1 < json.size() && json[i + 1] == '[');
      is_tuple.push_back(!list);
      ++depth;
      out += list ? '[' : '(';
    } else if (c == ']') {
      bool tuple = is_tuple.back();
      is_tuple.pop_back();
      --depth;
      out += tuple ? ",)" : "]";
    } else {
      out += c;
    }
  }
  return PythonText(out);
}

}  // namespace

Result<std::string> NpyHeader(const Dtype& native, const Shape& shape) {
  const Dtype* element = &native;
  Shape whole = shape;
  while (element->type_class == TypeClass::kArray && element->base != nullptr) {
    whole.insert(whole.end(), element->dims.begin(), element->dims.end());
    element = element->base.get();
  }
  std::string descr = NumpyDescr(*element);
  if (descr.empty()) {
    Error error = MakeError(ErrorCode::kUnsupported, "NumPy has no file type for " + DtypeTitle(native));
    error.hint = "--json prints values of every type";
    return Fail(std::move(error));
  }
  std::string dict = "{'descr': " + PythonDescr(descr) + ", 'fortran_order': False, 'shape': (";
  for (std::uint64_t n : whole) dict += std::to_string(n) + ", ";
  if (whole.size() > 1) dict.resize(dict.size() - 2);
  if (whole.size() == 1) dict.resize(dict.size() - 1);
  dict += "), }";
  bool wide = dict.size() + 64 + 12 > 65'535;
  std::size_t prefix = wide ? 12 : 10;
  std::size_t total = (prefix + dict.size() + 1 + 63) / 64 * 64;
  dict.append(total - prefix - dict.size() - 1, ' ');
  dict += '\n';
  std::string header = "\x93NUMPY";
  header += static_cast<char>(wide ? 2 : 1);
  header += '\0';
  for (std::size_t i = 0; i < (wide ? 4u : 2u); ++i) header += static_cast<char>(dict.size() >> (8 * i) & 0xFF);
  return header + dict;
}

Status ForEachBlock(const Slice& slice, std::uint64_t max_elements, const std::function<Status(const Slice&)>& visit) {
  std::size_t axis = 0;
  while (axis < slice.axes.size() && slice.axes[axis].count == 1) ++axis;
  std::uint64_t elements = slice.NumElements();
  if (axis == slice.axes.size() || elements <= max_elements) return visit(slice);
  std::uint64_t row = elements / slice.axes[axis].count;
  std::uint64_t rows = std::max<std::uint64_t>(1, max_elements / std::max<std::uint64_t>(1, row));
  for (std::uint64_t first = 0; first < slice.axes[axis].count; first += rows) {
    Slice block = slice;
    AxisSlice& cut = block.axes[axis];
    cut.start = static_cast<std::uint64_t>(static_cast<std::int64_t>(cut.start) + static_cast<std::int64_t>(first) * cut.step);
    cut.count = std::min(rows, slice.axes[axis].count - first);
    if (row > max_elements && axis + 1 < slice.axes.size()) {
      RUTTER_TRY(ForEachBlock(block, max_elements, visit));  // one row is too much: split along the next axis
    } else {
      RUTTER_TRY(visit(block));
    }
  }
  return {};
}

Status WriteSlice(const Reader& reader, const Array& array, const Slice& slice, bool npy, const ReadOptions& options,
                  const std::function<Status(std::string_view)>& write) {
  DtypePtr native = NativeType(array.dtype);
  if (npy) {
    RUTTER_ASSIGN(auto header, NpyHeader(*native, slice.ResultShape()));
    RUTTER_TRY(write(header));
  }
  if (!array.dtype->IsFixed() || !array.object_codec.empty()) {
    Error error = MakeError(ErrorCode::kUnsupported, DtypeTitle(*array.dtype) + " has no fixed size");
    error.hint = "--json prints values of every type";
    return Fail(std::move(error));
  }
  std::uint64_t size = std::max<std::uint64_t>(1, native->size_bytes);
  std::uint64_t block_bytes = std::max<std::uint64_t>(1 << 20, std::min<std::uint64_t>(options.max_memory_bytes / 2, 256ull << 20));
  std::vector<std::byte> buffer;
  return ForEachBlock(slice, std::max<std::uint64_t>(1, block_bytes / size), [&](const Slice& block) -> Status {
    auto bytes = CheckedMul(block.NumElements(), native->size_bytes);
    if (!bytes) return Fail(ErrorCode::kLimit, "the slice has more than 2^64 bytes");
    buffer.resize(static_cast<std::size_t>(*bytes));
    RUTTER_TRY(reader.Read(array, block, buffer, options));
    return write({reinterpret_cast<const char*>(buffer.data()), buffer.size()});
  });
}

}  // namespace rutter
