#pragma once
// `rutter read --json`: {"path", "shape", "dtype", "values"}.

#include <functional>
#include <string>
#include <string_view>

#include "read/reader.h"

namespace rutter {

/// Streams the JSON of a slice of an array of any type to `write`. Memory stays bounded for fixed types.
/// A scalar's "values" is the value itself; a null dataspace's "shape" and "values" are null.
/// Errors: as Reader::Read and ReadAsValues, as `write`.
Status WriteJson(const Reader& reader, const Array& array, const std::string& path, const Slice& slice, const ReadOptions& options,
                 const std::function<Status(std::string_view)>& write);

}  // namespace rutter
