// rutter read: a slice of an array, as a table, a file, JSON or a summary.

#include <algorithm>
#include <memory>
#include <utility>

#include "io/atomic_file.h"
#include "model/value_json.h"
#include "read/json_output.h"
#include "read/summary.h"
#include "read/write_slice.h"
#include "rutter/command.h"
#include "rutter/interrupt.h"
#include "rutter/progress.h"
#include "rutter/trace_report.h"

namespace rutter::cli {
namespace {

constexpr std::uint64_t kLeastCacheBytes = 4 << 20;

struct ReadCommandOptions {
  CommonOptions common;
  std::string array, slice, npy, raw, max_memory = "1GiB";
  bool stats = false;
  unsigned threads = 0;
};

std::string Number(double number) {
  std::string out;
  AppendJsonNumber(number, out);
  return out;
}

/// A few rows and columns of the first two axes' corner, as a person would look at them.
Status PrintTable(const Reader& reader, const Array& array, const Slice& slice, const std::string& path) {
  Shape shape = slice.ResultShape();
  std::string out = Printable(path + "  " + DtypeTitle(*array.dtype)) + "  " + (array.is_null ? std::string("null") : ShapeText(shape)) + "\n";
  if (array.is_null || slice.NumElements() == 0) return PrintOut(out + "(no elements)\n");
  constexpr std::uint64_t kRows = 10, kColumns = 8;
  Slice corner = slice;
  std::size_t kept = 0;
  for (AxisSlice& axis : corner.axes) {
    if (axis.drop) continue;
    std::size_t behind = shape.size() - kept;  // the last axis gives columns, the one before rows, others their first place
    axis.count = std::min(axis.count, behind == 1 && shape.size() > 1 ? kColumns : behind <= 2 ? kRows : 1);
    ++kept;
  }
  RUTTER_ASSIGN(auto values, reader.ReadAsValues(array, corner));
  Shape shown = corner.ResultShape();
  std::uint64_t columns = shown.size() > 1 ? shown.back() : 1;
  std::vector<std::string> cells;
  std::size_t width = 1;
  for (const Value& value : values) {
    std::string cell;
    if (const auto* text = value.As<std::string>(); text != nullptr && IsUtf8(*text)) {
      cell = *text;
      for (char& c : cell) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
      }
    } else {
      AppendJson(value, cell);
    }
    if (cell.size() > 60) cell = cell.substr(0, 57) + "...";
    width = std::max(width, cell.size());
    cells.push_back(std::move(cell));
  }
  for (std::size_t k = 0; k < cells.size(); ++k) {
    out += std::string(width - cells[k].size() + 1, ' ') + cells[k];
    if ((k + 1) % columns == 0) out += columns < (shape.size() > 1 ? shape.back() : 1) ? " ...\n" : "\n";
  }
  if (values.size() < slice.NumElements()) out += "(" + HumanCount(values.size()) + " of " + HumanCount(slice.NumElements()) + " elements; --out, --raw, --json give all)\n";
  return PrintOut(out);
}

std::string FolderOf(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

Status ToFile(const Reader& reader, const Array& array, const Slice& slice, const std::string& path, bool npy, const ReadOptions& read, bool json,
              const std::function<std::string()>& more) {
  std::atomic<std::uint64_t> done{0};
  std::uint64_t total = slice.NumElements() * NativeType(array.dtype)->size_bytes;
  RUTTER_ASSIGN(auto file, AtomicFile::Create(path));
  {
    Progress progress("reading", done, total, Progress::Unit::kBytes);
    WriteSliceOptions options{read, npy, FolderOf(path)};
    options.read.progress_bytes = &done;
    RUTTER_TRY(WriteSlice(reader, array, slice, options, [&](std::string_view bytes) { return file->Write(bytes); }));
  }
  RUTTER_TRY(file->Commit());
  if (!json) return PrintOut(path + ": " + ShapeText(slice.ResultShape()) + " " + Printable(DtypeTitle(*NativeType(array.dtype))) + ", " + HumanBytes(total) + "\n");
  std::string out = "{\"file\":";
  AppendJson(Value(path), out);
  return PrintOut(out + ",\"bytes\":" + std::to_string(total) + (more ? more() : "") + "}\n");
}

Status RunRead(const ReadCommandOptions& options) {
  const TraceReport report;
  ReadOptions read;
  const CancelFlag cancel = InterruptFlag();
  read.cancel = cancel.get();
  read.threads = options.threads;
  RUTTER_ASSIGN(read.max_memory_bytes, ParseBytes(options.max_memory));
  RUTTER_ASSIGN(OpenAnyOptions open, options.common.ToOpen());
  open.http.cache_bytes = std::clamp(read.max_memory_bytes / 8, kLeastCacheBytes, open.http.cache_bytes);
  RUTTER_ASSIGN(Dataset dataset, options.common.Open(open));
  std::function<std::string()> more;
  if (options.common.trace && options.common.json) more = [&] { return report.Json(dataset); };
  const Node* node = dataset.map.Find(options.array);
  auto problem = [&](ErrorCode code, std::string message) {
    Error error = MakeError(code, std::move(message));
    error.where.source = options.common.path;
    error.hint = "rutter ls " + options.common.path + " shows the arrays";
    return Fail(std::move(error));
  };
  if (node == nullptr) return problem(ErrorCode::kNotFound, "there is no " + options.array);
  if (node->failure) return Fail(*node->failure);
  if (node->array == nullptr) return problem(ErrorCode::kInvalidArgument, options.array + " is no array");
  const Array& array = *node->array;
  auto located = [&](Error error) {
    if (error.where.path.empty()) error.where.path = node->Path();
    if (error.where.source.empty()) error.where.source = options.common.path;
    return Fail(std::move(error));
  };
  if (array.failure) return located(*array.failure);
  auto slice = ParseSlice(options.slice, array.is_null ? Shape{0} : array.shape);
  if (!slice) return located(std::move(slice).error());
  Status status;
  if (!options.npy.empty()) {
    status = ToFile(*dataset.reader, array, *slice, options.npy, true, read, options.common.json, more);
  } else if (!options.raw.empty()) {
    status = ToFile(*dataset.reader, array, *slice, options.raw, false, read, options.common.json, more);
  } else if (options.stats) {
    auto summary = Summarize(*dataset.reader, array, *slice, read);
    if (!summary) return located(std::move(summary).error());
    const char* form = options.common.json ? "{\"count\":%s,\"non_finite\":%s,\"min\":%s,\"max\":%s,\"mean\":%s,\"std\":%s%s}\n" : "count %s\nnon-finite %s\nmin %s\nmax %s\nmean %s\nstd %s\n%s";
    std::string out;
    std::vector<std::string> numbers = {std::to_string(summary->count), std::to_string(summary->non_finite), Number(summary->minimum), Number(summary->maximum), Number(summary->mean), Number(summary->standard_deviation), more ? more() : ""};
    std::size_t next = 0;
    for (const char* c = form; *c != '\0'; ++c) {
      if (*c == '%') {
        out += numbers[next++];
        ++c;
      } else {
        out += *c;
      }
    }
    status = PrintOut(out);
  } else if (options.common.json) {
    status = WriteJson(*dataset.reader, array, node->Path(), *slice, read, PrintOut, more);
  } else {
    status = PrintTable(*dataset.reader, array, *slice, node->Path());
  }
  if (options.common.trace && !options.common.json) report.Print(dataset);
  if (!status) return located(std::move(status).error());
  return {};
}

}  // namespace

void AddRead(CLI::App& app, Run& run) {
  auto options = std::make_shared<ReadCommandOptions>();
  CLI::App* command = app.add_subcommand("read", "Read a slice of an array");
  options->common.Add(*command, "A file or a map");
  options->common.AddTrace(*command);
  command->add_option("array", options->array, "The array's path")->required();
  command->add_option("-s,--slice", options->slice, "NumPy slice syntax: '0:1000,::2,5'");
  auto* npy = command->add_option("--out", options->npy, "Write a NumPy file")->type_name("FILE.npy");
  auto* raw = command->add_option("--raw", options->raw, "Write the bytes alone, C order, little-endian")->type_name("FILE")->excludes(npy);
  command->add_flag("--stats", options->stats, "Count, minimum, maximum, mean, standard deviation")->excludes(npy)->excludes(raw);
  command->add_option("--threads", options->threads, "Threads (0: all cores)");
  command->add_option("--max-memory", options->max_memory, "Memory that the read may use, such as 512MiB; larger slices go to --out and --raw in pieces");
  command->callback([options, &run] {
    JsonErrors() = options->common.json;
    run = [options] { return RunRead(*options); };
  });
}

}  // namespace rutter::cli
