#include "refs/stored_encoding.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>

namespace rutter {
namespace {

void AppendLittle(std::uint64_t value, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

/// RFC 1950, 9.
class Adler {
 public:
  void Add(std::string_view data) {
    for (char c : data) {
      a_ = (a_ + static_cast<unsigned char>(c)) % 65'521;
      b_ = (b_ + a_) % 65'521;
    }
  }
  void Append(std::string& out) const {
    for (std::uint32_t half : {b_, a_}) {
      out += static_cast<char>(half >> 8);
      out += static_cast<char>(half & 0xFF);
    }
  }

 private:
  std::uint32_t a_ = 1, b_ = 0;
};

/// One RFC 1951 block with fixed Huffman codes.
class FixedBlock {
 public:
  explicit FixedBlock(std::string& out) : out_(out) { Number(0b011, 3); }  // the last block, type 01

  void Literal(char c) {
    unsigned byte = static_cast<unsigned char>(c);
    byte < 144 ? Code(0x30 + byte, 8) : Code(0x190 + byte - 144, 9);
  }

  /// 258 bytes, `distance` bytes back.
  void Match(std::uint32_t distance) {
    Code(0b11000101, 8);  // length symbol 285
    const std::uint32_t x = distance - 1;
    if (x < 4) return Code(x, 5);
    const int n = std::bit_width(x) - 1;
    Code(static_cast<std::uint32_t>(2 * n) + (x >> (n - 1) & 1), 5);
    Number(x & ((1u << (n - 1)) - 1), n - 1);
  }

  void End() {
    Code(0, 7);
    if (used_ != 0) Number(0, 8 - used_);
  }

 private:
  /// Huffman codes stand with their first bit first, numbers with their lowest.
  void Code(std::uint32_t code, int bits) {
    while (bits-- > 0) Bit(code >> bits & 1);
  }
  void Number(std::uint32_t value, int bits) {
    for (int i = 0; i < bits; ++i) Bit(value >> i & 1);
  }
  void Bit(std::uint32_t bit) {
    byte_ |= bit << used_;
    if (++used_ < 8) return;
    out_ += static_cast<char>(byte_);
    byte_ = 0;
    used_ = 0;
  }

  std::string& out_;
  std::uint32_t byte_ = 0;
  int used_ = 0;
};

/// RFC 1951 3.2.4 blocks of type 00 inside an RFC 1950 frame.
std::string ZlibStored(std::string_view data) {
  std::string out = "\x78\x01";
  std::size_t at = 0;
  do {
    std::size_t take = std::min<std::size_t>(65'535, data.size() - at);
    out += static_cast<char>(at + take == data.size() ? 1 : 0);
    AppendLittle(take, 2, out);
    AppendLittle(~take & 0xFFFF, 2, out);
    out += data.substr(at, take);
    at += take;
  } while (at < data.size());
  Adler adler;
  adler.Add(data);
  adler.Append(out);
  return out;
}

/// RFC 8878 3.1.1: one segment, 8-byte content size, raw blocks of at most 128 KiB.
std::string ZstdRaw(std::string_view data) {
  std::string out = "\x28\xB5\x2F\xFD\xE0";
  AppendLittle(data.size(), 8, out);
  std::size_t at = 0;
  do {
    std::size_t take = std::min<std::size_t>(128 * 1024, data.size() - at);
    AppendLittle(static_cast<std::uint64_t>(take) << 3 | (at + take == data.size() ? 1u : 0u), 3, out);
    out += data.substr(at, take);
    at += take;
  } while (at < data.size());
  return out;
}

/// c-blosc 1 chunk header with the "memcpyed" flag, then the bytes.
std::string BloscStored(std::string_view data, std::uint32_t element_bytes) {
  std::string out = "\x02";
  out += '\x01';
  out += '\x02';
  out += static_cast<char>(std::clamp<std::uint32_t>(element_bytes, 1, 255));
  AppendLittle(data.size(), 4, out);
  AppendLittle(data.size(), 4, out);
  AppendLittle(data.size() + 16, 4, out);
  return out.append(data);
}

std::string Shuffled(std::string_view data, std::size_t width) {
  std::string out(data);
  std::size_t count = width == 0 ? 0 : data.size() / width;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < width; ++j) out[j * count + i] = data[i * width + j];
  }
  return out;
}

}  // namespace

Result<std::string> EncodeStored(std::span<const CodecSpec> stages, std::span<const std::byte> decoded, std::uint32_t element_bytes) {
  std::string data(reinterpret_cast<const char*>(decoded.data()), decoded.size());
  for (const CodecSpec& stage : stages) {
    switch (stage.id) {
      case CodecId::kDeflate: data = ZlibStored(data); break;
      case CodecId::kZstd: data = ZstdRaw(data); break;
      case CodecId::kBlosc:
        if (data.size() > 0x7FFFFFEFu) return Fail(ErrorCode::kUnsupported, "a chunk of 2 GiB has no Blosc form");
        data = BloscStored(data, element_bytes);
        break;
      case CodecId::kShuffle: data = Shuffled(data, stage.values.empty() ? element_bytes : stage.values[0]); break;
      default: return Fail(ErrorCode::kUnsupported, "a chunk that skipped filters cannot be restated for its array's codecs");
    }
  }
  return data;
}

std::string EncodeRepeated(std::string_view element, std::uint64_t count) {
  constexpr std::uint64_t kMatchBytes = 258;
  std::string out = "\x78\x01";
  FixedBlock block(out);
  for (char c : element) block.Literal(c);
  const std::uint64_t bytes = element.size() * count;
  std::uint64_t done = element.size();
  for (; bytes - done >= kMatchBytes; done += kMatchBytes) block.Match(static_cast<std::uint32_t>(element.size()));
  for (; done < bytes; ++done) block.Literal(element[static_cast<std::size_t>(done % element.size())]);
  block.End();
  Adler adler;
  for (std::uint64_t i = 0; i < count; ++i) adler.Add(element);
  adler.Append(out);
  return out;
}

}  // namespace rutter
