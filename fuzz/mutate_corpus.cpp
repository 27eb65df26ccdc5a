// Damages real files at random and runs the whole engine over each: open, describe, read, inspect, map, read back.
// Every mutant must end in data or in a typed error, in time and within the memory budget.
//
//   mutate_corpus --count 100000 FILE_OR_FOLDER ...
//
// Mutant number N of a seed is the same on every machine that has the same files.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "fuzz/batch.h"
#include "fuzz/corpus.h"
#include "fuzz/exercise.h"
#include "fuzz/hdf5_seal.h"
#include "fuzz/mutate.h"

namespace {

using namespace rutter;
using namespace rutter::fuzz;

constexpr unsigned kTruncatedPercent = 8;
constexpr unsigned kSealedPercent = 50;
constexpr unsigned kMaxEdits = 8;

struct Prepared {
  SeedFile file;
  std::vector<std::size_t> structures;
  std::vector<SealedBlock> sealed;
};

struct Mutant {
  std::size_t seed = 0;
  std::vector<std::byte> bytes;
};

Mutant MakeMutant(const std::vector<Prepared>& seeds, std::uint64_t run_seed, std::uint64_t number) {
  Random random(run_seed * 0x9E3779B97F4A7C15ull + number);
  random.Next();
  Mutant mutant;
  mutant.seed = random.Below(seeds.size());
  const Prepared& seed = seeds[mutant.seed];
  mutant.bytes = seed.file.bytes;
  if (random.Chance(kTruncatedPercent)) {
    mutant.bytes.resize(random.Below(mutant.bytes.size()));
    return mutant;
  }
  Damage(random, mutant.bytes, seed.structures, 1 + static_cast<unsigned>(random.Below(kMaxEdits)));
  if (random.Chance(kSealedPercent)) Seal(mutant.bytes, seed.sealed);
  return mutant;
}

std::string LastPart(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

Outcome Run(const std::vector<Prepared>& seeds, const Mutant& mutant) {
  const SeedFile& file = seeds[mutant.seed].file;
  ExerciseOptions options;
  options.siblings = file.SiblingSpans();
  return Exercise(LastPart(file.path), mutant.bytes, options);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs the engine over damaged copies of real files.");
  std::vector<std::string> inputs;
  std::uint64_t count = 5'000, seed = 1, max_bytes = 120'000;
  std::int64_t only = -1;
  BatchOptions batch;
  std::string save_folder = "mutants";
  app.add_option("inputs", inputs, "Files and folders")->required();
  app.add_option("--count", count, "Mutants");
  app.add_option("--seed", seed, "Another seed gives other mutants");
  app.add_option("--max-bytes", max_bytes, "Larger files are left out");
  app.add_option("--workers", batch.workers, "Processes");
  app.add_option("--seconds", batch.seconds_per_job, "Longer than this is a hang");
  app.add_option("--save", save_folder, "Folder for the mutants that failed");
  app.add_option("--only", only, "Make, save and run this one mutant in this process");
  CLI11_PARSE(app, argc, argv);

  std::vector<Prepared> seeds;
  std::size_t sealed = 0;
  for (SeedFile& file : LoadSeeds(inputs, max_bytes)) {
    auto structures = FindStructures(file.bytes);
    auto blocks = FindSealedBlocks(file.bytes);
    sealed += blocks.size();
    seeds.push_back({std::move(file), std::move(structures), std::move(blocks)});
  }
  if (seeds.empty()) {
    std::printf("skipped: no files to damage\n");
    return 0;
  }
  auto save = [&](const Finding& finding) {
    Mutant mutant = MakeMutant(seeds, seed, finding.job);
    std::filesystem::create_directories(save_folder);
    std::string path = save_folder + "/" + std::to_string(seed) + "-" + std::to_string(finding.job) + "-" +
                       LastPart(seeds[mutant.seed].file.path);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(mutant.bytes.data()), static_cast<std::streamsize>(mutant.bytes.size()));
    std::printf("  %s: mutant %llu of %s, saved as %s\n", finding.what.c_str(), static_cast<unsigned long long>(finding.job),
                seeds[mutant.seed].file.path.c_str(), path.c_str());
    std::fflush(stdout);
  };
  if (only >= 0) {
    save({static_cast<std::uint64_t>(only), "asked for"});
    Outcome outcome = Run(seeds, MakeMutant(seeds, seed, static_cast<std::uint64_t>(only)));
    std::printf("%s %s\n", kVerdictNames[static_cast<int>(outcome.verdict)], outcome.error.ToString().c_str());
    return 0;
  }

  batch.jobs = count;
  BatchReport report = RunBatch(
      batch,
      [&](std::uint64_t number) {
        return static_cast<unsigned>(Run(seeds, MakeMutant(seeds, seed, number)).verdict);
      },
      {{static_cast<unsigned>(Verdict::kInternal), "internal error"}, {static_cast<unsigned>(Verdict::kDiffers), "map differs"}});
  std::printf("mutants %llu of %zu files with %zu sealed blocks, seed %llu\n", static_cast<unsigned long long>(count),
              seeds.size(), sealed, static_cast<unsigned long long>(seed));
  for (std::size_t i = 0; i < std::size(kVerdictNames); ++i) {
    std::printf("  %-15s %8llu\n", kVerdictNames[i], static_cast<unsigned long long>(report.outcomes[i]));
  }
  bool clean = PrintReport(report, save);
  std::printf("%llu passed, %zu failed\n", static_cast<unsigned long long>(count - std::min<std::uint64_t>(count, report.findings.size())),
              report.findings.size());
  return clean ? 0 : 1;
}
