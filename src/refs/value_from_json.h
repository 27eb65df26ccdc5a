#pragma once
// Values of a known type from the JSON that AppendJson writes.

#include "base/result.h"
#include "model/dtype.h"
#include "model/map.h"
#include "model/value.h"

namespace rutter {

/// One element of `dtype`. Errors: kCorrupt (JSON of another kind than the type).
Result<Value> ValueFromJson(const Dtype& dtype, Value json);

/// Nested lists of elements by `shape`; lengths must agree.
Result<Value> ValuesFromJson(const Dtype& dtype, const Shape& shape, Value json);

/// An attribute of unknown type, as other programs write it: text, numbers and booleans, lists of them, and LINDI's
/// {"_REFERENCE": ...}. Integers become int64 (uint64 above its range), other numbers float64. Lists that are not
/// rectangular and objects become text that holds their JSON.
Attribute AttributeFromJson(std::string name, Value json);

/// The type that AttributeFromJson gives a value of `dtype` when it comes back from JSON; true where it is `dtype` itself.
bool IsPlainAttributeType(const Dtype& dtype);

/// LINDI's {"_REFERENCE": {"path", ...}} or null as a reference; false where `json` is something else.
bool IsLindiReference(const Value& json);
Value LindiReferenceFromJson(const Value& json);

}  // namespace rutter
