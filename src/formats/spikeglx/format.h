#pragma once
// SpikeGLX recordings: a .bin of interleaved int16 samples and its .meta. See docs/formats/spikeglx.md.

#include "formats/format.h"

namespace rutter {

/// Opened by either of the two files. "/data" [time, channel] as stored, and coordinates along "channel".
extern const Format kSpikeGlxFormat;

}  // namespace rutter
