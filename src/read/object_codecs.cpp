#include "read/object_codecs.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "model/element.h"
#include "read/json_values.h"

namespace rutter {
namespace {

/// An item of a count-and-lengths framing: 4 bytes little-endian each. Source: numcodecs, vlen.pyx.
template <class Item>
Result<ValueList> DecodeFramed(std::span<const std::byte> chunk, std::uint64_t num_elements, std::string_view codec, const Item& item) {
  ByteReader reader(chunk, 0, {"", codec, "numcodecs"});
  std::uint32_t count = reader.U32();
  if (reader.ok() && count != num_elements) {
    reader.Fail(ErrorCode::kCorrupt, "holds " + std::to_string(count) + " elements, the chunk has " + std::to_string(num_elements));
  }
  ValueList values;
  if (reader.Fits(count, 4)) values.reserve(count);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    std::uint32_t length = reader.U32();
    std::string_view bytes = reader.TakeText(length);
    if (!reader.ok()) break;
    Result<Value> value = item(bytes);
    if (!value) return Fail(std::move(value).error());
    values.push_back(*std::move(value));
  }
  if (reader.ok() && reader.remaining() != 0) reader.Fail(ErrorCode::kCorrupt, std::to_string(reader.remaining()) + " bytes are left over");
  return reader.Finish(std::move(values));
}

}  // namespace

Result<ValueList> DecodeObjects(std::string_view object_codec, const Dtype& dtype, std::span<const std::byte> chunk, std::uint64_t num_elements,
                                const Limits& limits) {
  if (num_elements > limits.value_bytes / sizeof(Value)) return Fail(ErrorCode::kLimit, "a chunk of more objects than Limits::value_bytes holds");
  if (object_codec == "vlen-utf8") {
    return DecodeFramed(chunk, num_elements, object_codec, [](std::string_view bytes) -> Result<Value> { return Value(std::string(bytes)); });
  }
  if (object_codec == "vlen-bytes") {
    bool text = dtype.type_class == TypeClass::kVlenString || dtype.type_class == TypeClass::kString;
    return DecodeFramed(chunk, num_elements, object_codec, [&](std::string_view bytes) -> Result<Value> {
      return text ? Value(std::string(bytes)) : Value(Bytes{std::string(bytes)});
    });
  }
  if (object_codec == "vlen-array") {
    const Dtype* base = dtype.base == nullptr ? nullptr : dtype.base.get();
    if (base == nullptr || base->size_bytes == 0 || !base->IsFixed()) return Fail(ErrorCode::kUnsupported, "vlen-array of an element type that is not fixed");
    return DecodeFramed(chunk, num_elements, object_codec, [&](std::string_view bytes) -> Result<Value> {
      if (bytes.size() % base->size_bytes != 0) return Fail(ErrorCode::kCorrupt, "a ragged row of " + std::to_string(bytes.size()) + " bytes is no whole number of elements");
      std::span<const std::byte> data(reinterpret_cast<const std::byte*>(bytes.data()), bytes.size());
      RUTTER_ASSIGN(auto row, DecodeElements(*base, data, bytes.size() / base->size_bytes, nullptr, limits));
      return Value(std::move(row));
    });
  }
  if (object_codec == "rutter-json") {
    return DecodeFramed(chunk, num_elements, object_codec, [&](std::string_view text) -> Result<Value> {
      // An object reference stands as its plain path, which no JSON text looks like.
      if (!text.empty() && text.front() == '/') {
        Reference reference;
        reference.path = std::string(text);
        return Value(std::move(reference));
      }
      return ParseJsonValue(text, dtype);
    });
  }
  if (object_codec == "json2") {
    std::string_view text(reinterpret_cast<const char*>(chunk.data()), chunk.size());
    return ParseJson2(text, dtype, num_elements);
  }
  return Fail(ErrorCode::kUnsupported, "object codec " + std::string(object_codec) + " cannot be decoded here");
}

Result<std::vector<std::byte>> DecodePipelineOfAnySize(std::span<const CodecSpec> stages, std::uint32_t mask, std::span<const std::byte> in,
                                                       std::uint64_t max_bytes) {
  if (in.size() > max_bytes) return Fail(ErrorCode::kLimit, "a chunk of " + std::to_string(in.size()) + " stored bytes, at most " + std::to_string(max_bytes) + " are read");
  std::vector<std::byte> bytes(in.begin(), in.end());
  for (std::size_t k = stages.size(); k-- > 0;) {
    if (mask == 0xFFFFFFFF || (k < 32 && (mask >> k & 1) != 0)) continue;
    const Codec* codec = FindCodec(stages[k].id);
    if (codec == nullptr) return CanDecode(stages.subspan(k, 1)) ? Fail(ErrorCode::kUnsupported, "unknown codec") : Fail(CanDecode(stages.subspan(k, 1)).error());
    // The decoder cannot say how much room it wants, so it is given four times more until it is content.
    std::uint64_t room = std::min<std::uint64_t>(max_bytes, std::max<std::uint64_t>(bytes.size() * 8, 64 << 10));
    for (;;) {
      std::vector<std::byte> out(static_cast<std::size_t>(room));
      auto done = codec->decode(bytes, out, stages[k], {room, 1});
      if (done) {
        out.resize(*done);
        bytes = std::move(out);
        break;
      }
      if (done.error().code != ErrorCode::kCorrupt || room >= max_bytes) return Fail(std::move(done).error());
      room = room > max_bytes / 4 ? max_bytes : room * 4;
    }
  }
  return bytes;
}

}  // namespace rutter
