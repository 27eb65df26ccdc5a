#pragma once
// Virtual datasets whose sources' chunks are chunks of the virtual dataset too.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/map.h"

namespace rutter {

/// The sources of a map while more of them are added. A source is known by its URL.
class SourceList {
 public:
  explicit SourceList(std::vector<Source> sources);
  /// The number of `source`, added where it is new. Errors: kSourceChanged (the same URL with another size or time).
  Result<std::uint32_t> Find(const Source& source);
  std::size_t size() const { return sources_.size(); }
  std::vector<Source> Take() { return std::move(sources_); }

 private:
  std::vector<Source> sources_;
  std::unordered_map<std::string, std::uint32_t> by_url_;
};

/// The array `mosaic`, whose index is a MosaicIndex, with a table of the chunks of its pieces in place of the pieces. A reference
/// document can carry that. The stored type, codecs and chunk shape of all sources must be one, and every piece must begin and
/// end at chunk borders of its source and of the mosaic. Uncompressed contiguous sources are split where the pieces meet.
/// Elements that no source has read as the fill value, as they do in the mosaic.
/// Errors: kUnsupported, why the chunks do not fit; kLimit (too many of them); what opening a source and walking its index returns.
Result<std::unique_ptr<Array>> ChunksOfMosaic(const Array& mosaic, SourceList& sources);

}  // namespace rutter
