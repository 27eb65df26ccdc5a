#pragma once
// The explicit table of formats.

#include <span>

#include "formats/format.h"

namespace rutter {

std::span<const Format* const> AllFormats();

/// Finds the format by content and opens the file. Errors: kUnsupported (no format claims it; the message names what the
/// bytes look like where that is known: "DICOM", "HDF4", "gzip", ...), and what the format's open returns.
Result<std::unique_ptr<FormatFile>> OpenWithAnyFormat(std::shared_ptr<ByteSource> source, const OpenOptions& options,
                                                      const Format** chosen = nullptr);

}  // namespace rutter
