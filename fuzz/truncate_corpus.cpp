// Cuts real files off at every byte and runs the whole engine over each prefix. A prefix must give a typed error, or the
// values of the whole file; an object that is missing must have left a typed error or a note. So must a map of the prefix.
//
//   truncate_corpus --files 40 FILE_OR_FOLDER ...

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/batch.h"
#include "fuzz/corpus.h"
#include "fuzz/exercise.h"

namespace {

using namespace rutter;
using namespace rutter::fuzz;

enum Result : unsigned { kRefused, kPartial, kWhole, kWrong, kSilent, kMapDiffers, kInternal };
constexpr const char* kNames[] = {"refused", "partly read", "same as the whole", "WRONG value", "SILENT loss", "map DIFFERS", "internal error"};

Outcome Run(const SeedFile& file, std::uint64_t bytes) {
  ExerciseOptions options;
  options.siblings = file.SiblingSpans();
  options.record = true;
  std::string name = file.path.substr(file.path.find_last_of('/') + 1);
  return Exercise(name, std::span(file.bytes).first(static_cast<std::size_t>(bytes)), options);
}

// What a prefix gave against what the whole file gives. `explanation` names the first thing that is wrong.
Result Judge(const Outcome& whole, const Outcome& prefix, std::string* explanation) {
  if (prefix.verdict == Verdict::kInternal) return kInternal;
  if (prefix.verdict == Verdict::kRefused) return kRefused;
  if (prefix.verdict == Verdict::kDiffers) {
    if (explanation != nullptr) *explanation = prefix.error.ToString();
    return kMapDiffers;
  }
  for (const auto& [path, hash] : prefix.values) {
    auto expected = whole.values.find(path);
    if (expected != whole.values.end() && expected->second == hash) continue;
    if (expected == whole.values.end() && whole.complaints != 0) continue;  // the whole file is damaged itself
    if (explanation != nullptr) *explanation = path;
    return kWrong;
  }
  bool same = prefix.values.size() >= whole.values.size() && prefix.nodes == whole.nodes;
  if (same) return prefix.complaints > whole.complaints ? kPartial : kWhole;
  if (prefix.complaints != 0) return kPartial;
  if (explanation != nullptr) {
    for (const std::string& node : whole.nodes) {
      if (!prefix.nodes.contains(node)) *explanation = "node " + node;
    }
    for (const auto& [path, hash] : whole.values) {
      if (!prefix.values.contains(path)) *explanation = path;
    }
  }
  return kSilent;
}

std::string Folder(const SeedFile& file) { return std::filesystem::path(file.path).parent_path().string(); }

// `files` files, in turn from each folder, the largest first: many kinds of files, many structures in each.
std::vector<SeedFile> Choose(std::vector<SeedFile> all, std::size_t files) {
  std::map<std::string, std::vector<SeedFile*>> folders;
  for (SeedFile& file : all) folders[Folder(file)].push_back(&file);
  for (auto& [name, list] : folders) {
    std::ranges::stable_sort(list, [](const SeedFile* a, const SeedFile* b) { return a->bytes.size() > b->bytes.size(); });
  }
  std::vector<SeedFile> chosen;
  for (std::size_t turn = 0; chosen.size() < files; ++turn) {
    bool any = false;
    for (auto& [name, list] : folders) {
      if (turn >= list.size() || chosen.size() >= files) continue;
      chosen.push_back(std::move(*list[turn]));
      any = true;
    }
    if (!any) break;
  }
  return chosen;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs the engine over every prefix of real files.");
  std::vector<std::string> inputs;
  std::size_t files = 12;
  std::uint64_t max_bytes = 12'000;
  BatchOptions batch;
  std::string save_folder = "prefixes";
  app.add_option("inputs", inputs, "Files and folders")->required();
  app.add_option("--files", files, "How many files");
  app.add_option("--max-bytes", max_bytes, "Larger files are left out");
  app.add_option("--workers", batch.workers, "Processes");
  app.add_option("--seconds", batch.seconds_per_job, "Longer than this is a hang");
  app.add_option("--save", save_folder, "Folder for the prefixes that failed");
  CLI11_PARSE(app, argc, argv);

  std::vector<SeedFile> seeds = Choose(LoadSeeds(inputs, max_bytes), files);
  if (seeds.empty()) {
    std::printf("skipped: no files to cut\n");
    return 0;
  }
  std::vector<std::uint64_t> first(seeds.size() + 1, 0);  // number of the job of each file's empty prefix
  for (std::size_t i = 0; i < seeds.size(); ++i) first[i + 1] = first[i] + seeds[i].bytes.size();
  auto file_of = [&](std::uint64_t job) {
    return static_cast<std::size_t>(std::ranges::upper_bound(first, job) - first.begin()) - 1;
  };
  std::size_t whole_of = seeds.size();  // the file that `whole` belongs to, in this process
  Outcome whole;
  auto run = [&](std::uint64_t job, std::string* explanation) {
    std::size_t file = file_of(job);
    if (whole_of != file) {
      whole = Run(seeds[file], seeds[file].bytes.size());
      whole_of = file;
    }
    return Judge(whole, Run(seeds[file], job - first[file]), explanation);
  };

  batch.jobs = first.back();
  batch.jobs_per_worker = 20'000;
  BatchReport report = RunBatch(batch, [&](std::uint64_t job) { return static_cast<unsigned>(run(job, nullptr)); },
                                {{kWrong, kNames[kWrong]}, {kSilent, kNames[kSilent]}, {kMapDiffers, kNames[kMapDiffers]}, {kInternal, kNames[kInternal]}});
  std::printf("prefixes %llu of %zu files\n", static_cast<unsigned long long>(batch.jobs), seeds.size());
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    std::printf("  %-18s %8llu\n", kNames[i], static_cast<unsigned long long>(report.outcomes[i]));
  }
  bool clean = PrintReport(report, [&](const Finding& finding) {
    std::size_t file = file_of(finding.job);
    std::uint64_t length = finding.job - first[file];
    std::string explanation;
    if (finding.what == kNames[kWrong] || finding.what == kNames[kSilent] || finding.what == kNames[kMapDiffers]) run(finding.job, &explanation);
    std::filesystem::create_directories(save_folder);
    std::string name = std::filesystem::path(seeds[file].path).filename().string();
    std::string path = save_folder + "/" + std::to_string(length) + "-" + name;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(seeds[file].bytes.data()), static_cast<std::streamsize>(length));
    std::printf("  %s: the first %llu of %zu bytes of %s, %s\n", finding.what.c_str(), static_cast<unsigned long long>(length),
                seeds[file].bytes.size(), seeds[file].path.c_str(), explanation.c_str());
    std::fflush(stdout);
  });
  std::printf("%llu passed, %zu failed\n",
              static_cast<unsigned long long>(batch.jobs - std::min<std::uint64_t>(batch.jobs, report.findings.size())),
              report.findings.size());
  return clean ? 0 : 1;
}
