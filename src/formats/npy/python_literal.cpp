#include "formats/npy/python_literal.h"

#include <optional>

#include "base/checked.h"
#include "base/text.h"

namespace rutter::npy {
namespace {

constexpr std::size_t kMaxKeys = 16;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  Parser(std::string_view text, std::uint64_t file_offset, const ReaderContext& context, const Limits& limits)
      : text_(text), offset_(file_offset), context_(context), limits_(limits) {}

  Result<Literal> Whole() {
    RUTTER_ASSIGN(Literal literal, Any(0));
    SkipSpace();
    if (at_ != text_.size()) return Wrong("text follows the header's dictionary");
    return literal;
  }

 private:
  tl::unexpected<Error> Wrong(std::string message, ErrorCode code = ErrorCode::kCorrupt) const {
    Error error = MakeError(code, std::move(message));
    error.where = {std::string(context_.source), offset_ + at_, std::string(context_.structure), std::string(context_.spec), {}};
    return Fail(std::move(error));
  }

  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpace() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }
  bool Accept(char c) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool AcceptWord(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  Result<Literal> Any(std::uint32_t depth) {
    if (depth > limits_.depth) return Wrong("literals nest deeper than Limits::depth", ErrorCode::kLimit);
    if (++nodes_ > CheckedMul(limits_.members, 4).value_or(~0ull)) {
      return Wrong("the header holds more parts than Limits::members allows", ErrorCode::kLimit);
    }
    SkipSpace();
    std::size_t start = at_;
    Literal literal;
    char c = Peek();
    if (c == '{') {
      RUTTER_TRY(Dict(literal, depth));
    } else if (c == '(' || c == '[') {
      RUTTER_TRY(Sequence(literal, depth));
    } else if (IsDigit(c)) {
      RUTTER_TRY(Integer(literal));
    } else if (AcceptWord("True") || AcceptWord("False")) {
      literal.kind = Literal::Kind::kBool;
      literal.integer = c == 'T' ? 1 : 0;
    } else {
      RUTTER_ASSIGN(literal.text, String());
    }
    literal.source = text_.substr(start, at_ - start);
    return literal;
  }

  Status Dict(Literal& literal, std::uint32_t depth) {
    literal.kind = Literal::Kind::kDict;
    ++at_;
    while (!Accept('}')) {
      SkipSpace();
      RUTTER_ASSIGN(std::string key, String());
      if (literal.keys.size() >= kMaxKeys) return Wrong("a header has three keys, not over " + std::to_string(kMaxKeys));
      if (literal.Find(key) != nullptr) return Wrong("the key '" + key + "' comes twice");
      if (!Accept(':')) return Wrong("a colon is missing after the key '" + key + "'");
      RUTTER_ASSIGN(Literal item, Any(depth + 1));
      literal.keys.push_back(std::move(key));
      literal.items.push_back(std::move(item));
      if (Accept(',')) continue;
      if (Accept('}')) break;
      return Wrong("a dictionary does not end");
    }
    return {};
  }

  Status Sequence(Literal& literal, std::uint32_t depth) {
    bool tuple = Peek() == '(';
    char end = tuple ? ')' : ']';
    literal.kind = tuple ? Literal::Kind::kTuple : Literal::Kind::kList;
    ++at_;
    bool comma = false;
    while (!Accept(end)) {
      RUTTER_ASSIGN(Literal item, Any(depth + 1));
      literal.items.push_back(std::move(item));
      if (Accept(',')) {
        comma = true;
        continue;
      }
      if (Accept(end)) break;
      return Wrong(tuple ? "a tuple does not end" : "a list does not end");
    }
    if (tuple && literal.items.size() == 1 && !comma) {
      // Python: (x) is x itself.
      Literal only = std::move(literal.items.front());
      literal = std::move(only);
    }
    return {};
  }

  Status Integer(Literal& literal) {
    literal.kind = Literal::Kind::kInteger;
    std::uint64_t value = 0;
    while (IsDigit(Peek())) {
      auto shifted = CheckedMul(value, 10);
      auto sum = shifted ? CheckedAdd(*shifted, static_cast<std::uint64_t>(Peek() - '0')) : std::nullopt;
      if (!sum) return Wrong("a number is over 2^64");
      value = *sum;
      ++at_;
    }
    if (Peek() == 'L') ++at_;  // Python 2 wrote long integers so.
    literal.integer = value;
    return {};
  }

  Result<std::string> String() {
    if (Peek() == 'u' || Peek() == 'b') ++at_;
    char quote = Peek();
    if (quote != '\'' && quote != '"') return Wrong("a string, a number, True, False, a tuple, a list or a dictionary is expected");
    ++at_;
    std::string value;
    for (;;) {
      if (at_ >= text_.size()) return Wrong("a string does not end");
      char c = text_[at_++];
      if (c == quote) return value;
      if (c == '\n') return Wrong("a string does not end on its line");
      if (c == '\\') {
        RUTTER_TRY(Escape(value));
      } else {
        value.push_back(c);
      }
    }
  }

  Status Escape(std::string& value) {
    char c = Peek();
    ++at_;
    switch (c) {
      case '\\': case '\'': case '"': value.push_back(c); return {};
      case 'n': value.push_back('\n'); return {};
      case 't': value.push_back('\t'); return {};
      case 'r': value.push_back('\r'); return {};
      case 'x': return Hex(2, value);
      case 'u': return Hex(4, value);
      case 'U': return Hex(8, value);
      default: return Wrong("an escape in a string is not known");
    }
  }

  Status Hex(unsigned digits, std::string& value) {
    std::uint32_t code = 0;
    for (unsigned i = 0; i < digits; ++i) {
      const int digit = HexDigit(Peek());
      if (digit < 0) return Wrong("an escape in a string is cut short");
      code = (code << 4) | static_cast<std::uint32_t>(digit);
      ++at_;
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return Wrong("an escape in a string is no character");
    AppendUtf8(code, value);
    return {};
  }

  std::string_view text_;
  std::uint64_t offset_;
  ReaderContext context_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::uint64_t nodes_ = 0;
};

}  // namespace

const Literal* Literal::Find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return &items[i];
  }
  return nullptr;
}

Result<Literal> ParseLiteral(std::string_view text, std::uint64_t file_offset, const ReaderContext& context,
                             const Limits& limits) {
  return Parser(text, file_offset, context, limits).Whole();
}

}  // namespace rutter::npy
