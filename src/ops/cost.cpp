#include "ops/cost.h"

namespace rutter {

Cost CostOf(const Dataset& dataset) {
  const Trace& trace = *dataset.trace;
  const http::ClientStatistics& client = dataset.client->statistics();
  Cost cost;
  cost.requests = client.requests;
  cost.repeats = client.repeats;
  cost.redirects = client.redirects;
  cost.local_reads = trace.local_reads;
  cost.local_bytes = trace.local_bytes;
  cost.fetched_bytes = client.bytes + trace.local_bytes;
  cost.reads = trace.reads;
  cost.wanted_bytes = trace.read_bytes;
  cost.ranges = trace.ranges;
  cost.merged_ranges = trace.merged_ranges;
  cost.kept_reads = trace.kept_reads;
  cost.kept_bytes = trace.kept_bytes;
  cost.objects = trace.objects;
  cost.chunks = trace.chunks;
  cost.missing_chunks = trace.missing_chunks;
  cost.kept_chunks = trace.kept_chunks;
  cost.decoded_bytes = trace.decoded_bytes;
  cost.decode_cpu_seconds = static_cast<double>(trace.decode_cpu_ns) * 1e-9;
  cost.wait_seconds = static_cast<double>(trace.wait_ns) * 1e-9;
  return cost;
}

}  // namespace rutter
