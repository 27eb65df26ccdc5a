#include "codecs/stream.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <string>
#include <utility>

namespace rutter {
namespace {

constexpr std::size_t kPiece = 128 * 1024;
constexpr int kGzipWindow = 15 + 16;  // the largest window, with gzip's header and trailer

unsigned AsUnsigned(std::size_t size) { return static_cast<unsigned>(std::min<std::size_t>(size, UINT_MAX)); }

class GzipDecoder : public StreamDecoder {
 public:
  ~GzipDecoder() override {
    if (ready_) inflateEnd(&stream_);
  }

  Result<Step> Decode(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (!ready_ && inflateInit2(&stream_, kGzipWindow) != Z_OK) return Fail(ErrorCode::kLimit, "out of memory");
    ready_ = true;
    if (ended_ && inflateReset(&stream_) != Z_OK) return Fail(ErrorCode::kInternal, "a gzip stream cannot begin again");
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
    stream_.avail_in = AsUnsigned(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = AsUnsigned(out.size());
    unsigned given = stream_.avail_in, room = stream_.avail_out;
    int state = inflate(&stream_, Z_NO_FLUSH);
    ended_ = state == Z_STREAM_END;
    // Z_BUF_ERROR: nothing could be done with this little.
    if (state == Z_MEM_ERROR) return Fail(ErrorCode::kLimit, "out of memory");
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) {
      return Fail(ErrorCode::kCorrupt, std::string("a gzip stream is damaged: ") + (stream_.msg == nullptr ? "it needs a dictionary" : stream_.msg));
    }
    return Step{given - stream_.avail_in, room - stream_.avail_out, ended_};
  }

 private:
  z_stream stream_{};
  bool ready_ = false, ended_ = false;
};

class ZstdDecoder : public StreamDecoder {
 public:
  Result<Step> Decode(std::span<const std::byte> in, std::span<std::byte> out) override {
    if (context_ == nullptr) return Fail(ErrorCode::kLimit, "out of memory");
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    std::size_t state = ZSTD_decompressStream(context_.get(), &to, &from);
    if (ZSTD_isError(state) != 0) return Fail(ErrorCode::kCorrupt, std::string("a Zstandard stream is damaged: ") + ZSTD_getErrorName(state));
    return Step{from.pos, to.pos, state == 0};
  }

 private:
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  std::unique_ptr<ZSTD_DCtx, Free> context_{ZSTD_createDCtx()};
};

class GzipEncoder : public StreamEncoder {
 public:
  ~GzipEncoder() override {
    if (ready_) deflateEnd(&stream_);
  }

  Status Encode(std::string_view in, bool last, const std::function<Status(std::string_view)>& write) override {
    if (!ready_ && deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return Fail(ErrorCode::kLimit, "out of memory");
    ready_ = true;
    do {
      std::string_view part = in.substr(0, kPiece);
      in.remove_prefix(part.size());
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
      stream_.avail_in = AsUnsigned(part.size());
      do {
        stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
        stream_.avail_out = AsUnsigned(piece_.size());
        if (deflate(&stream_, last && in.empty() ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_ERROR) return Fail(ErrorCode::kInternal, "a gzip stream cannot go on");
        std::size_t ready = piece_.size() - stream_.avail_out;
        if (ready != 0) RUTTER_TRY(write({piece_.data(), ready}));
      } while (stream_.avail_out == 0);
    } while (!in.empty());
    return {};
  }

 private:
  z_stream stream_{};
  std::array<char, kPiece> piece_;
  bool ready_ = false;
};

class ZstdEncoder : public StreamEncoder {
 public:
  Status Encode(std::string_view in, bool last, const std::function<Status(std::string_view)>& write) override {
    if (context_ == nullptr) return Fail(ErrorCode::kLimit, "out of memory");
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    for (;;) {
      ZSTD_outBuffer to{piece_.data(), piece_.size(), 0};
      std::size_t left = ZSTD_compressStream2(context_.get(), &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) return Fail(ErrorCode::kInternal, std::string("a Zstandard stream cannot go on: ") + ZSTD_getErrorName(left));
      if (to.pos != 0) RUTTER_TRY(write({piece_.data(), to.pos}));
      if (last ? left == 0 : from.pos == from.size) return {};
    }
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  static ZSTD_CCtx* New() {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    // A checksum, so that damage does not go unseen.
    if (context != nullptr) ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    return context;
  }
  std::unique_ptr<ZSTD_CCtx, Free> context_{New()};
  std::array<char, kPiece> piece_;
};

}  // namespace

StreamFormat DetectStream(std::string_view head) {
  if (head.starts_with("\x1F\x8B\x08")) return StreamFormat::kGzip;
  if (head.starts_with("\x28\xB5\x2F\xFD")) return StreamFormat::kZstd;
  return StreamFormat::kNone;
}

std::unique_ptr<StreamDecoder> MakeStreamDecoder(StreamFormat format) {
  if (format == StreamFormat::kGzip) return std::make_unique<GzipDecoder>();
  if (format == StreamFormat::kZstd) return std::make_unique<ZstdDecoder>();
  return nullptr;
}

std::unique_ptr<StreamEncoder> MakeStreamEncoder(StreamFormat format) {
  if (format == StreamFormat::kGzip) return std::make_unique<GzipEncoder>();
  if (format == StreamFormat::kZstd) return std::make_unique<ZstdEncoder>();
  return nullptr;
}

}  // namespace rutter
