#pragma once
// MATLAB's MAT files of version 7.3.

#include "base/result.h"
#include "model/data_access.h"
#include "model/map.h"

namespace rutter {

/// True where an object in the root group has MATLAB_class.
bool IsMat73(const Map& map);

/// Adds what a reader must know as attributes; the arrays stay as stored (C order, MATLAB's dimensions reversed):
///  matlab_kind    numeric, logical, char, cell, struct, struct array, sparse, function handle, object, opaque
///  matlab_shape   the size in MATLAB, as size() prints it; of an empty array the size that its data tells
///  matlab_text    a small char array as text: one string, or one for each row
///  matlab_fields  the names of a struct's fields in their order
/// Errors: kLimit, kIo. Damage leaves attributes out.
/// Source: the attributes that MATLAB itself writes (MATLAB_class and others); there is no public specification.
Status ApplyMat73(Map& map, const DataAccess& data);

}  // namespace rutter
