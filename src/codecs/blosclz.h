#pragma once
// BloscLZ, Blosc's own LZ77 coder: runs of literals and back references.

#include <cstddef>
#include <span>

namespace rutter {

/// Decodes a whole stream into `out`. False where the stream is damaged, cut short, or does not fill `out` exactly.
bool DecodeBloscLz(std::span<const std::byte> in, std::span<std::byte> out);

}  // namespace rutter
