// rutter map: writes the map of a file.

#include <memory>
#include <utility>

#include "io/store/object_url.h"
#include "io/url.h"
#include "model/value_json.h"
#include "ops/map_file.h"
#include "rutter/command.h"
#include "rutter/progress.h"
#include "rutter/trace_report.h"

namespace rutter::cli {
namespace {

struct MapCommandOptions {
  CommonOptions common;
  std::string output, dialect;
  bool relative = false;
};

Result<Dialect> ChooseDialect(const MapCommandOptions& options) {
  if (options.dialect == "kerchunk") return Dialect::kKerchunk;
  if (options.dialect == "lindi") return Dialect::kLindi;
  if (options.dialect == "zarr3") return Dialect::kKerchunkZarr3;
  auto dialect = DialectOfEnding(options.output);
  if (dialect) return dialect;
  Error error = std::move(dialect).error();
  error.hint = "use .json, .lindi.json or .zarr3.json, with .gz or .zst behind it where the map is to be compressed, or say --to kerchunk, lindi or zarr3";
  return Fail(std::move(error));
}

void AppendUnmappedJson(const Unmapped& item, std::string& out) {
  out += "{\"path\":";
  AppendJson(Value(item.path), out);
  if (item.part == UnmappedPart::kAttribute) {
    out += ",\"attribute\":";
    AppendJson(Value(item.attribute), out);
  } else if (item.part != UnmappedPart::kNode) {
    out.append(",\"part\":\"").append(UnmappedPartName(item.part)) += '"';
  }
  out += std::string(",\"code\":\"") + ErrorCodeName(item.reason.code) + "\",\"reason\":";
  AppendJson(Value(item.reason.ToString()), out);
  out += "}";
}

std::string JsonSummary(const std::string& output, const Map& map, const WriteReport& report, const std::string& more) {
  std::string out = "{\"map\":";
  AppendJson(Value(output), out);
  out += ",\"format\":\"" + map.format + "\",\"groups\":" + std::to_string(report.groups) + ",\"arrays_mapped\":" + std::to_string(report.arrays_mapped) +
         ",\"chunk_references\":" + std::to_string(report.chunk_references) + ",\"inlined_chunks\":" + std::to_string(report.inlined_chunks) +
         ",\"bytes_written\":" + std::to_string(report.bytes_written) + ",\"unmapped\":[";
  for (std::size_t k = 0; k < report.unmapped.size(); ++k) {
    if (k != 0) out += ",";
    AppendUnmappedJson(report.unmapped[k], out);
  }
  out += "],\"notes\":[";
  bool first = true;
  for (const auto* notes : {&map.notes, &report.notes}) {
    for (const std::string& note : *notes) {
      if (!first) out += ",";
      first = false;
      AppendJson(Value(note), out);
    }
  }
  return out + "]" + more + "}\n";
}

std::string PartText(const Unmapped& item) {
  switch (item.part) {
    case UnmappedPart::kNode: return "";
    case UnmappedPart::kAttribute: return " attribute " + item.attribute;
    case UnmappedPart::kMembers: return ", members that cannot be listed";
    case UnmappedPart::kAttributes: return ", attributes that cannot be listed";
  }
  return "";
}

std::string TextSummary(const std::string& output, const Map& map, const WriteReport& report) {
  std::string out = output + ": " + HumanCount(report.arrays_mapped) + " arrays in " + HumanCount(report.groups) + " groups (" + map.format + "), " +
                    HumanCount(report.chunk_references) + " chunk references, " + HumanCount(report.inlined_chunks) + " chunks inlined, " +
                    HumanBytes(report.bytes_written) + "\n";
  for (const auto* notes : {&map.notes, &report.notes}) {
    for (const std::string& note : *notes) out += "note: " + Printable(note) + "\n";
  }
  for (const Unmapped& item : report.unmapped) {
    out += Printable("not mapped: " + item.path + PartText(item) + ": " + item.reason.ToString()) + "\n";
  }
  return out;
}

/// FILE.json beside the file; for a URL, in the current folder.
Result<std::string> DefaultOutput(const std::string& path) {
  std::string place;
  if (IsObjectUrl(path)) {
    RUTTER_ASSIGN(ObjectUrl object, ParseObjectUrl(path));
    place = "/" + object.key;
  } else if (IsHttpUrl(path)) {
    RUTTER_ASSIGN(Url url, ParseUrl(path));
    place = url.path;
  } else {
    return path + ".json";
  }
  std::string name = place.substr(place.rfind('/') + 1);
  if (!name.empty()) return name + ".json";
  Error error = MakeError(ErrorCode::kInvalidArgument, "the URL gives the map no name");
  error.hint = "say --output MAP.json";
  return Fail(std::move(error));
}

Status RunMap(MapCommandOptions options) {
  const TraceReport trace;
  if (options.output.empty()) {
    RUTTER_ASSIGN(options.output, DefaultOutput(options.common.path));
  }
  RUTTER_ASSIGN(Dialect dialect, ChooseDialect(options));
  RUTTER_ASSIGN(Dataset opened, options.common.Open());
  if (opened.is_native) ReferenceMosaics(opened);
  // The process ends with the map, and takes its many small nodes with it at once.
  static const Dataset& dataset = *new Dataset(std::move(opened));
  WriteOptions write;
  write.dialect = dialect;
  write.relative = options.relative;
  write.generator = "rutter " RUTTER_VERSION;
  WriteReport report;
  {
    std::atomic<std::uint64_t> written{0};
    const Progress progress("writing " + options.output, written, 0, Progress::Unit::kBytes);
    RUTTER_ASSIGN(report, WriteMapFile(dataset, options.output, write, &written));
  }
  if (options.common.trace && !options.common.json) trace.Print(dataset);
  const std::string more = options.common.trace ? trace.Json(dataset) : "";
  return PrintOut(options.common.json ? JsonSummary(options.output, dataset.map, report, more) : TextSummary(options.output, dataset.map, report));
}

}  // namespace

void AddMap(CLI::App& app, Run& run) {
  auto options = std::make_shared<MapCommandOptions>();
  CLI::App* command = app.add_subcommand("map", "Write the map of a file");
  options->common.Add(*command, "The file to map, or its URL: http(s)://, s3://bucket/key, gs://, az://");
  options->common.AddTrace(*command);
  command->add_option("-o,--output", options->output, "The map to write (default: FILE.json, of a URL in the current folder); the ending chooses the kind")->type_name("MAP");
  command->add_option("--to", options->dialect, "kerchunk, lindi or zarr3, whatever the ending")->check(CLI::IsMember({"kerchunk", "lindi", "zarr3"}));
  command->add_flag("--relative", options->relative, "Write source paths relative to the map (clients resolve them differently)");
  command->callback([options, &run] {
    JsonErrors() = options->common.json;
    run = [options] { return RunMap(*options); };
  });
}

}  // namespace rutter::cli
