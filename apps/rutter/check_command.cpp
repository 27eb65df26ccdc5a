// rutter check: is a map still true, and will every client take it?

#include <memory>
#include <utility>

#include "model/value_json.h"
#include "ops/check.h"
#include "refs/lint.h"
#include "rutter/command.h"
#include "rutter/progress.h"

namespace rutter::cli {
namespace {

struct Options {
  CommonOptions common;
  bool decode = false;
};

Status Lint(const Dataset& dataset, CheckReport& report) {
  RUTTER_ASSIGN(auto source, OpenTyped(dataset.path, dataset.client));
  std::string document(static_cast<std::size_t>(source->size()), '\0');
  RUTTER_TRY(source->ReadAt(0, std::as_writable_bytes(std::span(document.data(), document.size()))));
  RUTTER_ASSIGN(auto findings, LintReferences(document));
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
    if (!finding.path.empty()) out += finding.path + ": ";
    out += finding.message;
    if (!finding.clients.empty()) out += " (stops " + finding.clients + ")";
    out += "\n";
  }
  return out + (report.HasErrors() ? "not ok" : "ok") + ": " + HumanCount(report.sources) + " sources, " + HumanCount(report.arrays) + " arrays, " +
         HumanCount(report.chunks) + " chunks, " + HumanCount(report.decoded_chunks) + " decoded\n";
}

Status RunCheck(const Options& options) {
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
  if (!dataset.is_native) RUTTER_TRY(Lint(dataset, report));
  RUTTER_TRY(PrintOut(options.common.json ? ReportJson(report) : ReportText(report)));
  if (!report.HasErrors()) return {};
  // A source that changed is the cause of what follows from it, so it decides the exit code.
  for (std::size_t k = 0; k < dataset.map.sources.size(); ++k) {
    auto source = dataset.pool->Get(static_cast<std::uint32_t>(k));
    if (!source) return Fail(std::move(source).error());
    RUTTER_TRY((*source)->CheckUnchanged());
  }
  RUTTER_TRY(dataset.client->FirstFailure());
  return Fail(ErrorCode::kCorrupt, "the check found errors");
}

}  // namespace

void AddCheck(CLI::App& app, Run& run) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("check", "Check a map: sources unchanged, chunks in bounds, clients' rules");
  options->common.Add(*command, "A map (or a file)");
  command->add_flag("--decode", options->decode, "Read and decode every chunk");
  command->callback([options, &run] {
    JsonErrors() = options->common.json;
    run = [options] { return RunCheck(*options); };
  });
}

}  // namespace rutter::cli
