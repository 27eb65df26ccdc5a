#pragma once
// JSON texts back to Values, led by the element type: the reverse of model/value_json.h, and LINDI's forms.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/dtype.h"
#include "model/value.h"
#include "refs/json_value.h"

namespace rutter {

/// One element. A type that the text does not fit gives what the text says by itself.
/// Errors: kCorrupt (no JSON, nested too deep).
Result<Value> ParseJsonValue(std::string_view text, const Dtype& dtype);

/// numcodecs' "json2": the items of a nested list, then the dtype and the shape. Flat, C order.
/// Errors: kCorrupt (no JSON, another number of elements than `num_elements`).
Result<ValueList> ParseJson2(std::string_view text, const Dtype& dtype, std::uint64_t num_elements);

}  // namespace rutter
