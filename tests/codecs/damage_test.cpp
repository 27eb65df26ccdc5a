// Chunks of fixtures/codecs/ that are cut short, made longer, or changed: an error or the same data, never a crash.

#include <random>

#include "codecs/fixture_file.h"

using namespace rutter;
using namespace rutter::test;

namespace {

using ByteList = std::vector<std::byte>;

struct StoredChunk {
  std::string path;
  const Array* array;
  ByteList bytes;
  std::uint32_t mask;

  std::size_t decoded_bytes() const { return static_cast<std::size_t>(array->ChunkElements() * array->dtype->size_bytes); }
  Result<ByteList> Decode(std::span<const std::byte> stored) const {
    PipelineScratch scratch;
    ByteList out(decoded_bytes());
    RUTTER_TRY(DecodePipeline(array->codecs, mask, stored, out, static_cast<std::uint32_t>(array->dtype->size_bytes), scratch));
    return out;
  }
};

/// The first chunk of every array at the root of a file that can be read.
std::vector<StoredChunk> FirstChunks(const CodecFixture& fixture) {
  std::vector<StoredChunk> chunks;
  for (const auto& node : fixture.map.root.children) {
    if (node->kind != NodeKind::kArray || node->FindAttribute("error") != nullptr) continue;
    const Array& array = *node->array;
    Shape zeros(array.rank(), 0), ones(array.rank(), 1);
    auto status = array.index->Locate(Box{zeros, ones}, [&](std::span<const std::uint64_t>, const ChunkRef& chunk) -> Status {
      ByteList bytes(static_cast<std::size_t>(chunk.length));
      RUTTER_TRY(fixture.source->ReadAt(chunk.offset, bytes));
      chunks.push_back({node->name, &array, std::move(bytes), chunk.filter_mask});
      return {};
    });
    REQUIRE(status);
  }
  return chunks;
}

constexpr const char* kFiles[] = {"deflate.h5", "fletcher32.h5", "masks.h5", "szip.h5",          "nbit.h5",       "scaleoffset.h5", "whole_bytes.h5",
                                  "blosc.h5",   "blosc2.h5",     "zfp.h5",   "blosc2_arrays.h5", "bitshuffle.h5", "identity.h5"};

bool IsTyped(const Error& error) {
  return error.code == ErrorCode::kCorrupt || error.code == ErrorCode::kUnsupported || error.code == ErrorCode::kLimit;
}

}  // namespace

TEST_CASE("a chunk that is cut short is an error, or the bytes that it lost meant nothing") {
  for (std::string file : kFiles) {
    CodecFixture fixture = OpenCodecFixture(file);
    for (const StoredChunk& chunk : FirstChunks(fixture)) {
      CAPTURE(file);
      CAPTURE(chunk.path);
      auto whole = chunk.Decode(chunk.bytes);
      REQUIRE(whole);
      // A ZFP stream does not say how long it is, and is read by the word: the loss of its last bytes cannot be seen.
      std::size_t blind = file == "zfp.h5" ? 8 : 0;
      std::size_t step = 1 + chunk.bytes.size() / 300;
      for (std::size_t n = 0; n + blind < chunk.bytes.size(); n += step) {
        CAPTURE(n);
        // A copy of its own, so that a sanitizer sees a read behind the end.
        ByteList cut(chunk.bytes.begin(), chunk.bytes.begin() + static_cast<std::ptrdiff_t>(n));
        auto found = chunk.Decode(cut);
        bool sound = found ? *found == *whole : IsTyped(found.error());
        CHECK(sound);
      }
    }
  }
}

TEST_CASE("changed chunks decode to something or are a typed error") {
  std::mt19937 random(20);
  for (std::string file : kFiles) {
    CodecFixture fixture = OpenCodecFixture(file);
    for (const StoredChunk& chunk : FirstChunks(fixture)) {
      CAPTURE(file);
      CAPTURE(chunk.path);
      for (int round = 0; round < 60 && !chunk.bytes.empty(); ++round) {
        ByteList changed = chunk.bytes;
        for (unsigned k = 1 + random() % 3; k > 0; --k) {
          // The headers of all codecs stand at the start.
          std::size_t place = random() % (round % 2 == 0 ? std::min<std::size_t>(changed.size(), 128) : changed.size());
          constexpr std::uint8_t kNumbers[] = {0, 1, 0x7F, 0x80, 0xFF};
          changed[place] = static_cast<std::byte>(round % 3 == 0 ? kNumbers[random() % 5] : random());
        }
        auto found = chunk.Decode(changed);
        bool sound = found || IsTyped(found.error());
        CHECK(sound);
      }
    }
  }
}

TEST_CASE("changed parameters decode to something or are a typed error") {
  std::mt19937 random(21);
  for (std::string file : kFiles) {
    CodecFixture fixture = OpenCodecFixture(file);
    for (const StoredChunk& chunk : FirstChunks(fixture)) {
      CAPTURE(file);
      CAPTURE(chunk.path);
      for (int round = 0; round < 30; ++round) {
        auto stages = chunk.array->codecs;
        CodecSpec& stage = stages[random() % stages.size()];
        if (stage.values.empty()) continue;
        constexpr std::uint32_t kNumbers[] = {0, 1, 2, 3, 31, 33, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
        if (round % 4 == 0) {
          stage.values.resize(random() % stage.values.size());
        } else {
          stage.values[random() % stage.values.size()] = kNumbers[random() % 9];
        }
        PipelineScratch scratch;
        ByteList out(chunk.decoded_bytes());
        auto status = DecodePipeline(stages, chunk.mask, chunk.bytes, out, static_cast<std::uint32_t>(chunk.array->dtype->size_bytes), scratch);
        bool sound = status || IsTyped(status.error());
        CHECK(sound);
      }
    }
  }
}
