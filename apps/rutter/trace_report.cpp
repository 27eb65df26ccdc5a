#include "rutter/trace_report.h"

#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

#include "rutter/command.h"

namespace rutter::cli {
namespace {

/// Of this program alone: getrusage also counts what its parent held when it started it.
std::uint64_t PeakMemoryBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::string Fixed(double number, const char* form) {
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), form, number);
  return text.data();
}

}  // namespace

std::string TraceReport::Json(const Dataset& dataset) const {
  const Cost cost = CostOf(dataset);
  std::string out = ",\"trace\":{";
  auto count = [&out](std::string_view name, std::uint64_t number) { out += "\"" + std::string(name) + "\":" + std::to_string(number) + ","; };
  count("requests", cost.requests);
  count("repeats", cost.repeats);
  count("redirects", cost.redirects);
  count("local_reads", cost.local_reads);
  count("fetched_bytes", cost.fetched_bytes);
  count("local_bytes", cost.local_bytes);
  count("reads", cost.reads);
  count("wanted_bytes", cost.wanted_bytes);
  out += "\"amplification\":" + Fixed(cost.Amplification(), "%.4f") + ",";
  count("ranges", cost.ranges);
  count("merged_ranges", cost.merged_ranges);
  count("kept_reads", cost.kept_reads);
  count("kept_bytes", cost.kept_bytes);
  count("objects", cost.objects);
  count("chunks", cost.chunks);
  count("missing_chunks", cost.missing_chunks);
  count("decoded_bytes", cost.decoded_bytes);
  out += "\"decode_cpu_seconds\":" + Fixed(cost.decode_cpu_seconds, "%.6f") + ",\"wait_seconds\":" + Fixed(cost.wait_seconds, "%.6f");
  out += ",\"wall_seconds\":" + Fixed(static_cast<double>(wall_.Nanoseconds()) * 1e-9, "%.6f") + ",";
  count("peak_memory_bytes", PeakMemoryBytes());
  out.back() = '}';
  return out;
}

void TraceReport::Print(const Dataset& dataset) const {
  const Cost cost = CostOf(dataset);
  std::string out;
  auto row = [&out](std::string name, const std::string& text) {
    name.resize(18, ' ');
    out += name + text + "\n";
  };
  row("requests", HumanCount(cost.requests) + " to servers, of which " + HumanCount(cost.repeats) + " repeats and " + HumanCount(cost.redirects) + " redirects");
  row("local reads", HumanCount(cost.local_reads) + ", " + HumanBytes(cost.local_bytes));
  row("bytes fetched", HumanBytes(cost.fetched_bytes));
  row("bytes wanted", HumanBytes(cost.wanted_bytes) + " in " + HumanCount(cost.reads) + " ranges");
  row("amplification", Fixed(cost.Amplification(), "%.3f"));
  row("merged", HumanCount(cost.ranges) + " ranges into " + HumanCount(cost.merged_ranges) + " requests");
  row("kept", HumanCount(cost.kept_reads) + " ranges, " + HumanBytes(cost.kept_bytes) + ", without a request of their own");
  if (cost.objects != 0) row("objects", HumanCount(cost.objects));
  row("chunks", HumanCount(cost.chunks) + " read, " + HumanCount(cost.missing_chunks) + " never stored; decoded to " + HumanBytes(cost.decoded_bytes));
  row("decoding", Fixed(cost.decode_cpu_seconds, "%.3f s of processor time"));
  row("waiting", Fixed(cost.wait_seconds, "%.3f s for bytes, all threads together"));
  row("in all", Fixed(static_cast<double>(wall_.Nanoseconds()) * 1e-9, "%.3f s"));
  row("peak memory", HumanBytes(PeakMemoryBytes()));
  std::fwrite(out.data(), 1, out.size(), stderr);
}

}  // namespace rutter::cli
