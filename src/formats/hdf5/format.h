#pragma once
// HDF5 as a format of the registry. Source: HDF5 File Format Specification 4.0.

#include "formats/format.h"

namespace rutter {

extern const Format kHdf5Format;

/// True where an HDF5 file begins at byte 0, 512, 1024, 2048, ... of the source: also behind a user block that is larger
/// than the head that formats look at. Errors: kIo.
Result<bool> HasHdf5Signature(ByteSource& source);

}  // namespace rutter
