#pragma once
// The model's tree of one recording.

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/rare.h"
#include "formats/spikeglx/channels.h"
#include "formats/spikeglx/meta.h"
#include "model/map.h"

namespace rutter::spikeglx {

/// The .bin as it was found: its size, or why it cannot be read.
struct Samples {
  std::uint64_t size_bytes = 0;
  std::uint32_t source = 0;  ///< Index into Map::sources.
  Rare<Error> failure;
};

/// Adds "/data", the channel coordinates, "/meta" and the root's attributes; says in Map::notes where the .bin and the
/// .meta disagree. The .bin's real length counts, as a .meta is stale after a crash and for cut copies.
void BuildTree(const Meta& meta, const Stream& stream, const Samples& samples, Map& map);

}  // namespace rutter::spikeglx
