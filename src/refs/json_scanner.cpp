#include "refs/json_scanner.h"

#include <algorithm>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace rutter {
namespace {

/// The first quote or backslash from `at` on, or `end`. Bytes up to 16 behind `end` may be read.
const char* FindQuote(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
  for (; at < end; at += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    int found = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
    if (found != 0) return std::min(end, at + __builtin_ctz(static_cast<unsigned>(found)));
  }
  return end;
#else
  while (at < end && *at != '"' && *at != '\\') ++at;
  return at;
#endif
}

}  // namespace

const char* SkipJsonString(const char* at, const char* end) {
  for (at = FindQuote(at + 1, end); at < end; at = FindQuote(at, end)) {
    if (*at == '"') return at + 1;
    at += 2;
  }
  return nullptr;
}

const char* SkipJsonValue(const char* at, const char* end) {
  if (at >= end) return nullptr;
  if (*at == '"') return SkipJsonString(at, end);
  if (*at != '{' && *at != '[') {
    while (at < end && *at != ',' && *at != '}' && *at != ']' && static_cast<unsigned char>(*at) > ' ') ++at;
    return at < end ? at : nullptr;
  }
  for (std::uint64_t depth = 0; at < end;) {
    char c = *at;
    if (c == '"') {
      at = SkipJsonString(at, end);
      if (at == nullptr) return nullptr;
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return nullptr;
}

tl::unexpected<Error> JsonScanner::Corrupt(const std::string& message) const {
  Error error = MakeError(ErrorCode::kCorrupt, "the map is no sound JSON: " + message);
  error.where.offset = offset();
  return Fail(std::move(error));
}

Result<bool> JsonScanner::More() {
  auto kept = static_cast<std::size_t>(end_ - at_);
  std::size_t piece = std::max<std::size_t>(text_.piece_bytes(), kPadding);
  if (auto size = text_.size()) piece = static_cast<std::size_t>(std::min<std::uint64_t>(piece, std::max<std::uint64_t>(*size - std::min(*size, base_), kPadding)));
  std::uint64_t base = offset();
  if (kept > max_member_bytes_) {
    Error error = MakeError(ErrorCode::kLimit, "one member of the map has more than " + std::to_string(max_member_bytes_) + " bytes (a quarter of Limits::metadata_bytes)");
    error.where.offset = base;
    return Fail(std::move(error));
  }
  if (capacity_ < kept + kept / 2 + piece / 2) {
    // One member is larger than the window: the window grows to twice of what there is.
    std::size_t capacity = kept + std::max(kept, piece);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
    if (kept != 0) std::memcpy(larger.get(), at_, kept);
    buffer_ = std::move(larger);
    capacity_ = capacity;
  } else if (kept != 0) {
    std::memmove(buffer_.get(), at_, kept);
  }
  base_ = base;
  at_ = buffer_.get();
  end_ = at_ + kept;
  std::memset(buffer_.get() + kept, 0, kPadding);
  RUTTER_ASSIGN(std::size_t got, text_.Read(base_ + kept, std::span(buffer_.get() + kept, capacity_ - kept)));
  end_ += got;
  std::memset(buffer_.get() + kept + got, 0, kPadding);
  return got != 0;
}

Result<char> JsonScanner::Peek() {
  for (;;) {
    if (at_ != nullptr) at_ = SkipJsonSpace(at_);
    if (at_ < end_) return *at_;
    RUTTER_ASSIGN(bool more, More());
    if (!more) return '\0';
  }
}

Status JsonScanner::Expect(char wanted) {
  RUTTER_ASSIGN(char found, Peek());
  if (found != wanted || at_ == end_) return at_ == end_ ? Corrupt("it ends too early") : Corrupt(std::string("there is no ") + wanted);
  ++at_;
  return {};
}

Result<std::string_view> JsonScanner::TakeValue() {
  RUTTER_TRY(Peek());
  for (;;) {
    if (const char* behind = SkipJsonValue(at_, end_)) {
      std::string_view value(at_, static_cast<std::size_t>(behind - at_));
      if (value.empty()) return Corrupt("there is no value");
      at_ = behind;
      return value;
    }
    RUTTER_ASSIGN(bool more, More());
    if (!more) return Corrupt("it ends inside a value");
  }
}

Result<std::string_view> JsonScanner::TakeKey() {
  RUTTER_ASSIGN(char quote, Peek());
  if (quote != '"') return Corrupt(at_ == end_ ? "it ends too early" : "there is no key");
  RUTTER_ASSIGN(std::string_view key, TakeValue());
  key_.assign(key);
  RUTTER_TRY(Expect(':'));
  return key_;
}

Result<bool> JsonScanner::TakeComma() {
  RUTTER_ASSIGN(char next, Peek());
  if (next != ',' && next != '}') return Corrupt(at_ == end_ ? "it ends inside an object" : "there is neither a comma nor the end of an object");
  ++at_;
  return next == ',';
}

}  // namespace rutter
