// Every codec over any bytes: at most the room it was given, no byte of it left unwritten, typed errors only.
//
// The input: CodecId, bytes of an element, bytes of the chunk (two, little-endian), flags (1: a shuffle stage before the
// codec, decoded as a pipeline), number of parameters, the parameters (four bytes each), then what is to be decoded.
// Seeds: seeds/codecs/make.py.

#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include "codecs/codec.h"

namespace {

using namespace rutter;

constexpr std::size_t kControlBytes = 6;
constexpr unsigned kMaxParameters = 64;

void Require(bool sound) {
  if (!sound) std::abort();
}

/// Decodes into room filled with `fill`; empty where the codec refused.
std::vector<std::byte> Decode(const Codec& codec, std::span<const std::byte> in, std::size_t room, std::byte fill, const CodecSpec& spec,
                              const CodecContext& context) {
  std::vector<std::byte> out(room, fill);
  auto done = codec.decode(in, out, spec, context);
  if (!done) {
    Require(done.error().code != ErrorCode::kInternal && !done.error().message.empty());
    return {};
  }
  Require(*done <= room);
  out.resize(*done);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kControlBytes) return 0;
  const Codec* codec = FindCodec(static_cast<CodecId>(data[0]));
  if (codec == nullptr) return 0;
  CodecContext context;
  context.element_bytes = data[1];
  context.chunk_bytes = data[2] | data[3] << 8;
  const unsigned flags = data[4];
  const std::size_t parameters = data[5] % kMaxParameters;
  if (size - kControlBytes < 4 * parameters) return 0;
  CodecSpec spec;
  spec.id = codec->id;
  spec.hdf5_filter = codec->hdf5_filter;
  spec.values.resize(parameters);
  if (parameters != 0) std::memcpy(spec.values.data(), data + kControlBytes, 4 * parameters);
  auto in = std::as_bytes(std::span(data, size)).subspan(kControlBytes + 4 * parameters);
  const auto room = static_cast<std::size_t>(context.chunk_bytes);
  if ((flags & 1) != 0) {
    CodecSpec shuffle;
    shuffle.id = CodecId::kShuffle;
    shuffle.values = {context.element_bytes};
    const CodecSpec stages[] = {shuffle, spec};
    PipelineScratch scratch;
    std::vector<std::byte> out(room);
    Status status = DecodePipeline(stages, flags >> 1, in, out, context.element_bytes, scratch);
    Require(status || status.error().code != ErrorCode::kInternal);
    return 0;
  }
  // What differs between the two was never written.
  Require(Decode(*codec, in, room, std::byte{0}, spec, context) == Decode(*codec, in, room, std::byte{0xFF}, spec, context));
  return 0;
}
