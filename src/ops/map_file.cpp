#include "ops/map_file.h"

#include <string_view>
#include <utility>

#include "codecs/stream.h"
#include "io/atomic_file.h"
#include "ops/own_map.h"

namespace rutter {

namespace {

/// ".gz" and ".zst" behind the ending that chooses the dialect.
StreamFormat CompressionOf(std::string_view path) {
  if (path.ends_with(".gz")) return StreamFormat::kGzip;
  return path.ends_with(".zst") ? StreamFormat::kZstd : StreamFormat::kNone;
}

}  // namespace

Result<Dialect> DialectOfEnding(const std::string& path) {
  std::string_view name = path;
  if (CompressionOf(name) != StreamFormat::kNone) name = name.substr(0, name.rfind('.'));
  if (name.ends_with(".lindi.json")) return Dialect::kLindi;
  if (name.ends_with(".zarr3.json")) return Dialect::kKerchunkZarr3;
  if (name.ends_with(".json")) return Dialect::kKerchunk;
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
  auto encoder = MakeStreamEncoder(CompressionOf(output));
  auto store = [&](std::string_view bytes) { return file->Write(bytes); };
  RUTTER_ASSIGN(WriteReport report, WriteReferences(dataset.map, *dataset.reader, options, [&](std::string_view text) {
                  if (written_bytes != nullptr) written_bytes->fetch_add(text.size(), std::memory_order_relaxed);
                  return encoder == nullptr ? store(text) : encoder->Encode(text, false, store);
                }));
  RUTTER_TRY(CheckCancelled(dataset.cancel));  // what could not be read for this reason is not unmapped
  RUTTER_TRY(dataset.FailureOfTheWorld());
  if (encoder != nullptr) RUTTER_TRY(encoder->Encode({}, true, store));
  RUTTER_TRY(file->Commit());
  if (!seal_problem.empty()) report.notes.push_back(std::move(seal_problem));
  return report;
}

}  // namespace rutter
