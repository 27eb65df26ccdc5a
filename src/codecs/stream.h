#pragma once
// Compressed files as streams: gzip and Zstandard, decoded piece by piece in bounded memory.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

namespace rutter {

enum class StreamFormat : std::uint8_t { kNone, kGzip, kZstd };

/// What the first bytes of a file say.
StreamFormat DetectStream(std::string_view head);

/// Decodes one stream from its start. One thread.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  struct Step {
    std::size_t consumed = 0, produced = 0;
    bool between = false;  ///< A member or frame has just ended: the stream may end here, or another one follows.
  };
  /// Decodes from `in` into `out`, as far as either reaches. Errors: kCorrupt, kLimit (memory).
  virtual Result<Step> Decode(std::span<const std::byte> in, std::span<std::byte> out) = 0;
};

/// Not null for kGzip and kZstd. Memory: at most 128 MiB, which a Zstandard frame may ask for as its window.
/// Sources: RFC 1952, RFC 8878; members and frames may follow one another.
std::unique_ptr<StreamDecoder> MakeStreamDecoder(StreamFormat format);

/// Encodes one stream. One thread.
class StreamEncoder {
 public:
  virtual ~StreamEncoder() = default;
  /// Takes `in` and hands on what is ready, in pieces that are valid during the call; `last` ends the stream.
  /// Errors: kLimit (memory), and what `write` returns.
  virtual Status Encode(std::string_view in, bool last, const std::function<Status(std::string_view)>& write) = 0;
};

std::unique_ptr<StreamEncoder> MakeStreamEncoder(StreamFormat format);

}  // namespace rutter
