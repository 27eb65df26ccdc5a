#include <utility>

#include "api/state.h"
#include "base/checked.h"

namespace rutter::v1 {
namespace {

ElementKind KindOf(const Dtype& native) {
  switch (native.type_class) {
    case TypeClass::kInteger: return ElementKind::kInteger;
    case TypeClass::kFloat: return ElementKind::kFloat;
    case TypeClass::kComplex: return ElementKind::kComplex;
    case TypeClass::kBool: return ElementKind::kBool;
    case TypeClass::kEnum: return ElementKind::kEnum;
    case TypeClass::kString: return ElementKind::kText;
    case TypeClass::kCompound: return ElementKind::kCompound;
    case TypeClass::kBitfield:
    case TypeClass::kOpaque: return ElementKind::kBytes;
    default: return ElementKind::kOther;
  }
}

::rutter::Error ToOwn(const Error& error) {
  ::rutter::Error own;
  own.code = static_cast<::rutter::ErrorCode>(error.code);
  own.message = error.message;
  own.where = {error.source, error.offset, error.structure, error.spec, error.path};
  own.hint = error.hint;
  return own;
}

}  // namespace

const char* ErrorCodeName(ErrorCode code) { return ::rutter::ErrorCodeName(static_cast<::rutter::ErrorCode>(code)); }

std::string Error::ToString() const { return ToOwn(*this).ToString(); }

Error ToPublic(const ::rutter::Error& error) {
  Error result;
  result.code = static_cast<ErrorCode>(error.code);
  result.message = error.message;
  result.source = error.where.source;
  result.offset = error.where.offset;
  result.structure = error.where.structure;
  result.spec = error.where.spec;
  result.path = error.where.path;
  result.hint = error.hint;
  return result;
}

ArrayInfo DescribeArray(const ::rutter::Array& array) {
  ArrayInfo info;
  info.shape.assign(array.shape.begin(), array.shape.end());
  info.chunk_shape.assign(array.chunk_shape.begin(), array.chunk_shape.end());
  info.dimension_names = array.dimension_names;
  info.dimension_names.resize(array.shape.size());
  info.is_null = array.is_null;
  info.type.title = DtypeTitle(*array.dtype);
  if (!array.dtype->IsFixed() || !array.object_codec.empty()) return info;
  const DtypePtr native = NativeType(array.dtype);
  info.type.kind = KindOf(*native);
  info.type.size_bytes = native->size_bytes;
  info.type.is_signed = native->is_signed;
  info.type.numpy = NumpyDescr(*native);
  return info;
}

::rutter::Slice FromPublic(const Slice& slice) {
  ::rutter::Slice own;
  for (const AxisSlice& axis : slice) own.axes.push_back({axis.start, axis.count, axis.step, axis.drop});
  return own;
}

Slice WholeSlice(const Shape& shape) {
  Slice slice;
  for (std::uint64_t extent : shape) slice.push_back({0, extent, 1, false});
  return slice;
}

Result<Slice> ParseSlice(std::string_view text, const Shape& shape) {
  return Guarded([&]() -> Result<Slice> {
    auto parsed = ::rutter::ParseSlice(text, ::rutter::Shape(shape.begin(), shape.end()));
    if (!parsed) return ToPublic(parsed.error());
    Slice slice;
    for (const ::rutter::AxisSlice& axis : parsed->axes) slice.push_back({axis.start, axis.count, axis.step, axis.drop});
    return slice;
  });
}

Shape ResultShape(const Slice& slice) {
  Shape shape;
  for (const AxisSlice& axis : slice) {
    if (!axis.drop) shape.push_back(axis.count);
  }
  return shape;
}

std::uint64_t NumElements(const Slice& slice) {
  std::uint64_t elements = 1;
  for (const AxisSlice& axis : slice) elements = CheckedMul(elements, axis.count).value_or(~0ull);
  return elements;
}

}  // namespace rutter::v1
