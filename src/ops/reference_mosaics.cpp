#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "ops/open.h"
#include "read/mosaic_chunks.h"
#include "refs/reference_writer.h"

namespace rutter {
namespace {

constexpr std::uint64_t kReferenceBytes = 128;  ///< What the text of one reference takes, about.

/// Small arrays are inlined.
bool IsSmall(const Array& array) {
  auto elements = array.NumElements();
  auto bytes = elements ? CheckedMul(*elements, array.dtype->size_bytes) : std::nullopt;
  return bytes && *bytes <= WriteOptions().max_inline_array_bytes;
}

}  // namespace

void ReferenceMosaics(Dataset& dataset) {
  std::vector<Node*> mosaics;
  VisitNodes(dataset.map.root, [&](Node& node) {
    if (node.array == nullptr || node.array->failure) return;
    if (dynamic_cast<const MosaicIndex*>(node.array->index.get()) != nullptr) mosaics.push_back(&node);
  });
  if (mosaics.empty()) return;
  const std::size_t before = dataset.map.sources.size();
  SourceList sources(dataset.map.sources);
  for (Node* node : mosaics) {
    auto direct = ChunksOfMosaic(*node->array, sources);
    // Where the references of a small array would be longer than its data, the data goes into the map.
    if (direct && IsSmall(*node->array) && (*direct)->ChunkElements() * (*direct)->dtype->size_bytes < kReferenceBytes) continue;
    if (direct) {
      node->array = *std::move(direct);
    } else if (!IsSmall(*node->array)) {
      dataset.map.notes.push_back(node->Path() + " goes without references: " + direct.error().ToString());
    }
  }
  dataset.map.sources = sources.Take();
  dataset.pool->Add(std::span(dataset.map.sources).subspan(before), dataset.path, dataset.opener);
}

}  // namespace rutter
