#include "formats/registry.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "formats/hdf5/format.h"
#include "formats/npy/format.h"
#include "formats/spikeglx/format.h"

namespace rutter {
namespace {

// To add a format: declare it here, add its row below, and see docs/formats/README.md for what else it brings.
constexpr std::array kFormats = {
    &kHdf5Format,
    &kNpyFormat,
    &kSpikeGlxFormat,
};

constexpr std::size_t kHeadBytes = 64 * 1024;

}  // namespace

std::span<const Format* const> AllFormats() { return kFormats; }

Result<std::unique_ptr<FormatFile>> OpenWithAnyFormat(std::shared_ptr<ByteSource> source, const OpenOptions& options,
                                                      const Format** chosen) {
  std::vector<std::byte> head(static_cast<std::size_t>(std::min<std::uint64_t>(source->size(), kHeadBytes)));
  RUTTER_TRY(source->ReadMetadata(0, head));
  const Format* best = nullptr;
  Confidence best_confidence = Confidence::kNo;
  for (const Format* format : AllFormats()) {
    Confidence confidence = format->sniff(head, source->name());
    if (confidence > best_confidence) {
      best = format;
      best_confidence = confidence;
    }
  }
  // A user block may be larger than the head that the formats saw.
  if (best == nullptr && head.size() == kHeadBytes) {
    RUTTER_ASSIGN(bool found, HasHdf5Signature(*source));
    if (found) best = &kHdf5Format;
  }
  if (best == nullptr) {
    Error error = MakeError(ErrorCode::kUnsupported, "no format that is known here claims this file");
    error.where.source = source->name();
    return Fail(std::move(error));
  }
  if (chosen != nullptr) *chosen = best;
  return best->open(std::move(source), options);
}

}  // namespace rutter
