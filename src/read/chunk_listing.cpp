#include "read/chunk_listing.h"

#include <cstdint>
#include <string>

namespace rutter {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

/// Edge chunks that are left unfiltered have all ones in memory; the file itself says 0 of them.
bool IsUnfilteredEdge(const Array& array, std::span<const std::uint64_t> index, const ChunkRef& chunk) {
  if (chunk.filter_mask != 0xFFFFFFFF) return false;
  for (std::size_t k = 0; k < index.size(); ++k) {
    if (array.shape[k] - index[k] * array.chunk_shape[k] < array.chunk_shape[k]) return true;
  }
  return false;
}

void AppendChunkJson(std::span<const std::uint64_t> index, const ChunkRef& chunk, bool edge, std::string& out) {
  bool stored = chunk.inline_data == nullptr;
  out += "{\"index\":[";
  for (std::size_t k = 0; k < index.size(); ++k) out += (k == 0 ? "" : ",") + std::to_string(index[k]);
  out += "],\"source\":" + (stored ? std::to_string(chunk.source) : std::string("null")) +
         ",\"offset\":" + (stored ? std::to_string(chunk.offset) : std::string("null")) + ",\"length\":" + std::to_string(chunk.length) +
         ",\"filter_mask\":" + std::to_string(edge ? 0 : chunk.filter_mask) + (edge ? ",\"unfiltered_edge\":true}" : "}");
}

void AppendChunkLine(std::span<const std::uint64_t> index, const ChunkRef& chunk, bool edge, std::string& out) {
  for (std::size_t k = 0; k < index.size(); ++k) out += (k == 0 ? "" : ".") + std::to_string(index[k]);
  out += chunk.inline_data != nullptr ? "  inline" : "  source " + std::to_string(chunk.source) + " at " + std::to_string(chunk.offset);
  out += ", " + std::to_string(chunk.length) + " bytes";
  if (edge) {
    out += ", an edge without filters";
  } else if (chunk.filter_mask != 0) {
    out += ", filter mask " + std::to_string(chunk.filter_mask);
  }
  out += "\n";
}

}  // namespace

Status ListChunks(const Array& array, bool json, const std::function<Status(std::string_view)>& write) {
  std::string out = json ? "[" : "";
  bool first = true;
  Shape grid = array.ChunkGrid();
  RUTTER_TRY(array.index->Locate({Shape(grid.size(), 0), grid}, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk) -> Status {
    bool edge = IsUnfilteredEdge(array, index, chunk);
    if (json) {
      if (!first) out += ",\n";
      AppendChunkJson(index, chunk, edge, out);
    } else {
      AppendChunkLine(index, chunk, edge, out);
    }
    first = false;
    if (out.size() < kPieceBytes) return {};
    Status written = write(out);
    out.clear();
    return written;
  }));
  return write(out + (json ? "]\n" : ""));
}

}  // namespace rutter
