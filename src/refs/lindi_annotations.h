#pragma once
// LINDI's special attributes, back to what they stand for.

#include <string_view>

#include "base/limits.h"
#include "base/result.h"
#include "model/map.h"
#include "model/value.h"

namespace rutter {

/// _SCALAR, _SOFT_LINK, _COMPOUND_DTYPE, _EXTERNAL_ARRAY_LINK: not attributes of the data.
bool IsLindiAnnotation(std::string_view attribute_name);

/// Applies the annotations of one node's attributes: a soft link, a scalar, an array that lies in another file as a whole.
/// True where any was there. Errors: kCorrupt.
Result<bool> ApplyLindiAnnotations(const Value& attributes, Node& node);

/// Finds out what a "json2" array holds, from `attributes` and from its first inline chunk: text, references or rows of
/// a compound. Leaves text where it cannot tell. `array.index` stands. Errors: kCorrupt.
Status ApplyLindiElementType(const Value& attributes, const Limits& limits, Array& array);

}  // namespace rutter
