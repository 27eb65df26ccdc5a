#pragma once
// A stored fill value as Zarr's JSON, and back.

#include <cstddef>
#include <span>
#include <string>

#include <vector>

#include "base/result.h"
#include "model/dtype.h"
#include "model/value.h"

namespace rutter {

/// Zarr v2 "fill_value": numbers, "NaN" and the infinities as strings, true/false, base64 for text, opaque and compound
/// types. `stored` is one element, or empty for zeros. "null" where v2 has no form.
/// Source: Zarr v2 specification, "Fill value encoding".
std::string FillValueJson(const Dtype& dtype, std::span<const std::byte> stored);

/// The same for Zarr v3, which has no null: zeros where none is known.
std::string FillValueJsonV3(const Dtype& dtype, std::span<const std::byte> stored);

/// One stored element from a document's "fill_value"; empty for null and for types without a stored form.
/// Takes what v2 and v3 write, hexadecimal floats ("0x7fc00000") included. Errors: kCorrupt.
Result<std::vector<std::byte>> FillFromJson(const Dtype& dtype, const Value& json);

}  // namespace rutter
