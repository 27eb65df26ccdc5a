#include <algorithm>
#include <chrono>
#include <utility>

#include "api/state.h"
#include "model/value_json.h"
#include "ops/check.h"
#include "ops/cost.h"
#include "ops/map_file.h"

namespace rutter::v1 {
namespace {

OpenAnyOptions ToOwn(const OpenOptions& options) {
  OpenAnyOptions own;
  own.allow = options.allow;
  own.limits.metadata_bytes = options.metadata_bytes;
  own.limits.chunk_bytes = options.chunk_bytes;
  own.conventions = options.conventions;
  own.cancel = options.cancel.flag();
  const double seconds = std::clamp(options.timeout_seconds, 0.1, 86'400.0);
  own.http.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
  own.http.cache_bytes = options.cache_bytes;
  own.chunk_cache_bytes = options.chunk_cache_bytes;
  own.trace = std::make_shared<Trace>();
  options.progress.Watch({own.trace, &own.trace->objects});
  return own;
}

bool HasMosaics(const Map& map) {
  bool has = false;
  VisitNodes(map.root, [&](const Node& node) {
    has = has || (node.array != nullptr && !node.array->failure && dynamic_cast<const MosaicIndex*>(node.array->index.get()) != nullptr);
  });
  return has;
}

Error NotFound(std::string_view path, const std::string& place) {
  ::rutter::Error error = MakeError(::rutter::ErrorCode::kNotFound, "there is no " + std::string(path));
  error.where.source = place;
  return ToPublic(error);
}

}  // namespace

const char* Version() { return RUTTER_VERSION; }

File::File(std::shared_ptr<const State> state) : state_(std::move(state)) {}

const std::string& File::place() const { return state_->place; }
const std::string& File::format() const { return state_->dataset.map.format; }
bool File::is_data_file() const { return state_->dataset.is_native; }

Result<File> File::Open(const std::string& place, const OpenOptions& options) {
  return Guarded([&]() -> Result<File> {
    auto state = std::make_shared<State>();
    state->place = place;
    state->options = ToOwn(options);
    auto dataset = OpenAny(place, state->options);
    if (!dataset) return ToPublic(dataset.error());
    state->dataset = *std::move(dataset);
    return File(std::move(state));
  });
}

Result<std::vector<NodeInfo>> File::List(std::string_view path) const {
  return Guarded([&]() -> Result<std::vector<NodeInfo>> {
    const Node* top = state_->dataset.map.Find(path);
    if (top == nullptr) return NotFound(path, state_->place);
    std::vector<NodeInfo> nodes;
    VisitNodes(*top, [&](const Node& node) {
      NodeInfo info;
      info.path = node.Path();
      info.kind = static_cast<NodeKind>(static_cast<int>(node.kind) + 1);
      info.target = node.kind == ::rutter::NodeKind::kExternalLink ? node.target_file + ":" + node.target : node.target;
      if (node.failure) info.failure = ToPublic(*node.failure);
      if (node.attributes_failure) info.attributes_failure = ToPublic(*node.attributes_failure);
      if (node.array != nullptr && node.array->failure) info.failure = ToPublic(*node.array->failure);
      nodes.push_back(std::move(info));
    });
    return nodes;
  });
}

Result<std::string> File::AttributesJson(std::string_view path) const {
  return Guarded([&]() -> Result<std::string> {
    const Node* node = state_->dataset.map.Find(path);
    if (node == nullptr) return NotFound(path, state_->place);
    std::string out = "{";
    for (const Attribute& attribute : node->attributes) {
      if (out.size() > 1) out += ',';
      AppendJson(Value(attribute.name), out);
      out += ':';
      if (attribute.failure || attribute.is_null) {
        out += "null";
      } else {
        AppendJson(attribute.value, out);
      }
    }
    return out + "}";
  });
}

Result<Array> File::OpenArray(std::string_view path) const {
  return Guarded([&]() -> Result<Array> {
    const Node* node = state_->dataset.map.Find(path);
    if (node == nullptr) return NotFound(path, state_->place);
    if (node->failure) return ToPublic(*node->failure);
    if (node->array == nullptr) {
      ::rutter::Error error = MakeError(::rutter::ErrorCode::kInvalidArgument, std::string(path) + " is no array");
      error.where.source = state_->place;
      return ToPublic(error);
    }
    if (node->array->failure) return ToPublic(*node->array->failure);
    auto state = std::make_shared<Array::State>();
    state->file = state_;
    state->node = node;
    state->path = node->Path();
    state->info = DescribeArray(*node->array);
    return Array(std::move(state));
  });
}

Result<MapReport> File::WriteMap(const std::string& output, const MapOptions& options) const {
  return Guarded([&]() -> Result<MapReport> {
    WriteOptions write;
    write.relative = options.relative;
    write.generator = std::string("rutter ") + Version();
    switch (options.kind) {
      case MapKind::kKerchunk: write.dialect = Dialect::kKerchunk; break;
      case MapKind::kKerchunkZarr3: write.dialect = Dialect::kKerchunkZarr3; break;
      case MapKind::kLindi: write.dialect = Dialect::kLindi; break;
      case MapKind::kByEnding: {
        auto dialect = DialectOfEnding(output);
        if (!dialect) return ToPublic(dialect.error());
        write.dialect = *dialect;
      }
    }
    const Dataset* dataset = &state_->dataset;
    Dataset own;
    if (dataset->is_native && HasMosaics(dataset->map)) {
      // Referring to the sources of virtual datasets changes the tree, which readers of this file share: another one then.
      auto opened = OpenAny(state_->place, state_->options);
      if (!opened) return ToPublic(opened.error());
      own = *std::move(opened);
      ReferenceMosaics(own);
      dataset = &own;
    }
    auto written = WriteMapFile(*dataset, output, write, options.progress.counter().get());
    if (!written) return ToPublic(written.error());
    MapReport report;
    report.groups = written->groups;
    report.arrays = written->arrays_mapped;
    report.chunk_references = written->chunk_references;
    report.inlined_chunks = written->inlined_chunks;
    report.bytes_written = written->bytes_written;
    for (const ::rutter::Unmapped& item : written->unmapped) {
      report.unmapped.push_back({item.path, static_cast<UnmappedPart>(static_cast<int>(item.part) + 1), item.attribute, ToPublic(item.reason)});
    }
    report.notes = dataset->map.notes;
    report.notes.insert(report.notes.end(), written->notes.begin(), written->notes.end());
    return report;
  });
}

Result<CheckReport> File::Check(const CheckOptions& options) const {
  return Guarded([&]() -> Result<CheckReport> {
    ::rutter::CheckOptions check;
    check.decode = options.decode;
    check.cancel = state_->dataset.cancel.get();
    check.progress = options.progress.counter().get();
    auto checked = CheckDataset(state_->dataset, check);
    if (!checked) return ToPublic(checked.error());
    CheckReport report;
    report.sources = checked->sources;
    report.arrays = checked->arrays;
    report.chunks = checked->chunks;
    report.decoded_chunks = checked->decoded_chunks;
    for (const ::rutter::Finding& finding : checked->findings) report.findings.push_back({finding.is_error, finding.path, finding.message});
    return report;
  });
}

Counters File::counters() const {
  const Cost cost = CostOf(state_->dataset);
  Counters counters;
  counters.requests = cost.requests;
  counters.repeats = cost.repeats;
  counters.redirects = cost.redirects;
  counters.local_reads = cost.local_reads;
  counters.fetched_bytes = cost.fetched_bytes;
  counters.wanted_bytes = cost.wanted_bytes;
  counters.kept_reads = cost.kept_reads;
  counters.chunks = cost.chunks;
  counters.missing_chunks = cost.missing_chunks;
  counters.kept_chunks = cost.kept_chunks;
  counters.decoded_bytes = cost.decoded_bytes;
  counters.decode_cpu_seconds = cost.decode_cpu_seconds;
  counters.wait_seconds = cost.wait_seconds;
  return counters;
}

}  // namespace rutter::v1
