#include "refs/chunk_rows.h"

#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "base/checked.h"
#include "base/text.h"
#include "model/chunk_index.h"
#include "refs/json_scanner.h"

namespace rutter {
namespace {

bool IsDigit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

/// The C-order number of a chunk from the part of its key behind the array's path; nullopt where this is no chunk key
/// of the array or lies outside the grid.
std::optional<std::uint64_t> ChunkNumber(std::string_view text, ChunkKeys keys, const Shape& grid) {
  if (keys.c_prefix) {
    if (text.empty() || text.front() != 'c') return std::nullopt;
    text.remove_prefix(1);
    if (grid.empty()) return text.empty() ? std::optional<std::uint64_t>(0) : std::nullopt;
    if (text.empty() || text.front() != keys.separator) return std::nullopt;
    text.remove_prefix(1);
  } else if (grid.empty()) {
    return text == "0" ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
  const char* at = text.data();
  const char* end = at + text.size();
  std::uint64_t number = 0;
  for (std::size_t k = 0; k < grid.size(); ++k) {
    if (k != 0) {
      if (at == end || *at != keys.separator) return std::nullopt;
      ++at;
    }
    const char* begin = at;
    std::uint64_t index = 0;
    while (at != end && IsDigit(*at)) index = index * 10 + static_cast<std::uint64_t>(*at++ - '0');
    if (at == begin || at - begin > 19 || index >= grid[k]) return std::nullopt;
    number = number * grid[k] + index;
  }
  return at == end ? std::optional<std::uint64_t>(number) : std::nullopt;
}

/// The digits at `at` as a number of at most 15 digits; at least 16 bytes can be read. False where there are none, or more.
inline bool TakeDigits(const char*& at, std::uint64_t& number) {
  auto take = [&at](std::uint64_t& value) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    // Bytes that are digits become 0..9; all others get a bit in their upper half.
    std::uint64_t digits = word ^ 0x3030303030303030ull;
    std::uint64_t others = ((digits + 0x0606060606060606ull) | digits) & 0xF0F0F0F0F0F0F0F0ull;
    if (others == 0) [[unlikely]] {
      others = 1;  // eight digits
    } else {
      int bits = std::countr_zero(others) & ~7;
      if (bits == 0) return 0;
      digits <<= 64 - bits;  // leading zeros take the place of what is no digit
      others = static_cast<std::uint64_t>(bits);
    }
    digits = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FFull;
    digits = (digits * 100 + (digits >> 16)) & 0x0000FFFF0000FFFFull;
    value = (digits * 10000 + (digits >> 32)) & 0xFFFFFFFFull;
    int count = others == 1 ? 8 : static_cast<int>(others / 8);
    at += count;
    return count;
  };
  int count = take(number);
  if (count != 8) return count != 0;
  static constexpr std::uint64_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};
  std::uint64_t low = 0;
  count = take(low);
  if (count == 8) return false;
  number = number * kPowers[count] + low;
  return true;
}

/// The same for a number of JSON, which has no leading zero.
inline bool TakeNumber(const char*& at, std::uint64_t& number) {
  if (*at == '0' && IsDigit(at[1])) return false;
  return TakeDigits(at, number);
}

bool StandsAt(const char* at, const char* end, const std::string& text) {
  return static_cast<std::size_t>(end - at) >= text.size() && std::memcmp(at, text.data(), text.size()) == 0;
}

/// True for printable ASCII that stands in JSON as it is.
bool IsPlain(std::string_view text) {
  for (char c : text) {
    if (c < ' ' || c == '"' || c == '\\' || c == '\x7F') return false;
  }
  return true;
}

}  // namespace

ChunkRows::Target* ChunkRows::MakeTarget(const std::string& prefix, const KeySpelling& spelling) {
  auto target = std::make_unique<Target>();
  target->prefix = prefix;
  target->spelling = spelling;
  targets_.push_back(std::move(target));
  url_bytes_ += sizeof(Target) + 2 * prefix.size() + 8 * spelling.grid.size() + 128;
  return by_prefix_[prefix] = targets_.back().get();
}

bool ChunkRows::Declare(std::string_view path, KeySpelling spelling) {
  std::string prefix = path.empty() ? "" : std::string(path) + "/";
  if (auto found = by_prefix_.find(prefix); found != by_prefix_.end()) return found->second->spelling == spelling;
  if (auto found = known_.find(prefix); found != known_.end()) return found->second == spelling;
  MakeTarget(prefix, spelling);
  return true;
}

ChunkRows::Target* ChunkRows::Resolve(std::string_view key, std::uint64_t& number) {
  // Neighbouring keys nearly always belong to one array.
  if (last_ != nullptr && key.starts_with(last_->prefix)) {
    if (auto found = ChunkNumber(key.substr(last_->prefix.size()), last_->spelling.keys, last_->spelling.grid)) {
      number = *found;
      return last_;
    }
  }
  return ResolveSlowly(key, number);
}

ChunkRows::Target* ChunkRows::ResolveSlowly(std::string_view key, std::uint64_t& number) {
  std::string prefix(key);
  // The deepest array whose path the key starts with; separators inside chunk keys may be slashes.
  for (int parts = 0; parts < 40; ++parts) {
    std::size_t slash = prefix.empty() ? std::string::npos : prefix.rfind('/', prefix.size() - 1);
    prefix.resize(slash == std::string::npos ? 0 : slash + 1);
    auto found = by_prefix_.find(prefix);
    Target* target = found == by_prefix_.end() ? nullptr : found->second;
    if (target == nullptr) {
      if (auto known = known_.find(prefix); known != known_.end()) target = MakeTarget(prefix, known->second);
    }
    if (target != nullptr) {
      auto chunk = ChunkNumber(key.substr(prefix.size()), target->spelling.keys, target->spelling.grid);
      if (!chunk) break;
      last_ = target;
      next_left_ = 0;
      quoted_prefix_ = "\"" + target->prefix + (target->spelling.keys.c_prefix ? "c" : "");
      // Keys with escapes, and arrays of one chunk, take the long way.
      if (!IsPlain(std::string_view(quoted_prefix_).substr(1)) || target->spelling.grid.empty()) quoted_prefix_.clear();
      number = *chunk;
      return last_;
    }
    if (prefix.empty()) break;
    prefix.pop_back();
  }
  ++ignored_;
  return nullptr;
}

std::uint32_t ChunkRows::FindUrl(std::string_view url) {
  if (!urls_.empty() && url == last_url_) return last_source_;
  next_left_ = 0;
  auto [found, is_new] = by_url_.try_emplace(std::string(url), static_cast<std::uint32_t>(urls_.size()));
  if (is_new) {
    urls_.emplace_back(url);
    url_bytes_ += 256 + 4 * url.size();  // here, and in the table of sources later
  }
  last_url_ = url;
  last_source_ = found->second;
  quoted_url_ = IsPlain(url) ? "\"" + last_url_ + "\"" : "";
  return last_source_;
}

/// Takes a member up to its numbers: "key":["url",
const char* ChunkRows::TakePlace(const char* at, const char* end, std::uint64_t& chunk) {
  if (last_ == nullptr || quoted_prefix_.empty() || !StandsAt(at, end, quoted_prefix_)) return nullptr;
  const char* member = at;
  at += quoted_prefix_.size();
  const KeySpelling& spelling = last_->spelling;
  std::uint64_t index = 0;
  bool first = !spelling.keys.c_prefix;
  chunk = 0;
  for (std::uint64_t length : spelling.grid) {
    if (!first && *at++ != spelling.keys.separator) return nullptr;
    first = false;
    if (!TakeDigits(at, index) || index >= length) return nullptr;
    chunk = chunk * length + index;
  }
  const char* key_end = at;
  if (*at++ != '"') return nullptr;
  at = SkipJsonSpace(at);
  if (*at++ != ':') return nullptr;
  at = SkipJsonSpace(at);
  if (*at++ != '[') return nullptr;
  at = SkipJsonSpace(at);
  if (!quoted_url_.empty() && StandsAt(at, end, quoted_url_)) {
    at += quoted_url_.size();
  } else {
    const char* behind = *at == '"' ? SkipJsonString(at, end) : nullptr;
    if (behind == nullptr) return nullptr;
    std::string_view url(at + 1, static_cast<std::size_t>(behind - at) - 2);
    if (!IsPlain(url)) return nullptr;
    FindUrl(url);
    at = behind;
  }
  at = SkipJsonSpace(at);
  if (*at++ != ',') return nullptr;
  at = SkipJsonSpace(at);
  ExpectNext(member, key_end, at, chunk, index);
  return at;
}

/// The next chunk along the fastest axis is named by the same text with the next number, which is compared at once instead
/// of being taken apart.
void ChunkRows::ExpectNext(const char* member, const char* key_end, const char* numbers, std::uint64_t chunk, std::uint64_t index) {
  next_.assign(member, numbers);
  next_digit_ = static_cast<std::size_t>(key_end - member) - 1;
  next_chunk_ = chunk;
  next_left_ = last_->spelling.grid.back() - index;
  CountUp();
}

inline void ChunkRows::CountUp() {
  ++next_chunk_;
  if (--next_left_ == 0) return;
  char& digit = next_[next_digit_];
  if (digit == '9') return Carry();
  ++digit;
}

void ChunkRows::Carry() {
  char* digit = next_.data() + next_digit_;
  while (*digit == '9') *digit-- = '0';
  if (IsDigit(*digit)) {
    ++*digit;
  } else {
    next_.insert(static_cast<std::size_t>(digit - next_.data()) + 1, 1, '1');
    ++next_digit_;
  }
}

ChunkRows::Taken ChunkRows::TakeReferences(const char* at, const char* stop, const char* end) {
  for (;;) {
    std::uint64_t chunk, offset, length;
    const char* numbers;
    if (next_left_ != 0 && StandsAt(at, end, next_)) {
      numbers = at + next_.size();
      chunk = next_chunk_;
      CountUp();
    } else {
      numbers = TakePlace(at, end, chunk);
      if (numbers == nullptr) return {at, false};
    }
    if (!TakeNumber(numbers, offset)) return {at, false};
    numbers = SkipJsonSpace(numbers);
    if (*numbers++ != ',') return {at, false};
    numbers = SkipJsonSpace(numbers);
    if (!TakeNumber(numbers, length) || length == 0) return {at, false};
    numbers = SkipJsonSpace(numbers);
    if (*numbers != ']') return {at, false};
    last_->rows.Append({chunk, offset, length, last_source_, 0});
    at = numbers + 1;
    const char* comma = SkipJsonSpace(at);
    if (*comma != ',') return {at, true};
    const char* member = SkipJsonSpace(comma + 1);
    if (member >= stop || *member != '"') return {at, true};
    at = member;
  }
}

Status ChunkRows::AddReference(std::string_view key, std::string_view url, std::uint64_t offset, std::uint64_t length) {
  std::uint64_t number = 0;
  Target* target = Resolve(key, number);
  if (target == nullptr) return {};
  if (length == ChunkRef::kWholeSource) {
    has_whole_sources_ = true;
  } else if (length == 0 || !CheckedAdd(offset, length)) {
    return Fail(ErrorCode::kCorrupt, "the reference " + std::string(key) + " names " + (length == 0 ? "no bytes" : "bytes beyond 2^64"));
  }
  target->rows.Append({number, offset, length, FindUrl(url), 0});
  return {};
}

Status ChunkRows::AddInline(std::string_view key, std::string_view bytes) {
  std::uint64_t number = 0;
  Target* target = Resolve(key, number);
  if (target == nullptr) return {};
  inline_taken_ += bytes.size();
  RUTTER_TRY(budget_.TakeInline(bytes.size()));
  target->rows.Append({number, target->inline_data.size(), bytes.size(), ChunkTable::kInline, 0});
  const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
  target->inline_data.insert(target->inline_data.end(), data, data + bytes.size());
  return {};
}

Status ChunkRows::AddList(std::string_view key, std::string_view json) {
  auto malformed = [&] { return Fail(ErrorCode::kCorrupt, "the reference " + std::string(key) + " is not [url] or [url, offset, length]"); };
  // The text is followed by more of the document, or by NUL.
  const char* at = SkipJsonSpace(json.data() + 1);
  const char* end = json.data() + json.size();
  std::string unescaped;
  std::string_view url;
  bool nowhere = false, whole = false;
  auto is_null = [&] {
    if (end - at < 5 || std::memcmp(at, "null", 4) != 0) return false;
    at += 4;
    return true;
  };
  if (*at == '"') {
    const char* behind = SkipJsonString(at, end);
    if (behind == nullptr) return malformed();
    RUTTER_ASSIGN(url, JsonString({at, static_cast<std::size_t>(behind - at)}, unescaped, json_));
    at = behind;
  } else if (is_null()) {
    nowhere = true;
  } else {
    return malformed();
  }
  std::uint64_t numbers[2] = {0, 0};
  int count = 1;
  for (at = SkipJsonSpace(at); *at == ','; at = SkipJsonSpace(at)) {
    if (count == 3) return malformed();
    at = SkipJsonSpace(at + 1);
    const char* begin = at;
    while (IsDigit(*at)) ++at;
    auto digits = std::string_view(begin, static_cast<std::size_t>(at - begin));
    auto number = digits.size() > 1 && digits[0] == '0' ? std::nullopt : ParseUnsigned(digits);
    if (number) {
      numbers[count - 1] = *number;
    } else if (digits.empty() && is_null()) {
      whole = true;
    } else {
      return malformed();
    }
    ++count;
  }
  if (at + 1 != end || *at != ']' || count == 2) return malformed();
  if (nowhere) {
    std::uint64_t number = 0;
    if (Target* target = Resolve(key, number)) target->nowhere = true;
    return {};
  }
  if (count == 1 || whole) return AddReference(key, url, 0, ChunkRef::kWholeSource);
  return AddReference(key, url, numbers[0], numbers[1]);
}

Status ChunkRows::AddMember(std::string_view key_json, std::string_view value_json) {
  std::string key_text, text;
  RUTTER_ASSIGN(std::string_view key, JsonString(key_json, key_text, json_));
  if (!key.empty() && key.front() == '/') key.remove_prefix(1);
  char kind = value_json.front();
  if (kind == '[') return AddList(key, value_json);
  if (kind == '"') {
    RUTTER_ASSIGN(std::string_view data, JsonString(value_json, text, json_));
    if (!data.starts_with("base64:")) return AddInline(key, data);
    RUTTER_ASSIGN(auto bytes, DecodeBase64(data.substr(7)));
    return AddInline(key, bytes);
  }
  if (kind == '{') {
    RUTTER_TRY(json_.Parse(value_json, key));
    return AddInline(key, value_json);
  }
  return Fail(ErrorCode::kCorrupt, "the value of " + std::string(key) + " is neither text, object nor list");
}

Status ChunkRows::Charge() {
  std::uint64_t needed = url_bytes_;
  for (const auto& target : targets_) needed += target->rows.bytes();
  if (needed <= metadata_taken_) return {};
  std::uint64_t more = needed - metadata_taken_;
  metadata_taken_ = needed;
  return budget_.TakeMetadata(more);
}

}  // namespace rutter
