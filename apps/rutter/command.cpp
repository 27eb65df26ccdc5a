#include "rutter/command.h"

#include <array>
#include <chrono>
#include <charconv>
#include <cstdio>
#include <memory>
#include <utility>

#include "model/value_json.h"
#include "rutter/interrupt.h"
#include "rutter/progress.h"

namespace rutter::cli {

namespace {

/// What s3:// needs that AWS's own settings do not say.
void AddStoreOptions(CLI::App& command, store::StoreOptions& store) {
  using Addressing = store::StoreOptions::Addressing;
  constexpr const char* kGroup = "Object stores (s3://)";
  command.add_option("--region", store.region, "Region of the buckets (default: AWS_REGION, the profile's, what the store tells)")->type_name("NAME")->group(kGroup);
  command.add_option("--endpoint", store.endpoint, "An S3-compatible store in place of AWS (default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL)")->type_name("URL")->group(kGroup);
  auto choose = [&store](const std::string& kind) { store.addressing = kind == "virtual" ? Addressing::kVirtualHost : kind == "path" ? Addressing::kPath : Addressing::kAuto; };
  command.add_option_function<std::string>("--addressing", choose, "virtual: bucket.host/key; path: host/bucket/key (default: virtual on AWS, path elsewhere)")
      ->check(CLI::IsMember({"auto", "virtual", "path"}))
      ->group(kGroup);
  command.add_flag("--anonymous", store.anonymous, "Sign no request, whatever AWS keys there are")->group(kGroup);
}

}  // namespace

void CommonOptions::Add(CLI::App& command, const char* path_help) {
  command.add_option("path", path, path_help)->required();
  command.add_flag("--json", json, "Print JSON, for programs");
  command.add_option("--allow", allow, "Folder or URL prefix that the file or map may lead to, beside its own (repeatable)")->type_name("PLACE");
  command.add_option("--timeout", timeout_seconds, "Seconds that one request to a server may take with its repeats")->check(CLI::Range(0.1, 86400.0));
  AddStoreOptions(command, store);
  command.add_option("--cache-dir", cache_folder, "Folder that keeps what was fetched from servers, for all commands to come")->envname("RUTTER_CACHE_DIR")->type_name("DIR");
  command.add_option("--cache-size", cache_size, "Most bytes to keep there, such as 20GiB")->envname("RUTTER_CACHE_SIZE");
  command.add_option("--cache-fresh", cache_fresh_seconds, "Seconds for which a version that the server confirmed counts as current")->envname("RUTTER_CACHE_FRESH")->check(CLI::NonNegativeNumber);
}

void CommonOptions::AddTrace(CLI::App& command) {
  command.add_flag("--trace", trace, "Tell on standard error (with --json in the answer) what it cost: requests, bytes, chunks, times, memory");
}

Result<OpenAnyOptions> CommonOptions::ToOpen() const {
  OpenAnyOptions options;
  options.cancel = InterruptFlag();
  options.allow = allow;
  options.http.store = store;
  options.http.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout_seconds * 1000));
  options.http.disk_cache.folder = cache_folder;
  options.http.disk_cache.fresh_seconds = cache_fresh_seconds;
  RUTTER_ASSIGN(options.http.disk_cache.max_bytes, ParseBytes(cache_size));
  return options;
}

Result<Dataset> CommonOptions::Open() const {
  RUTTER_ASSIGN(auto options, ToOpen());
  return Open(std::move(options));
}

Result<Dataset> CommonOptions::Open(OpenAnyOptions options) const {
  if (options.trace == nullptr) options.trace = std::make_shared<Trace>();
  const Progress progress("mapping objects", options.trace->objects, 0, Progress::Unit::kItems);
  return OpenAny(path, options);
}

bool& JsonErrors() {
  static bool json = false;
  return json;
}

void PrintError(const Error& error, bool json) {
  std::string out;
  if (!json) {
    out = "rutter: " + Printable(error.ToString()) + "\n";
    if (!error.hint.empty()) out += "hint: " + Printable(error.hint) + "\n";
  } else {
    auto text = [&out](const char* key, const std::string& value) {
      out += std::string(",\"") + key + "\":";
      AppendJson(Value(value), out);
    };
    out = std::string("{\"code\":\"") + ErrorCodeName(error.code) + "\"";
    text("message", error.message);
    text("source", error.where.source);
    out += ",\"offset\":" + (error.where.offset ? std::to_string(*error.where.offset) : "null");
    text("structure", error.where.structure);
    text("spec", error.where.spec);
    text("path", error.where.path);
    text("hint", error.hint);
    out += "}\n";
  }
  std::fwrite(out.data(), 1, out.size(), stderr);
}

Status PrintOut(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return {};
  return Fail(ErrorCode::kIo, "cannot write to standard output");
}

Result<std::uint64_t> ParseBytes(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size() && ((text[at] >= '0' && text[at] <= '9') || text[at] == '.')) ++at;
  std::string unit = text.substr(at);
  double factor = 0;
  for (auto [name, value] : {std::pair<const char*, double>{"", 1}, {"B", 1}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1024.}, {"MiB", 1048576.}, {"GiB", 1073741824.}}) {
    if (unit == name) factor = value;
  }
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + at, number);
  if (at == 0 || at > 15 || parsed.ec != std::errc() || parsed.ptr != text.data() + at || factor == 0) {
    return Fail(ErrorCode::kInvalidArgument, "\"" + text + "\" is no size; write 512MiB or 2GB");
  }
  return static_cast<std::uint64_t>(number * factor);
}

std::string HumanBytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 6> kUnits = {"B", "kB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> text;
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.3g %s", value, kUnits[unit]);
  return text.data();
}

std::string HumanCount(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string Printable(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return out;
}

std::string ShapeText(const Shape& shape) {
  if (shape.empty()) return "scalar";
  std::string text;
  for (std::size_t k = 0; k < shape.size(); ++k) text += (k == 0 ? "" : " x ") + std::to_string(shape[k]);
  return text;
}

}  // namespace rutter::cli
