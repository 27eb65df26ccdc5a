#include "ops/map_file.h"

#include <utility>

#include "io/atomic_file.h"
#include "ops/own_map.h"

namespace rutter {

Result<Dialect> DialectOfEnding(const std::string& path) {
  if (path.ends_with(".lindi.json")) return Dialect::kLindi;
  if (path.ends_with(".zarr3.json")) return Dialect::kKerchunkZarr3;
  if (path.ends_with(".json")) return Dialect::kKerchunk;
  return Fail(ErrorCode::kInvalidArgument, "the ending of " + path + " names no kind of map");
}

Result<WriteReport> WriteMapFile(const Dataset& dataset, const std::string& output, WriteOptions options, std::atomic<std::uint64_t>* written_bytes) {
  std::string seal_problem;
  if (!options.relative) {
    auto seal = SealForMap(dataset.map, output);
    if (seal) {
      options.seal = *std::move(seal);
    } else {
      seal_problem = seal.error().message + "; reading this map needs --allow with the folder of its data";
    }
  }
  options.cancel = dataset.cancel.get();
  RUTTER_ASSIGN(auto file, AtomicFile::Create(output));
  RUTTER_ASSIGN(WriteReport report, WriteReferences(dataset.map, *dataset.reader, options, [&](std::string_view text) {
                  if (written_bytes != nullptr) written_bytes->fetch_add(text.size(), std::memory_order_relaxed);
                  return file->Write(text);
                }));
  RUTTER_TRY(CheckCancelled(dataset.cancel));  // what could not be read for this reason is not unmapped
  RUTTER_TRY(dataset.client->FirstFailure());
  RUTTER_TRY(file->Commit());
  if (!seal_problem.empty()) report.notes.push_back(std::move(seal_problem));
  return report;
}

}  // namespace rutter
