#pragma once
// What the subcommands share: options, errors on stderr, exit codes.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ops/open.h"

namespace rutter::cli {

/// A subcommand's work; its Status becomes the exit code.
using Run = std::function<Status()>;

/// Adds one subcommand to the application; `run` is filled and called when the user chose it.
using AddCommand = void (*)(CLI::App& app, Run& run);
void AddMap(CLI::App& app, Run& run);
void AddLs(CLI::App& app, Run& run);
void AddRead(CLI::App& app, Run& run);
void AddCheck(CLI::App& app, Run& run);
void AddInspect(CLI::App& app, Run& run);

/// Options of every subcommand that opens a file.
struct CommonOptions {
  std::string path;
  bool json = false;
  std::vector<std::string> allow;
  double timeout_seconds = 120;
  store::StoreOptions store;
  std::string cache_folder, cache_size = "20GiB";
  std::int64_t cache_fresh_seconds = 300;
  bool trace = false;
  void Add(CLI::App& command, const char* path_help);
  void AddTrace(CLI::App& command);
  Result<OpenAnyOptions> ToOpen() const;  ///< Errors: kInvalidArgument.
  /// Opens `path` with ToOpen(), or with options that came from it; shows the progress.
  Result<Dataset> Open() const;
  Result<Dataset> Open(OpenAnyOptions options) const;
};

/// Prints one line, and the hint on another; one JSON object instead where `json`.
void PrintError(const Error& error, bool json);

/// Whether the chosen command runs with --json (so that its errors do too).
bool& JsonErrors();

/// Writes to stdout; kIo where the reader went away or the disk is full.
Status PrintOut(std::string_view text);

/// "512MiB", "2GB", "1000" as bytes. Errors: kInvalidArgument.
Result<std::uint64_t> ParseBytes(const std::string& text);

std::string HumanBytes(std::uint64_t bytes);  ///< "1.26 GB"
std::string HumanCount(std::uint64_t count);  ///< "1,000,000"

/// With "?" for control characters: names and texts of files must not steer a terminal.
std::string Printable(std::string_view text);

/// "12 x 384"; "scalar".
std::string ShapeText(const Shape& shape);

}  // namespace rutter::cli
