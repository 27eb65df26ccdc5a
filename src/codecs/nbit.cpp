// The n-bit filter: only the significant bits of each number are stored. Source: HDF5 reference manual, "H5Pset_nbit", and
// the parameter list that the library stores with the filter.

#include <algorithm>
#include <cstring>

#include "codecs/bit_stream.h"
#include "codecs/decoders.h"

namespace rutter {
namespace {

enum Class : std::uint32_t { kAtomic = 1, kArray = 2, kCompound = 3, kNoOp = 4 };
constexpr int kMaxDepth = 32;

class Decoder {
 public:
  Decoder(std::span<const std::uint32_t> parameters, std::span<const std::byte> in) : parameters_(parameters), bits_(in) {}

  /// Decodes one element of the type whose parameters start at `at` (moved behind them) into `out` of its size.
  bool Element(std::size_t& at, std::span<std::byte> out, int depth) {
    if (depth > kMaxDepth || bits_.overrun()) return false;
    switch (Next(at)) {
      case kAtomic: return Atomic(at, out);
      case kArray: {
        std::uint64_t total = Next(at);
        std::size_t base_at = at, peek = at;
        std::uint32_t base_class = Next(peek);
        std::uint64_t base = Next(peek);
        if (total > out.size() || base == 0 || base > total) return false;
        if (base_class == kNoOp) {
          at = peek;
          return Plain(out.first(static_cast<std::size_t>(total)));
        }
        for (std::uint64_t i = 0; i < total / base; ++i) {
          at = base_at;
          if (!Element(at, out.subspan(static_cast<std::size_t>(i * base), static_cast<std::size_t>(base)), depth + 1)) return false;
        }
        return true;
      }
      case kCompound: {
        std::uint64_t size = Next(at), members = Next(at), left = size;
        if (size > out.size()) return false;
        for (std::uint64_t i = 0; i < members; ++i) {
          if (failed_) return false;
          std::uint64_t offset = Next(at);
          std::size_t peek = at;
          Next(peek);
          std::uint64_t member = Next(peek);
          // Members that hold nothing or overlap would cost time out of proportion to the chunk.
          if (offset > size || member > size - offset || member == 0 || member > left) return false;
          left -= member;
          if (!Element(at, out.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(member)), depth + 1)) return false;
        }
        return true;
      }
      case kNoOp: {
        std::uint64_t size = Next(at);
        return size <= out.size() && Plain(out.first(static_cast<std::size_t>(size)));
      }
      default: return false;
    }
  }

  /// Size of the type at `at`, 0 where its parameters are damaged.
  std::uint64_t SizeAt(std::size_t at) {
    Next(at);
    return Next(at);
  }

 private:
  std::uint32_t Next(std::size_t& at) {
    if (at < parameters_.size()) return parameters_[at++];
    failed_ = true;
    return 0;
  }

  bool Plain(std::span<std::byte> out) {
    for (std::byte& byte : out) byte = static_cast<std::byte>(bits_.Take(8));
    return !bits_.overrun();
  }

  bool Atomic(std::size_t& at, std::span<std::byte> out) {
    std::uint64_t size = Next(at);
    bool big = Next(at) == 1;
    std::uint64_t precision = Next(at), offset = Next(at);
    if (failed_ || size > out.size() || precision == 0 || precision > size * 8 || offset > size * 8 - precision) return false;
    // Bits from the most significant significant one down, byte by byte.
    std::uint64_t top = precision + offset;
    while (top > offset) {
      std::uint64_t byte = (top - 1) / 8;
      std::uint64_t low = std::max(byte * 8, offset);
      auto take = static_cast<unsigned>(top - low);
      auto value = static_cast<unsigned>(bits_.Take(take) << (low - byte * 8));
      out[static_cast<std::size_t>(big ? size - 1 - byte : byte)] |= static_cast<std::byte>(value);
      top = low;
    }
    return !bits_.overrun();
  }

  std::span<const std::uint32_t> parameters_;
  BitStream bits_;
  bool failed_ = false;
};

}  // namespace

RUTTER_DECODER(DecodeNbit) {
  (void)context;
  if (spec.values.size() < 3) return Fail(ErrorCode::kCorrupt, "n-bit needs at least three parameters");
  if (spec.values[1] != 0) {  // every bit is significant: stored as it is, and no parameters of the type follow
    if (in.size() > out.size()) return Fail(ErrorCode::kCorrupt, "n-bit data is longer than its chunk");
    if (!in.empty()) std::memcpy(out.data(), in.data(), in.size());
    return in.size();
  }
  if (spec.values.size() < 5) return Fail(ErrorCode::kCorrupt, "n-bit needs the parameters of a type");
  Decoder decoder(std::span(spec.values).subspan(3), in);
  std::uint64_t count = spec.values[2], size = decoder.SizeAt(0);
  if (size == 0 || count > out.size() / size) return Fail(ErrorCode::kCorrupt, "n-bit parameters claim more than the chunk");
  auto total = static_cast<std::size_t>(count * size);
  std::fill_n(out.begin(), total, std::byte{0});
  for (std::uint64_t i = 0; i < count; ++i) {
    std::size_t at = 0;
    if (!decoder.Element(at, out.subspan(static_cast<std::size_t>(i * size), static_cast<std::size_t>(size)), 0)) {
      return Fail(ErrorCode::kCorrupt, "n-bit data or parameters are damaged");
    }
  }
  return total;
}

}  // namespace rutter
