// Undoing a whole pipeline, stage by stage, from the last applied to the first.

#include <algorithm>
#include <cstring>

#include "codecs/codec.h"
#include "codecs/number_codec.h"

namespace rutter {
namespace {

tl::unexpected<Error> NoCodec(const CodecSpec& stage) {
  std::string title = Hdf5FilterTitle(stage.hdf5_filter);  // what writers call it varies
  if (title == "unknown" && !stage.name.empty()) title = stage.name;
  Error error = MakeError(ErrorCode::kUnsupported, stage.hdf5_filter != 0 ? "filter " + std::to_string(stage.hdf5_filter) + " (" + title + ") cannot be decoded here"
                                                                          : "codec " + title + " cannot be decoded here");
  error.hint = "a map still says where the bytes lie";
  return Fail(std::move(error));
}

/// Makes room without clearing what is there: the decoder overwrites it.
std::span<std::byte> Room(std::vector<std::byte>& buffer, std::size_t bytes) {
  if (buffer.size() < bytes) buffer.resize(bytes);
  return std::span(buffer).first(bytes);
}

}  // namespace

Status CanDecode(std::span<const CodecSpec> stages) {
  for (const CodecSpec& stage : stages) {
    if (FindCodec(stage.id) == nullptr) return NoCodec(stage);
  }
  return {};
}

Status DecodePipeline(std::span<const CodecSpec> stages, std::uint32_t mask, std::span<const std::byte> in, std::span<std::byte> out,
                      std::uint32_t element_bytes, PipelineScratch& scratch, std::size_t least) {
  auto skipped = [&](std::size_t stage) { return mask == 0xFFFFFFFF || (stage < 32 && (mask >> stage & 1) != 0); };
  std::size_t left = 0;
  for (std::size_t k = 0; k < stages.size(); ++k) left += skipped(k) ? 0 : 1;
  CodecContext context{out.size(), element_bytes};
  // What stands between two stages is the chunk and little more (a checksum, a header); a stage that found nothing to save
  // may have grown its data somewhat.
  std::size_t between = out.size() + out.size() / 4 + 4096;
  for (const CodecSpec& stage : stages) {
    if (stage.id == CodecId::kDelta || stage.id == CodecId::kFixedScaleOffset) between = std::max(between, StoredNumberBytes(stage, out.size()));
  }
  std::vector<std::byte>* target = &scratch.a;
  for (std::size_t k = stages.size(); k-- > 0;) {
    if (skipped(k)) continue;
    const Codec* codec = FindCodec(stages[k].id);
    if (codec == nullptr) return NoCodec(stages[k]);
    --left;
    std::span<std::byte> room = left == 0 ? out : Room(*target, between);
    auto done = codec->decode(in, room, stages[k], context);
    if (!done) return Fail(std::move(done).error());
    in = room.first(*done);
    if (left != 0) target = target == &scratch.a ? &scratch.b : &scratch.a;
    if (left == 0) {
      if (*done < out.size() && *done >= least) std::memset(out.data() + *done, 0, out.size() - *done);
      if (*done == out.size() || *done >= least) return {};
      return Fail(ErrorCode::kCorrupt, "a chunk decodes to " + std::to_string(*done) + " bytes, not " + std::to_string(out.size()));
    }
  }
  // No stage was left to undo.
  if (in.size() != out.size()) {
    return Fail(ErrorCode::kCorrupt, "a chunk of " + std::to_string(in.size()) + " bytes should have " + std::to_string(out.size()));
  }
  if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
  return {};
}

}  // namespace rutter
