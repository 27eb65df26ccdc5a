#include "formats/spikeglx/probe.h"

#include <string>

namespace rutter::spikeglx {
namespace {

struct Row {
  std::string_view name;  ///< A part number, or a probe type as the .meta's number.
  double x_even_row, x_odd_row, x_pitch, y_pitch, shank_pitch;
};

constexpr Row kRows[] = {
    // NP 1.0, staggered
    {"NP1000", 27, 11, 32, 20, 0}, {"NP1001", 27, 11, 32, 20, 0}, {"NP1010", 27, 11, 32, 20, 0}, {"NP1011", 27, 11, 32, 20, 0},
    {"NP1012", 27, 11, 32, 20, 0}, {"NP1013", 27, 11, 32, 20, 0}, {"NP1014", 27, 11, 32, 20, 0}, {"PRB_1_2_0480_2", 27, 11, 32, 20, 0},
    {"PRB_1_4_0480_1", 27, 11, 32, 20, 0}, {"PRB_1_4_0480_1_C", 27, 11, 32, 20, 0}, {"0", 27, 11, 32, 20, 0},
    // NP 1.0 for primates, straight
    {"NP1015", 27, 27, 32, 20, 0}, {"NP1016", 27, 27, 32, 20, 0}, {"NP1017", 27, 27, 32, 20, 0},
    {"NP1020", 27, 11, 87, 20, 0}, {"NP1021", 27, 11, 87, 20, 0}, {"NP1030", 27, 11, 87, 20, 0}, {"NP1031", 27, 11, 87, 20, 0},
    {"NP1022", 11, 11, 103, 20, 0}, {"NP1032", 11, 11, 103, 20, 0}, {"NP1033", 11, 11, 103, 20, 0}, {"NP1040", 11, 11, 103, 20, 0},
    {"NP1041", 11, 11, 103, 20, 0}, {"NP1042", 11, 11, 103, 20, 0}, {"NP1050", 11, 11, 103, 20, 0}, {"NP1051", 11, 11, 103, 20, 0},
    // Ultra high density
    {"NP1100", 14, 14, 6, 6, 0}, {"1100", 14, 14, 6, 6, 0}, {"NP1110", 15.5, 15.5, 6, 6, 0}, {"1110", 15.5, 15.5, 6, 6, 0},
    {"NP1120", 6.75, 6.75, 4.5, 4.5, 0}, {"1120", 6.75, 6.75, 4.5, 4.5, 0}, {"NP1121", 6.25, 6.25, 0, 3, 0}, {"1121", 6.25, 6.25, 0, 3, 0},
    {"NP1122", 12.5, 12.5, 3, 3, 0}, {"1122", 12.5, 12.5, 3, 3, 0}, {"NP1123", 10.25, 10.25, 4.5, 4.5, 0}, {"1123", 10.25, 10.25, 4.5, 4.5, 0},
    // Passive and opto
    {"NP1200", 56.5, 36.5, 32, 31, 0}, {"NP1210", 56.5, 36.5, 32, 31, 0}, {"1200", 56.5, 36.5, 32, 31, 0},
    {"NP1300", 11, 11, 48, 20, 0}, {"1300", 11, 11, 48, 20, 0},
    // NP 2.0
    {"NP2000", 27, 27, 32, 15, 0}, {"PRB2_1_2_0640_0", 27, 27, 32, 15, 0}, {"21", 27, 27, 32, 15, 0},
    {"NP2003", 27, 27, 32, 15, 0}, {"NP2004", 27, 27, 32, 15, 0}, {"NP2005", 27, 27, 32, 15, 0}, {"2003", 27, 27, 32, 15, 0},
    {"NP2006", 27, 11, 32, 15, 0},
    {"NP2010", 27, 27, 32, 15, 250}, {"PRB2_4_2_0640_0", 27, 27, 32, 15, 250}, {"24", 27, 27, 32, 15, 250},
    {"NP2013", 27, 27, 32, 15, 250}, {"NP2014", 27, 27, 32, 15, 250}, {"2013", 27, 27, 32, 15, 250},
    {"NP2020", 27, 27, 32, 15, 250}, {"NP2021", 27, 27, 32, 15, 250}, {"2020", 27, 27, 32, 15, 250},
};

const Row* FindRow(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

template <std::size_t N>
bool IsOneOf(std::string_view name, const std::string_view (&names)[N]) {
  for (std::string_view candidate : names) {
    if (candidate == name) return true;
  }
  return false;
}

}  // namespace

Probe ProbeOf(const Meta& meta) {
  std::string_view part = meta.Find("imDatPrb_pn").value_or("");
  std::string_view type = meta.Find("imDatPrb_type").value_or(meta.Find("imDatPrbtype").value_or(""));
  if (part.empty() && type.empty()) type = "0";  // Phase 3A wrote neither.

  Probe probe;
  // 14 bits at gain 80; 12 bits at gain 100; all others 10 bits and a gain by channel.
  constexpr std::string_view kFourteenBit[] = {"21", "24", "NP2000", "NP2010", "PRB2_1_2_0640_0", "PRB2_4_2_0640_0"};
  constexpr std::string_view kTwelveBit[] = {"2003", "2013", "2020", "NP2003", "NP2004", "NP2005", "NP2006",
                                             "NP2013", "NP2014", "NP2020", "NP2021", "NP2022"};
  if (IsOneOf(type, kFourteenBit) || IsOneOf(part, kFourteenBit)) {
    probe.max_count = 8192;
    probe.fixed_gain = 80;
  } else if (IsOneOf(type, kTwelveBit) || IsOneOf(part, kTwelveBit)) {
    probe.max_count = 2048;
    probe.fixed_gain = 100;
  }

  const Row* row = FindRow(part);
  if (row == nullptr) row = FindRow(type);
  if (row != nullptr) {
    probe.has_dimensions = true;
    probe.x_even_row = row->x_even_row;
    probe.x_odd_row = row->x_odd_row;
    probe.x_pitch = row->x_pitch;
    probe.y_pitch = row->y_pitch;
    probe.shank_pitch = row->shank_pitch;
  }
  // Newer files tell.
  auto x_even = meta.FindDouble("imX0EvenRow"), x_odd = meta.FindDouble("imX0OddRow");
  auto x_pitch = meta.FindDouble("imXPitch"), y_pitch = meta.FindDouble("imZPitch");
  if (x_even && x_odd && x_pitch && y_pitch) {
    probe.has_dimensions = true;
    probe.x_even_row = *x_even;
    probe.x_odd_row = *x_odd;
    probe.x_pitch = *x_pitch;
    probe.y_pitch = *y_pitch;
  }
  return probe;
}

}  // namespace rutter::spikeglx
