#include "codecs/blosc2_frame.h"

#include <algorithm>
#include <string>

#include "base/checked.h"
#include "codecs/big_endian.h"

namespace rutter {
namespace {

constexpr std::size_t kFixedHeaderBytes = 87;
constexpr std::size_t kMaxRank = 15;

tl::unexpected<Error> Damaged(const char* what) { return Fail(ErrorCode::kCorrupt, std::string("a Blosc2 frame ") + what); }

/// A cursor over MessagePack; the first failure sticks.
class Pack {
 public:
  explicit Pack(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::uint64_t Big(std::size_t width) {
    auto bytes = Take(width);
    return bytes.size() == width ? LoadBig(bytes.data(), static_cast<int>(width)) : 0;
  }
  void Expect(std::uint8_t tag) { ok_ = Big(1) == tag && ok_; }
  std::uint64_t Tagged(std::uint8_t tag, std::size_t width) {
    Expect(tag);
    return Big(width);
  }
  std::span<const std::byte> Take(std::size_t count) {
    if (count > bytes_.size() - at_) ok_ = false;
    if (!ok_) return {};
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

Result<Blosc2Array> DecodeArray(std::span<const std::byte> bytes) {
  Pack pack(bytes);
  std::uint64_t members = pack.Big(1);
  std::uint64_t version = pack.Big(1), rank = pack.Big(1);
  if (!pack.ok() || members < 0x95 || members > 0x97 || version > 127 || rank == 0 || rank > kMaxRank) return Damaged("has a damaged array metalayer");
  Blosc2Array array;
  for (auto* shape : {&array.shape, &array.chunk, &array.block}) {
    bool wide = shape == &array.shape;
    std::uint64_t count = pack.Big(1);
    if (count != (rank | 0x90)) return Damaged("has a damaged array metalayer");
    for (std::uint64_t k = 0; k < rank; ++k) shape->push_back(wide ? pack.Tagged(0xD3, 8) : pack.Tagged(0xD2, 4));
  }
  if (!pack.ok()) return Damaged("has a damaged array metalayer");
  for (std::size_t k = 0; k < rank; ++k) {
    std::uint64_t chunk = array.chunk[k], block = array.block[k];
    bool sound = array.shape[k] <= INT64_MAX && chunk != 0 && chunk <= INT32_MAX && block != 0 && block <= chunk;
    if (!sound) return Damaged("has an array metalayer with sizes out of range");
  }
  return array;
}

}  // namespace

Result<Blosc2Frame> DecodeBlosc2Frame(std::span<const std::byte> bytes) {
  if (bytes.size() < kFixedHeaderBytes) return Damaged("is shorter than its header");
  Pack pack(bytes);
  std::uint64_t members = pack.Big(1);
  bool sound = members >= 0x90 && members <= 0x9F;
  pack.Expect(0xA8);
  sound = pack.Big(8) == 0x6232667261'6D6500 && sound;  // "b2frame\0"
  std::uint64_t header_bytes = pack.Tagged(0xD2, 4), frame_bytes = pack.Tagged(0xCF, 8);
  pack.Expect(0xA4);
  std::uint64_t general = pack.Big(1), kind = pack.Big(1);
  pack.Take(2);  // codec and split mode: each chunk says its own
  Blosc2Frame frame;
  frame.bytes = pack.Tagged(0xD3, 8);
  std::uint64_t compressed = pack.Tagged(0xD3, 8);
  frame.type_bytes = pack.Tagged(0xD2, 4);
  pack.Tagged(0xD2, 4);  // block size
  frame.chunk_bytes = pack.Tagged(0xD2, 4);
  sound = sound && pack.ok() && header_bytes >= kFixedHeaderBytes && frame_bytes <= bytes.size() && header_bytes <= frame_bytes &&
          compressed <= frame_bytes - header_bytes && frame.bytes <= INT64_MAX && frame.chunk_bytes <= INT32_MAX && frame.type_bytes != 0 &&
          frame.type_bytes <= INT32_MAX;
  if (!sound) return Damaged("is damaged or cut short");
  if ((kind & 15) != 0) return Fail(ErrorCode::kUnsupported, "a Blosc2 frame whose chunks are other files");
  bool variable = (general & 0x40) != 0 || (frame.chunk_bytes == 0 && frame.bytes != 0);
  if (variable) return Fail(ErrorCode::kUnsupported, "a Blosc2 frame with chunks of variable length");
  bytes = bytes.first(static_cast<std::size_t>(header_bytes));
  if (bytes.size() == kFixedHeaderBytes) return frame;  // no metalayers
  Pack layers(bytes.subspan(kFixedHeaderBytes));
  layers.Expect(0x93);
  layers.Tagged(0xCD, 2);
  std::uint64_t count = layers.Tagged(0xDE, 2);
  for (std::uint64_t k = 0; k < count && layers.ok(); ++k) {
    std::uint64_t tag = layers.Big(1);
    if ((tag & 0xE0) != 0xA0) return Damaged("has a damaged map of metalayers");
    auto text = layers.Take(static_cast<std::size_t>(tag & 0x1F));
    std::string_view name(reinterpret_cast<const char*>(text.data()), text.size());
    std::uint64_t offset = layers.Tagged(0xD2, 4);
    if (!layers.ok() || (name != "b2nd" && name != "caterva")) continue;
    if (offset > bytes.size()) return Damaged("has a metalayer outside of it");
    Pack layer(bytes.subspan(static_cast<std::size_t>(offset)));
    auto content = layer.Take(static_cast<std::size_t>(layer.Tagged(0xC6, 4)));
    if (!layer.ok()) return Damaged("has a metalayer outside of it");
    RUTTER_ASSIGN(frame.array, DecodeArray(content));
  }
  if (!layers.ok()) return Damaged("has a damaged map of metalayers");
  return frame;
}

Result<std::vector<Blosc2StoredChunk>> DecodeBlosc2Index(const Blosc2Frame& frame, std::span<const std::byte> bytes, std::uint64_t max_chunks) {
  std::vector<Blosc2StoredChunk> chunks;
  std::uint64_t count = frame.num_chunks();
  if (count == 0) return chunks;
  if (count > max_chunks) return Fail(ErrorCode::kLimit, "a Blosc2 frame of " + std::to_string(count) + " chunks");
  // Sound since DecodeBlosc2Frame.
  auto header_bytes = static_cast<std::size_t>(LoadBig(bytes.data() + 11, 4)), frame_bytes = static_cast<std::size_t>(LoadBig(bytes.data() + 16, 8));
  auto compressed = static_cast<std::size_t>(LoadBig(bytes.data() + 39, 8));
  bytes = bytes.subspan(header_bytes, frame_bytes - header_bytes);
  RUTTER_ASSIGN(Blosc2Chunk index, Blosc2Chunk::Open(bytes.subspan(compressed)));
  if (index.bytes() != count * 8) return Damaged("has an index of another size");
  std::vector<std::byte> offsets(index.bytes());
  for (std::size_t at = 0; at < offsets.size(); at += index.block_bytes()) {
    RUTTER_TRY(index.NextBlock(std::span(offsets).subspan(at, index.next_block_bytes())));
  }
  std::uint64_t taken = 0;
  for (std::uint64_t k = 0; k < count; ++k) {
    Blosc2StoredChunk chunk;
    std::uint64_t offset = LoadLittle(offsets.data() + k * 8, 8);
    if ((offset >> 63) != 0) {
      std::uint64_t special = offset >> 56 & 7;
      if (special != 1 && special != 2 && special != 4) return Damaged("has an unknown special chunk");
      chunk.special = static_cast<Blosc2Special>(special);
    } else {
      if (offset > compressed || compressed - offset < 16) return Damaged("has a chunk outside of it");
      std::uint64_t size = LoadLittle(bytes.data() + offset + 12, 4);
      // Chunks that overlap would let a few bytes cost the time of many.
      taken += size;
      if (size > compressed - offset || taken > compressed) return Damaged("has a chunk outside of it");
      chunk.bytes = bytes.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
    }
    chunks.push_back(chunk);
  }
  return chunks;
}

}  // namespace rutter
