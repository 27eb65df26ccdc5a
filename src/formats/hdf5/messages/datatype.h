#pragma once
// From the Datatype message to the model's element type. Source: HDF5 4.0, "The Datatype Message"; the complex class 11
// and version 5 are HDF5 2.0's.

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"
#include "formats/hdf5/file.h"
#include "model/dtype.h"

namespace rutter::hdf5 {

/// Decodes one datatype, nested ones included, and leaves `reader` behind it. Versions 1 to 5, all classes.
/// A compound of two like floats named (r, i) or (real, imag) becomes TypeClass::kComplex, as h5py and MATLAB write it.
/// Errors: kCorrupt (bits outside the element, members outside their compound, sizes that contradict each other),
/// kUnsupported (version, class), kLimit (Limits::depth, Limits::members).
Result<DtypePtr> DecodeDatatype(ByteReader& reader, const Sizes& sizes, const Limits& limits);

/// True where a reference stands in an element of this type, at any depth.
bool HasReference(const Dtype& dtype);

}  // namespace rutter::hdf5
