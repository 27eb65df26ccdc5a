#pragma once
// Slices as JSON: {"path":..., "shape":[...], "dtype":..., "values":...}.

#include <functional>
#include <string_view>

#include "base/result.h"
#include "read/reader.h"

namespace rutter {

/// Streams the JSON of a slice to `write` piece by piece, with a line feed at the end. Values are nested lists by the
/// rules of model/value_json.h: floats are the shortest text that gives the same number of their width, enumerations
/// their integers, booleans true and false. Numbers never become Values. A null dataspace has null values and shape.
/// `more`, where given, is asked at the end for further members of the object: `,"name":value`.
/// Memory is bounded by options.max_memory_bytes. Errors: as Reader::ReadAsValues, what `write` returns.
Status WriteJson(const Reader& reader, const Array& array, std::string_view path, const Slice& slice, const ReadOptions& options,
                 const std::function<Status(std::string_view)>& write, const std::function<std::string()>& more = {});

/// Appends one native element (NativeType, host byte order) of any fixed type.
/// Errors: kUnsupported (time types).
Status AppendElementJson(const Dtype& native, const std::byte* element, std::string& out);

/// Appends a Value that came from an element of `dtype`: floats get the text of their own width.
void AppendTypedJson(const Value& value, const Dtype& dtype, std::string& out);

}  // namespace rutter
