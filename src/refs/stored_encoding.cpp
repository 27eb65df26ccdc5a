#include "refs/stored_encoding.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

namespace rutter {
namespace {

void AppendLittle(std::uint64_t value, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

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
  std::uint32_t a = 1, b = 0;
  for (char c : data) {
    a = (a + static_cast<unsigned char>(c)) % 65'521;
    b = (b + a) % 65'521;
  }
  std::uint32_t adler = b << 16 | a;
  for (int shift : {24, 16, 8, 0}) out += static_cast<char>(adler >> shift & 0xFF);
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

}  // namespace rutter
