// rutter inspect: what the parser saw, with offsets.

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "rutter/command.h"

namespace rutter::cli {
namespace {

using Json = nlohmann::json;

/// Indented "name: value" lines; objects and lists nest.
void AppendTree(const Json& value, int depth, std::string& out) {
  auto scalar = [](const Json& item) { return item.is_string() ? item.get<std::string>() : item.dump(-1, ' ', false, Json::error_handler_t::replace); };
  std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      bool flat = !item.is_structured() || (item.is_array() && (item.empty() || !item[0].is_structured()));
      out += indent + key + ":" + (flat ? " " + scalar(item) : "") + "\n";
      if (!flat) AppendTree(item, depth + 1, out);
    }
  } else if (value.is_array()) {
    for (const Json& item : value) {
      out += indent + "-\n";
      AppendTree(item, depth + 1, out);
    }
  } else {
    out += indent + scalar(value) + "\n";
  }
}

Status RunInspect(const CommonOptions& options) {
  RUTTER_ASSIGN(OpenAnyOptions open, options.ToOpen());
  open.conventions = false;
  RUTTER_ASSIGN(Dataset dataset, OpenAny(options.path, open));
  if (dataset.file == nullptr) {
    Error error = MakeError(ErrorCode::kInvalidArgument, "inspect shows native files, and this is a map");
    error.where.source = options.path;
    error.hint = "rutter ls --long --attrs shows a map";
    return Fail(std::move(error));
  }
  RUTTER_ASSIGN(Json report, dataset.file->Inspect());
  if (options.json) return PrintOut(report.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  std::string out;
  AppendTree(report, 0, out);
  return PrintOut(out);
}

}  // namespace

void AddInspect(CLI::App& app, Run& run) {
  auto options = std::make_shared<CommonOptions>();
  CLI::App* command = app.add_subcommand("inspect", "Show what the parser saw, with offsets");
  options->Add(*command, "A native file");
  command->callback([options, &run] {
    JsonErrors() = options->json;
    run = [options] { return RunInspect(*options); };
  });
}

}  // namespace rutter::cli
