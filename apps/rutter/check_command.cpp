// rutter check: is a map still true, and will every client take it?

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/value_json.h"
#include "ops/check.h"
#include "ops/document_source.h"
#include "refs/lint.h"
#include "rutter/command.h"
#include "rutter/progress.h"

namespace rutter::cli {
namespace {

struct CheckCommandOptions {
  CommonOptions common;
  bool decode = false;
};

/// The text of a map, unless it is too long to be looked at as a tree.
Result<std::optional<std::string>> WholeText(ByteSource& source) {
  constexpr std::size_t kMost = 256 << 20, kPiece = 1 << 20;
  std::vector<std::byte> head(static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), 4'096)));
  RUTTER_TRY(source.ReadMetadata(0, head));
  auto text = TextOfMap(source, {reinterpret_cast<const char*>(head.data()), head.size()});
  if (text == nullptr) return Fail(ErrorCode::kSourceChanged, "the map is no reference document any more");
  std::string out;
  while (out.size() <= kMost) {
    std::size_t begin = out.size();
    out.resize(begin + kPiece);
    RUTTER_ASSIGN(std::size_t length, text->Read(begin, std::span(out).subspan(begin)));
    out.resize(begin + length);
    if (length == 0) return std::optional(std::move(out));
  }
  return std::optional<std::string>();
}

Status Lint(const Dataset& dataset, const std::vector<std::string>& allow, CheckReport& report) {
  RUTTER_ASSIGN(auto source, OpenTyped(dataset.path, dataset.client, allow));
  RUTTER_ASSIGN(auto document, WholeText(*source));
  if (!document) {
    report.findings.push_back({false, {}, {}, "the map is larger than 256 MiB; whether every client takes it was not looked at"});
    return {};
  }
  RUTTER_ASSIGN(auto findings, LintReferences(*document));
  for (LintFinding& finding : findings) report.findings.push_back({false, std::move(finding.key), std::move(finding.clients), std::move(finding.message)});
  return {};
}

std::string ReportJson(const CheckReport& report) {
  std::string out = "{\"ok\":" + std::string(report.HasErrors() ? "false" : "true") + ",\"sources\":" + std::to_string(report.sources) +
                    ",\"arrays\":" + std::to_string(report.arrays) + ",\"chunks\":" + std::to_string(report.chunks) +
                    ",\"decoded_chunks\":" + std::to_string(report.decoded_chunks) + ",\"findings\":[";
  for (std::size_t k = 0; k < report.findings.size(); ++k) {
    const Finding& finding = report.findings[k];
    out += k == 0 ? "{" : ",{";
    out += std::string("\"level\":\"") + (finding.is_error ? "error" : "warning") + "\",\"path\":";
    AppendJson(Value(finding.path), out);
    out += ",\"clients\":";
    AppendJson(Value(finding.clients), out);
    out += ",\"message\":";
    AppendJson(Value(finding.message), out);
    out += "}";
  }
  return out + "]}\n";
}

std::string ReportText(const CheckReport& report) {
  std::string out;
  for (const Finding& finding : report.findings) {
    out += finding.is_error ? "error: " : "warning: ";
    if (!finding.path.empty()) out += Printable(finding.path) + ": ";
    out += Printable(finding.message);
    if (!finding.clients.empty()) out += " (stops " + finding.clients + ")";
    out += "\n";
  }
  return out + (report.HasErrors() ? "not ok" : "ok") + ": " + HumanCount(report.sources) + " sources, " + HumanCount(report.arrays) + " arrays, " +
         HumanCount(report.chunks) + " chunks, " + HumanCount(report.decoded_chunks) + " decoded\n";
}

Status RunCheck(const CheckCommandOptions& options) {
  RUTTER_ASSIGN(Dataset dataset, options.common.Open());
  std::atomic<std::uint64_t> chunks{0};
  CheckOptions check;
  check.decode = options.decode;
  check.progress = &chunks;
  check.cancel = dataset.cancel.get();
  CheckReport report;
  {
    Progress progress("checking chunks", chunks, 0, Progress::Unit::kItems);
    RUTTER_ASSIGN(report, CheckDataset(dataset, check));
  }
  if (!dataset.is_native) RUTTER_TRY(Lint(dataset, options.common.allow, report));
  RUTTER_TRY(PrintOut(options.common.json ? ReportJson(report) : ReportText(report)));
  if (!report.HasErrors()) return {};
  // A source that changed is the cause of what follows from it, so it decides the exit code.
  for (std::size_t k = 0; k < dataset.map.sources.size(); ++k) {
    auto source = dataset.pool->Get(static_cast<std::uint32_t>(k));
    if (!source) return Fail(std::move(source).error());
    RUTTER_TRY((*source)->CheckUnchanged());
  }
  RUTTER_TRY(dataset.FailureOfTheWorld());
  return Fail(ErrorCode::kCorrupt, "the check found errors");
}

}  // namespace

void AddCheck(CLI::App& app, Run& run) {
  auto options = std::make_shared<CheckCommandOptions>();
  CLI::App* command = app.add_subcommand("check", "Check a map: sources unchanged, chunks in bounds, clients' rules");
  options->common.Add(*command, "A map (or a file)");
  command->add_flag("--decode", options->decode, "Read and decode every chunk");
  command->callback([options, &run] {
    JsonErrors() = options->common.json;
    run = [options] { return RunCheck(*options); };
  });
}

}  // namespace rutter::cli
