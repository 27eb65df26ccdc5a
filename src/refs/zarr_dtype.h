#pragma once
// Element types from the three ways that documents write them.

#include "base/result.h"
#include "model/dtype.h"
#include "model/value.h"

namespace rutter {

/// NumPy's type as Zarr v2 writes it: "<i2", "|S5", "<M8[ns]" (kept as its 64-bit integer), or a list of
/// [name, type] and [name, type, shape]. "|O" gives nullptr: the object codec decides.
/// Errors: kCorrupt (no such type), kUnsupported (a type with no place in the model).
Result<DtypePtr> DtypeFromNumpy(const Value& value);

/// A Zarr v3 data type: a name, or {"name", "configuration"}. Little-endian until the "bytes" codec says otherwise.
/// "string" and the variable-length bytes types give a variable-length string.
Result<DtypePtr> DtypeFromZarr3(const Value& value);

/// What DtypeToJson wrote.
Result<DtypePtr> DtypeFromJson(const Value& value);

/// The same type in another byte order, at every depth.
DtypePtr WithByteOrder(const DtypePtr& dtype, ByteOrder order);

}  // namespace rutter
