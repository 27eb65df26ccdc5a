// The engine's own times without the start of a process: `rutter_bench TASK FILE REPEATS warm|cold ...` prints the JSON line
// of peers/timing.py.
//
//   map FILE REPEATS warm|cold OUT             open, describe, locate, write kerchunk JSON into OUT
//   columns FILE REPEATS warm|cold DATASET     open, then all chunk places of one dataset into columns
//   slab FILE REPEATS warm|cold DATASET TASK [THREADS|again]    open, then slab, channel or scalars of
//       peers/slab_tasks.py; again: open before
//   references MAP REPEATS warm|cold ARRAY     open a map, then 1,000 places of chunks (peers/fsspec_references.py)
//   lookups MAP REPEATS warm|cold ARRAY        the 1,000 places alone
//   partial FILE REPEATS warm|cold DATASET TASK    an open handle: small, channel or run of peers/partial_tasks.py

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ops/open.h"
#include "refs/reference_writer.h"

namespace rutter {
namespace {

struct Task {
  std::string file;
  int repeats = 1;
  bool cold = false;
  std::vector<std::string> arguments;
};

/// The number behind `key` in a file of /proc.
unsigned long long StatusNumber(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return std::strtoull(line.c_str() + key.size(), nullptr, 10);
  }
  return 0;
}

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + 1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

void Evict(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY);
  if (fd < 0) return;
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  close(fd);
}

/// Times `action`; `result` gives JSON of what the last call found. A file that it writes, `output`, is removed before each
/// call: to cut a file that was just written means to wait for the disk.
Status Measure(const Task& task, const std::function<Status()>& action, const std::function<std::string()>& result, const char* output = nullptr) {
  std::string seconds, cpu_seconds;
  unsigned long long bytes = 0;
  for (int i = 0; i < task.repeats; ++i) {
    if (output != nullptr) unlink(output);
    if (task.cold) Evict(task.file);
    unsigned long long bytes_before = StatusNumber("/proc/self/io", "rchar:");
    double cpu_before = CpuSeconds();
    auto start = std::chrono::steady_clock::now();
    RUTTER_TRY(action());
    std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    cpu_seconds += (i == 0 ? "" : ",") + std::to_string(CpuSeconds() - cpu_before);
    char text[32];
    std::snprintf(text, sizeof text, "%s%.9f", i == 0 ? "" : ",", elapsed.count());
    seconds += text;
    bytes = StatusNumber("/proc/self/io", "rchar:") - bytes_before;
  }
  unsigned long long peak = 1024 * StatusNumber("/proc/self/status", "VmHWM:");
  std::printf("{\"seconds\":[%s],\"cpu_seconds\":[%s],\"bytes_read\":%llu,\"peak_rss\":%llu,\"result\":%s}\n", seconds.c_str(), cpu_seconds.c_str(), bytes, peak,
              result().c_str());
  return {};
}

Status BenchMap(const Task& task) {
  std::uint64_t references = 0;
  return Measure(
      task,
      [&]() -> Status {
        RUTTER_ASSIGN(Dataset dataset, OpenAny(task.file));
        std::FILE* out = std::fopen(task.arguments.at(0).c_str(), "w");
        if (out == nullptr) return Fail(ErrorCode::kIo, "cannot write " + task.arguments[0]);
        auto report = WriteReferences(dataset.map, *dataset.reader, {}, [&](std::string_view text) -> Status {
          std::fwrite(text.data(), 1, text.size(), out);
          return {};
        });
        std::fclose(out);
        if (!report) return Fail(std::move(report).error());
        references = report->chunk_references + report->inlined_chunks;
        return {};
      },
      [&] { return std::to_string(references); }, task.arguments.at(0).c_str());
}

Result<const Array*> FindArray(const Dataset& dataset, const std::string& path) {
  const Node* node = dataset.map.Find(path);
  if (node == nullptr || node->array == nullptr) return Fail(ErrorCode::kNotFound, "there is no array " + path);
  if (node->array->failure) return Fail(*node->array->failure);
  return node->array.get();
}

Status BenchColumns(const Task& task) {
  std::vector<std::uint64_t> place, offset, length;
  return Measure(
      task,
      [&]() -> Status {
        // Fresh memory for each run, as a caller has it.
        for (auto* column : {&place, &offset, &length}) *column = {};
        RUTTER_ASSIGN(Dataset dataset, OpenAny(task.file));
        RUTTER_ASSIGN(const Array* array, FindArray(dataset, task.arguments.at(0)));
        Shape grid = array->ChunkGrid();
        return array->index->Locate({Shape(grid.size(), 0), grid}, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk) -> Status {
          place.push_back(index[0]);
          offset.push_back(chunk.offset);
          length.push_back(chunk.length);
          return {};
        });
      },
      [&] {
        std::uint64_t offsets = 0, lengths = 0;
        for (std::uint64_t value : offset) offsets += value;
        for (std::uint64_t value : length) lengths += value;
        return "[" + std::to_string(offset.size()) + "," + std::to_string(offsets) + "," + std::to_string(lengths) + "]";
      });
}

struct Free {
  void operator()(std::uint16_t* memory) const { std::free(memory); }
};
using Samples = std::unique_ptr<std::uint16_t[], Free>;

/// Memory as NumPy gets it for its arrays: not cleared, and asked to come in huge pages.
Samples NewSamples(std::size_t count) {
  constexpr std::size_t kHugePage = 2 << 20;
  const std::size_t bytes = (count * sizeof(std::uint16_t) + kHugePage - 1) / kHugePage * kHugePage;
  Samples samples(static_cast<std::uint16_t*>(std::aligned_alloc(kHugePage, bytes)));
  if (samples != nullptr) madvise(samples.get(), bytes, MADV_HUGEPAGE);
  return samples;
}

/// Sum of value * place, as slab_tasks.digest.
std::uint64_t Digest(std::span<const std::uint16_t> values) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < values.size(); ++i) total += values[i] * static_cast<std::uint64_t>(i + 1);
  return total;
}

Status BenchSlab(const Task& task) {
  constexpr std::uint64_t kRows = 60'000, kChannel = 17;
  constexpr int kScalars = 200;
  const std::string& what = task.arguments.at(1);
  ReadOptions options;
  const bool again = task.arguments.size() > 2 && task.arguments[2] == "again";
  if (task.arguments.size() > 2 && !again) options.threads = static_cast<unsigned>(std::atoi(task.arguments[2].c_str()));
  OpenAnyOptions open;
  open.chunk_cache_bytes = 64 << 20;  // as the public interface has it
  Dataset dataset;
  if (again) {
    RUTTER_ASSIGN(dataset, OpenAny(task.file, open));
  }
  Samples memory;
  std::span<std::uint16_t> out;
  auto make_room = [&](std::size_t count) {
    memory.reset();
    memory = NewSamples(count);
    out = {memory.get(), memory == nullptr ? 0 : count};
  };
  return Measure(
      task,
      [&]() -> Status {
        if (!again) {
          dataset = {};
          RUTTER_ASSIGN(dataset, OpenAny(task.file, open));
        }
        RUTTER_ASSIGN(const Array* array, FindArray(dataset, task.arguments.at(0)));
        auto read = [&](const Slice& slice, std::size_t place) -> Status {
          std::size_t elements = static_cast<std::size_t>(slice.NumElements());
          return dataset.reader->Read(*array, slice, std::as_writable_bytes(out.subspan(place, elements)), options);
        };
        if (what == "scalars") {
          make_room(kScalars);
          std::uint64_t state = 1;
          for (std::size_t i = 0; i < kScalars; ++i) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            Slice slice{{{(state >> 33) % array->shape[0], 1, 1, true}, {(state >> 20) % array->shape[1], 1, 1, true}}};
            RUTTER_TRY(read(slice, i));
          }
          return {};
        }
        Slice slice{{{0, kRows, 1, false}, {0, array->shape[1], 1, false}}};
        if (what == "channel") slice.axes[1] = {kChannel, 1, 1, true};
        make_room(static_cast<std::size_t>(slice.NumElements()));
        return read(slice, 0);
      },
      [&] { return std::to_string(Digest(out)); });
}

/// The places of 1,000 chunks at random: the sums of offsets and lengths.
Result<std::pair<std::uint64_t, std::uint64_t>> LookUp(const Array& array) {
  const Shape grid = array.ChunkGrid();
  std::uint64_t state = 1, offsets = 0, lengths = 0;
  Box box{Shape(grid.size()), Shape(grid.size(), 1)};
  for (int i = 0; i < 1'000; ++i) {
    for (std::size_t k = 0; k < grid.size(); ++k) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      box.start[k] = (state >> 33) % grid[k];
    }
    RUTTER_TRY(array.index->Locate(box, [&](std::span<const std::uint64_t>, const ChunkRef& chunk) -> Status {
      offsets += chunk.offset;
      lengths += chunk.length;
      return {};
    }));
  }
  return std::pair(offsets, lengths);
}

Status BenchReferences(const Task& task, bool lookups_alone) {
  std::pair<std::uint64_t, std::uint64_t> sums;
  Dataset dataset;
  auto look_up = [&]() -> Status {
    RUTTER_ASSIGN(const Array* array, FindArray(dataset, task.arguments.at(0)));
    RUTTER_ASSIGN(sums, LookUp(*array));
    return {};
  };
  if (lookups_alone) {
    RUTTER_ASSIGN(dataset, OpenAny(task.file));
  }
  return Measure(
      task,
      [&]() -> Status {
        if (lookups_alone) return look_up();
        dataset = {};
        RUTTER_ASSIGN(dataset, OpenAny(task.file));
        return look_up();
      },
      [&] { return "[" + std::to_string(sums.first) + "," + std::to_string(sums.second) + "]"; });
}

/// Reads of an uncompressed recording through a handle that is open, as peers/partial_tasks.py.
Status BenchPartial(const Task& task) {
  constexpr std::uint64_t kRows = 30'000, kFirst = 1'000'000, kSmallRows = 10, kSmallColumns = 96, kChannel = 17;
  constexpr int kReads = 1'000;
  const std::string& what = task.arguments.at(1);
  RUTTER_ASSIGN(Dataset dataset, OpenAny(task.file));
  RUTTER_ASSIGN(const Array* array, FindArray(dataset, task.arguments.at(0)));
  std::vector<std::uint16_t> out(what == "small" ? kReads * kSmallRows * kSmallColumns : what == "channel" ? kRows : kRows * array->shape[1]);
  return Measure(
      task,
      [&]() -> Status {
        std::span<std::byte> bytes = std::as_writable_bytes(std::span(out));
        if (what == "run") return dataset.reader->Read(*array, {{{kFirst, kRows, 1, false}, {0, array->shape[1], 1, false}}}, bytes);
        if (what == "channel") return dataset.reader->Read(*array, {{{kFirst, kRows, 1, false}, {kChannel, 1, 1, true}}}, bytes);
        constexpr std::size_t kBytes = 2 * kSmallRows * kSmallColumns;
        std::uint64_t state = 1;
        for (std::size_t i = 0; i < kReads; ++i) {
          state = state * 6364136223846793005ull + 1442695040888963407ull;
          Slice slice{{{(state >> 33) % (array->shape[0] - kSmallRows), kSmallRows, 1, false}, {0, kSmallColumns, 1, false}}};
          RUTTER_TRY(dataset.reader->Read(*array, slice, bytes.subspan(i * kBytes, kBytes)));
        }
        return {};
      },
      [&] { return std::to_string(Digest(out)); });
}

int Main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: rutter_bench map|columns|slab|references|lookups|partial FILE REPEATS warm|cold ARGUMENTS\n");
    return 2;
  }
  Task task{argv[2], std::atoi(argv[3]), std::strcmp(argv[4], "cold") == 0, {argv + 5, argv + argc}};
  std::string what = argv[1];
  Status done = what == "map"          ? BenchMap(task)
                : what == "columns"    ? BenchColumns(task)
                : what == "slab"       ? BenchSlab(task)
                : what == "references" ? BenchReferences(task, false)
                : what == "lookups"    ? BenchReferences(task, true)
                : what == "partial"    ? BenchPartial(task)
                                       : Status(Fail(ErrorCode::kInvalidArgument, "no such task: " + what));
  if (done) return 0;
  std::fprintf(stderr, "rutter_bench: %s\n", done.error().ToString().c_str());
  return ExitCode(done.error().code);
}

}  // namespace
}  // namespace rutter

int main(int argc, char** argv) { return rutter::Main(argc, argv); }
