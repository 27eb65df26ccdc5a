#pragma once
// A stored fill value as Zarr's JSON.

#include <cstddef>
#include <span>
#include <string>

#include "model/dtype.h"

namespace rutter {

/// Zarr v2 "fill_value": numbers, "NaN" and the infinities as strings, true/false, base64 for text, opaque and compound
/// types. `stored` is one element, or empty for zeros. "null" where v2 has no form.
/// Source: Zarr v2 specification, "Fill value encoding".
std::string FillValueJson(const Dtype& dtype, std::span<const std::byte> stored);

/// The same for Zarr v3, which has no null: zeros where none is known.
std::string FillValueJsonV3(const Dtype& dtype, std::span<const std::byte> stored);

}  // namespace rutter
