// The text of a reference document alone, without the data that it leads to: read in one piece, and as a stream of small pieces,
// it must give the same tree and the same references, or be refused both times. Of two faults in one text, which one is told may
// depend on the pieces. (references_fuzz reads the data, and writes anew.)

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "fuzz/fuzz_format.h"
#include "refs/reference_reader.h"

namespace {

using namespace rutter;

/// Text that comes a few bytes at a time.
class TextInDrops : public DocumentText {
 public:
  TextInDrops(std::string_view text, std::size_t drop) : text_(text), drop_(drop) {}
  std::optional<std::uint64_t> size() const override { return std::nullopt; }
  Result<std::size_t> Read(std::uint64_t offset, std::span<char> out) override { return text_.Read(offset, out.first(std::min(out.size(), drop_))); }
  std::size_t piece_bytes() const override { return drop_; }

 private:
  TextInMemory text_;
  std::size_t drop_;
};

/// At most 256 chunks of the corner of the grid.
Box Corner(const Array& array) {
  Shape grid = array.ChunkGrid();
  std::uint64_t room = 256;
  for (auto& extent : grid) {
    extent = std::min(extent, room > 4 ? std::uint64_t{4} : std::uint64_t{1});
    room /= std::max<std::uint64_t>(extent, 1);
  }
  Box box{Shape(grid.size()), std::move(grid)};
  return box;
}

/// All that the reader made of the text, as text.
std::string Account(const Map& map) {
  std::string out = map.format + "\n";
  for (const Source& source : map.sources) out += source.url + "\n";
  for (const std::string& note : map.notes) out += note + "\n";
  VisitNodes(map.root, [&out](const Node& node) {
    out += node.Path() + " " + std::to_string(static_cast<int>(node.kind)) + " " + std::to_string(node.attributes.size());
    if (node.array == nullptr) return;
    const Array& array = *node.array;
    for (auto extent : array.shape) out += " " + std::to_string(extent);
    if (array.failure || array.index == nullptr || array.chunk_shape.size() != array.rank()) return;
    const Box corner = Corner(array);
    if (corner.NumElements() == 0) return;
    auto located = array.index->Locate(corner, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk) -> Status {
      for (auto place : index) out += " " + std::to_string(place);
      out += ":" + std::to_string(chunk.source) + "+" + std::to_string(chunk.offset) + "+" + std::to_string(chunk.length);
      if (chunk.inline_data != nullptr) out.append(reinterpret_cast<const char*>(chunk.inline_data), static_cast<std::size_t>(chunk.length));
      return {};
    });
    if (!located) out += ErrorCodeName(located.error().code);
  });
  return out;
}

std::string Read(DocumentText& text, const Limits& limits) {
  auto map = ReadReferences(text, "memory/map.json", limits);
  return map ? Account(*map) : "refused";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Limits limits = fuzz::FuzzLimits();
  TextInMemory whole(text);
  TextInDrops drops(text, 1 + size % 97);
  const std::string in_one = Read(whole, limits), in_drops = Read(drops, limits);
  if (in_one == in_drops) return 0;
  std::fprintf(stderr, "read in one piece:\n%s\nread in drops:\n%s\n", in_one.c_str(), in_drops.c_str());
  std::abort();
}
