#pragma once
// Facts of imec's probes that older .meta files leave out.

#include <optional>
#include <string_view>

#include "formats/spikeglx/meta.h"

namespace rutter::spikeglx {

/// One family of probes. Lengths in micrometres.
struct Probe {
  double max_count = 512;             ///< Counts at the top of the range (imMaxInt) where the .meta does not tell.
  std::optional<double> fixed_gain;   ///< Probes whose gain nobody can choose.
  bool has_dimensions = false;        ///< The four below and `shank_pitch` are known.
  double x_even_row = 0, x_odd_row = 0;  ///< From the shank's left edge to the leftmost electrode's centre.
  double x_pitch = 0, y_pitch = 0;
  double shank_pitch = 0;
};

/// By part number, else by probe type; a .meta without either is from a phase 3A probe.
/// Source: SpikeGLX "Metafile Tags" and the public probe table of imec's part numbers.
Probe ProbeOf(const Meta& meta);

}  // namespace rutter::spikeglx
