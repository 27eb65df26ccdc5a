#include "model/value_json.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace rutter {
namespace {

/// The length of the UTF-8 sequence at the start of `text`, 0 where it is malformed. Source: RFC 3629, section 4.
std::size_t Utf8SequenceLength(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

template <class Float>
void AppendFloat(Float number, std::string& out) {
  if (std::isnan(number)) {
    out += "\"NaN\"";
    return;
  }
  if (std::isinf(number)) {
    out += number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  std::array<char, 64> text;
  char* end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  std::string_view view(text.data(), static_cast<std::size_t>(end - text.data()));
  out += view;
  if (view.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void AppendNumbers(const Shape& numbers, std::string& out) {
  out += '[';
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    if (k != 0) out += ',';
    out += std::to_string(numbers[k]);
  }
  out += ']';
}

void AppendSelection(const ElementSelection& selection, std::string& out) {
  switch (selection.kind) {
    case ElementSelection::Kind::kNone: out += "\"none\""; return;
    case ElementSelection::Kind::kAll: out += "\"all\""; return;
    case ElementSelection::Kind::kRegular: {
      Shape start, stride, count, block;
      for (const HyperslabAxis& axis : selection.axes) {
        start.push_back(axis.start);
        stride.push_back(axis.stride);
        count.push_back(axis.count);
        block.push_back(axis.block);
      }
      out += "{\"start\":";
      AppendNumbers(start, out);
      out += ",\"stride\":";
      AppendNumbers(stride, out);
      out += ",\"count\":";
      AppendNumbers(count, out);
      out += ",\"block\":";
      AppendNumbers(block, out);
      out += '}';
      return;
    }
    case ElementSelection::Kind::kBoxes:
      out += "{\"boxes\":[";
      for (std::size_t k = 0; k < selection.boxes.size(); ++k) {
        if (k != 0) out += ',';
        out += "{\"start\":";
        AppendNumbers(selection.boxes[k].start, out);
        out += ",\"shape\":";
        AppendNumbers(selection.boxes[k].shape, out);
        out += '}';
      }
      out += "]}";
      return;
    case ElementSelection::Kind::kPoints:
      out += "{\"points\":[";
      for (std::size_t k = 0; k < selection.points.size(); ++k) {
        if (k != 0) out += ',';
        AppendNumbers(selection.points[k], out);
      }
      out += "]}";
      return;
  }
}

void AppendReference(const Reference& reference, std::string& out) {
  if (reference.is_null) {
    out += "null";
    return;
  }
  out += "{\"path\":";
  if (reference.path.empty()) {
    out += "null,\"address\":" + std::to_string(reference.address);
  } else {
    AppendJson(Value(reference.path), out);
  }
  if (!reference.file.empty()) {
    out += ",\"file\":";
    AppendJson(Value(reference.file), out);
  }
  if (!reference.attribute.empty()) {
    out += ",\"attribute\":";
    AppendJson(Value(reference.attribute), out);
  }
  if (reference.has_selection) {
    out += ",\"selection\":";
    AppendSelection(reference.selection, out);
  }
  out += '}';
}

struct Appender {
  std::string& out;
  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { Integer(value); }
  void operator()(std::uint64_t value) const { Integer(value); }
  void operator()(double value) const { AppendFloat(value, out); }
  void operator()(const std::string& value) const {
    if (IsUtf8(value)) {
      AppendJsonString(value, out);
    } else {
      out += "{\"base64\":\"";
      AppendBase64(value, out);
      out += "\"}";
    }
  }
  void operator()(const Bytes& value) const {
    out += '"';
    AppendBase64(value.data, out);
    out += '"';
  }
  void operator()(const Complex& value) const {
    out += "{\"real\":";
    AppendFloat(value.real, out);
    out += ",\"imag\":";
    AppendFloat(value.imag, out);
    out += '}';
  }
  void operator()(const Rare<Reference>& value) const { AppendReference(*value, out); }
  void operator()(const ValueList& list) const {
    out += '[';
    for (std::size_t k = 0; k < list.size(); ++k) {
      if (k != 0) out += ',';
      AppendJson(list[k], out);
    }
    out += ']';
  }
  void operator()(const ValueRecord& record) const {
    out += '{';
    for (std::size_t k = 0; k < record.size(); ++k) {
      if (k != 0) out += ',';
      if (IsUtf8(record[k].first)) {
        AppendJsonString(record[k].first, out);
      } else {
        out += "\"base64:";
        AppendBase64(record[k].first, out);
        out += '"';
      }
      out += ':';
      AppendJson(record[k].second, out);
    }
    out += '}';
  }

  template <class Int>
  void Integer(Int value) const {
    std::array<char, 24> text;
    char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), static_cast<std::size_t>(end - text.data()));
  }
};

}  // namespace

bool IsUtf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    // Eight ASCII bytes at a time; nearly all text is ASCII.
    if (at + 8 <= text.size()) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, 8);
      if ((word & 0x8080808080808080ull) == 0) {
        at += 8;
        continue;
      }
    }
    std::size_t length = Utf8SequenceLength(text.substr(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

namespace {

/// Bit i is set where byte i of the 16 at `text` cannot stand in a JSON string as it is: controls, '"', '\\' and 0x7F.
unsigned SpecialBytes(const char* text) {
#ifdef __SSE2__
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
  __m128i special = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
  special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  special = _mm_or_si128(special, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
  return static_cast<unsigned>(_mm_movemask_epi8(special));
#else
  unsigned special = 0;
  for (unsigned i = 0; i < 16; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == '"' || c == '\\' || c == 0x7F) special |= 1u << i;
  }
  return special;
#endif
}

/// Writes one byte that needs an escape.
char* Escape(unsigned char c, char* to) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr std::array<char, 128> kShort = [] {
    std::array<char, 128> letters{};
    letters['"'] = '"';
    letters['\\'] = '\\';
    letters['\n'] = 'n';
    letters['\r'] = 'r';
    letters['\t'] = 't';
    return letters;
  }();
  to[0] = '\\';
  to[1] = kShort[c & 127];  // only bytes below 128 need an escape
  if (to[1] != 0) [[likely]] return to + 2;
  to = std::copy_n("u00", 3, to + 1);
  *to++ = kHex[c >> 4];
  *to++ = kHex[c & 15];
  return to;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string& out) {
  // 16 bytes are looked at and copied at once, those behind the next escape too: what follows overwrites them. A piece of
  // the stack has room for the worst case, so that nothing is checked byte by byte.
  constexpr std::size_t kStep = 16, kLongestEscape = 6, kRoom = 1024, kFull = kRoom - kStep * kLongestEscape - kStep - 1;
  char room[kRoom];
  char* to = room;
  *to++ = '"';
  /// Writes `count` <= 16 bytes; twice 16 can be read at `at`.
  auto step = [&](const char* at, unsigned count) {
    if (to >= room + kFull) {
      out.append(room, static_cast<std::size_t>(to - room));
      to = room;
    }
    unsigned special = SpecialBytes(at) & ((1u << count) - 1), done = 0;
    for (; special != 0; special &= special - 1) {
      const auto next = static_cast<unsigned>(std::countr_zero(special));
      std::memcpy(to, at + done, kStep);
      to = Escape(static_cast<unsigned char>(at[next]), to + (next - done));
      done = next + 1;
    }
    std::memcpy(to, at + done, kStep);
    to += count - done;
  };
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 2 * kStep; at += kStep, left -= kStep) step(at, kStep);
  char tail[4 * kStep] = {};
  std::memcpy(tail, at, left);
  if (left > kStep) step(tail, kStep);
  step(left > kStep ? tail + kStep : tail, static_cast<unsigned>(left > kStep ? left - kStep : left));
  *to++ = '"';
  out.append(room, static_cast<std::size_t>(to - room));
}

void AppendJsonNumber(double number, std::string& out) { AppendFloat(number, out); }
void AppendJsonNumber(float number, std::string& out) { AppendFloat(number, out); }

void AppendBase64(std::string_view bytes, std::string& out) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
  std::size_t i = 0;
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (; i + 2 < bytes.size(); i += 3) {
    unsigned word = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (int shift : {18, 12, 6, 0}) out += kAlphabet[word >> shift & 63];
  }
  if (i + 1 == bytes.size()) {
    unsigned word = byte(i) << 16;
    out += kAlphabet[word >> 18];
    out += kAlphabet[word >> 12 & 63];
    out += "==";
  } else if (i + 2 == bytes.size()) {
    unsigned word = byte(i) << 16 | byte(i + 1) << 8;
    out += kAlphabet[word >> 18];
    out += kAlphabet[word >> 12 & 63];
    out += kAlphabet[word >> 6 & 63];
    out += '=';
  }
}

// Depth is bounded by the datatype's and the array's rank, both limited when the value was built.
void AppendJson(const Value& value, std::string& out) { std::visit(Appender{out}, value.data); }

}  // namespace rutter
