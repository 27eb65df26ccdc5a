#include "refs/generated_references.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "base/text.h"
#include "refs/json_value.h"

namespace rutter {
namespace {

/// One dimension of a rule: its values one after the other.
struct Dimension {
  std::string name;
  std::vector<Value> listed;  ///< Integers or text; empty where the range counts.
  std::int64_t start = 0, step = 1;
  std::uint64_t count = 0;

  Value At(std::uint64_t i) const { return listed.empty() ? Value(start + static_cast<std::int64_t>(i) * step) : listed[static_cast<std::size_t>(i)]; }
};

/// Integer arithmetic in Python's notation, evaluated while it is parsed.
class Arithmetic {
 public:
  Arithmetic(std::string_view text, const std::vector<Dimension>& dimensions, const std::vector<std::uint64_t>& at)
      : whole_(text), text_(text), dimensions_(dimensions), at_(at) {}

  Result<std::int64_t> Run() {
    RUTTER_ASSIGN(auto value, Sum(0));
    if (Peek() != '\0') return Unsupported();
    return value;
  }

 private:
  static constexpr int kMaxDepth = 32;

  tl::unexpected<Error> Unsupported() const { return Fail(ErrorCode::kUnsupported, "the expression {{" + std::string(whole_) + "}} is more than integer arithmetic"); }
  static tl::unexpected<Error> Overflow() { return Fail(ErrorCode::kCorrupt, "an expression of \"gen\" overflows 64 bits"); }

  char Peek() {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
    return text_.empty() ? '\0' : text_.front();
  }
  bool Eat(std::string_view token) {
    Peek();
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }

  Result<std::int64_t> Sum(int depth) {
    RUTTER_ASSIGN(auto value, Product(depth));
    for (;;) {
      bool plus = Peek() == '+';
      if (!plus && Peek() != '-') return value;
      text_.remove_prefix(1);
      RUTTER_ASSIGN(auto other, Product(depth));
      if (plus ? __builtin_add_overflow(value, other, &value) : __builtin_sub_overflow(value, other, &value)) return Overflow();
    }
  }

  Result<std::int64_t> Product(int depth) {
    RUTTER_ASSIGN(auto value, Factor(depth));
    for (;;) {
      if (Eat("//")) {
        RUTTER_ASSIGN(auto other, Factor(depth));
        RUTTER_ASSIGN(value, Divide(value, other, false));
      } else if (Eat("%")) {
        RUTTER_ASSIGN(auto other, Factor(depth));
        RUTTER_ASSIGN(value, Divide(value, other, true));
      } else if (Peek() == '*' && !text_.starts_with("**")) {
        text_.remove_prefix(1);
        RUTTER_ASSIGN(auto other, Factor(depth));
        if (__builtin_mul_overflow(value, other, &value)) return Overflow();
      } else {
        return value;
      }
    }
  }

  /// Python rounds towards minus infinity.
  static Result<std::int64_t> Divide(std::int64_t a, std::int64_t b, bool rest) {
    if (b == 0) return Fail(ErrorCode::kCorrupt, "an expression of \"gen\" divides by zero");
    if (b == -1) {
      if (rest) return 0;
      if (__builtin_sub_overflow(std::int64_t{0}, a, &a)) return Overflow();
      return a;
    }
    std::int64_t quotient = a / b, remainder = a % b;
    if (remainder != 0 && (remainder < 0) != (b < 0)) {
      --quotient;
      remainder += b;
    }
    return rest ? remainder : quotient;
  }

  Result<std::int64_t> Factor(int depth) {
    if (depth > kMaxDepth) return Fail(ErrorCode::kLimit, "an expression of \"gen\" is nested too deeply");
    if (Eat("-")) {
      RUTTER_ASSIGN(auto value, Factor(depth + 1));
      if (__builtin_sub_overflow(std::int64_t{0}, value, &value)) return Overflow();
      return value;
    }
    if (Eat("+")) return Factor(depth + 1);
    RUTTER_ASSIGN(auto base, Atom(depth));
    if (!Eat("**")) return base;
    RUTTER_ASSIGN(auto exponent, Factor(depth + 1));
    if (exponent < 0 || exponent > 63) return Unsupported();
    std::int64_t value = 1;
    for (std::int64_t i = 0; i < exponent; ++i) {
      if (__builtin_mul_overflow(value, base, &value)) return Overflow();
    }
    return value;
  }

  Result<std::int64_t> Atom(int depth) {
    if (Eat("(")) {
      RUTTER_ASSIGN(auto value, Sum(depth + 1));
      if (!Eat(")")) return Unsupported();
      return value;
    }
    Peek();
    std::size_t length = 0;
    auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
    while (length < text_.size() && is_word(text_[length])) ++length;
    std::string_view word = text_.substr(0, length);
    text_.remove_prefix(length);
    if (word.empty()) return Unsupported();
    if (word.front() >= '0' && word.front() <= '9') {
      auto number = ParseUnsigned(word);
      if (!number || *number > static_cast<std::uint64_t>(INT64_MAX)) return Overflow();
      return static_cast<std::int64_t>(*number);
    }
    for (std::size_t k = 0; k < dimensions_.size(); ++k) {
      if (dimensions_[k].name != word) continue;
      Value value = dimensions_[k].At(at_[k]);
      if (const auto* integer = value.As<std::int64_t>()) return *integer;
      return Unsupported();
    }
    return Fail(ErrorCode::kCorrupt, "\"gen\" names " + std::string(word) + ", which is no dimension");
  }

  std::string_view whole_, text_;
  const std::vector<Dimension>& dimensions_;
  const std::vector<std::uint64_t>& at_;
};

class Rule {
 public:
  Rule(const Value& json, const Templates& templates) : json_(json), templates_(templates) {}

  Status Run(std::uint64_t& left, ChunkEntries& entries) {
    const auto* key = JsonText(json_, "key");
    const auto* url = JsonText(json_, "url");
    if (key == nullptr || url == nullptr) return Fail(ErrorCode::kCorrupt, "a rule of \"gen\" without key or url");
    const Value *offset = JsonMember(json_, "offset"), *length = JsonMember(json_, "length");
    if ((offset == nullptr) != (length == nullptr)) return Fail(ErrorCode::kCorrupt, "a rule of \"gen\" has an offset or a length, not both");
    RUTTER_TRY(ReadDimensions());
    std::uint64_t count = 1;
    for (const Dimension& dimension : dimensions_) count = CheckedMul(count, dimension.count).value_or(~0ull);
    if (count > left) return Fail(ErrorCode::kLimit, "\"gen\" makes more references than are allowed (Limits::chunks_located)");
    left -= count;
    at_.assign(dimensions_.size(), 0);
    for (std::uint64_t i = 0; i < count; ++i) {
      RUTTER_ASSIGN(auto key_text, Render(*key));
      RUTTER_ASSIGN(auto url_text, Render(*url));
      std::uint64_t begin = 0, bytes = ChunkRef::kWholeSource;
      if (offset != nullptr) {
        RUTTER_ASSIGN(begin, Number(*offset));
        RUTTER_ASSIGN(bytes, Number(*length));
      }
      RUTTER_TRY(entries.AddReference(key_text, url_text, begin, bytes));
      for (std::size_t k = dimensions_.size(); k-- > 0;) {
        if (++at_[k] < dimensions_[k].count) break;
        at_[k] = 0;
      }
    }
    return {};
  }

 private:
  Status ReadDimensions() {
    const Value* member = JsonMember(json_, "dimensions");
    const auto* record = member == nullptr ? nullptr : member->As<ValueRecord>();
    if (record == nullptr) return Fail(ErrorCode::kCorrupt, "a rule of \"gen\" without dimensions");
    if (record->size() > 64) return Fail(ErrorCode::kLimit, "a rule of \"gen\" has more than 64 dimensions");
    for (const auto& [name, range] : *record) {
      Dimension dimension;
      dimension.name = name;
      if (const auto* list = range.As<ValueList>()) {
        dimension.listed = *list;
        dimension.count = list->size();
      } else {
        auto number = [&range = range](const char* key, std::int64_t otherwise) -> std::optional<std::int64_t> {
          const Value* value = JsonMember(range, key);
          if (value == nullptr) return otherwise;
          const auto* integer = value->As<std::int64_t>();
          return integer == nullptr || *integer > (1ll << 53) || *integer < -(1ll << 53) ? std::nullopt : std::optional(*integer);
        };
        auto start = number("start", 0), stop = number("stop", -1), step = number("step", 1);
        if (!start || !stop || !step || *step <= 0 || JsonMember(range, "stop") == nullptr) return Fail(ErrorCode::kCorrupt, "a dimension of \"gen\" is no range");
        dimension.start = *start;
        dimension.step = *step;
        if (*stop > *start) dimension.count = CeilDiv(static_cast<std::uint64_t>(*stop - *start), static_cast<std::uint64_t>(*step));
      }
      dimensions_.push_back(std::move(dimension));
    }
    return {};
  }

  Result<std::string> Render(std::string_view text) const {
    std::string out;
    for (;;) {
      std::size_t open = text.find("{{");
      std::size_t close = open == std::string_view::npos ? open : text.find("}}", open);
      if (close == std::string_view::npos) return out.append(text);
      out.append(text.substr(0, open));
      std::string_view inside = text.substr(open + 2, close - open - 2);
      RUTTER_TRY(Part(inside, out));
      text.remove_prefix(close + 2);
    }
  }

  Status Part(std::string_view inside, std::string& out) const {
    std::string_view name = inside;
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    for (std::size_t k = 0; k < dimensions_.size(); ++k) {
      if (dimensions_[k].name != name) continue;
      Value value = dimensions_[k].At(at_[k]);
      if (const auto* text = value.As<std::string>()) {
        out += *text;
        return {};
      }
    }
    if (templates_.contains(std::string(name))) {
      RUTTER_ASSIGN(auto text, ExpandTemplates("{{" + std::string(name) + "}}", templates_));
      out += text;
      return {};
    }
    RUTTER_ASSIGN(auto number, Arithmetic(inside, dimensions_, at_).Run());
    out += std::to_string(number);
    return {};
  }

  Result<std::uint64_t> Number(const Value& json) const {
    if (auto number = JsonUnsigned(json)) return *number;
    const auto* text = json.As<std::string>();
    if (text == nullptr) return Fail(ErrorCode::kCorrupt, "an offset or length of \"gen\" is no number");
    RUTTER_ASSIGN(auto rendered, Render(*text));
    auto number = ParseUnsigned(rendered);
    if (!number) return Fail(ErrorCode::kCorrupt, "\"gen\" gives \"" + rendered + "\", which is no offset or length");
    return *number;
  }

  const Value& json_;
  const Templates& templates_;
  std::vector<Dimension> dimensions_;
  std::vector<std::uint64_t> at_;
};

}  // namespace

Status ExpandGenerated(const Value& gen, const Templates& templates, const Limits& limits, ChunkEntries& entries) {
  const auto* rules = gen.As<ValueList>();
  if (rules == nullptr) return Fail(ErrorCode::kCorrupt, "\"gen\" is no list");
  // Every reference takes a row in memory.
  std::uint64_t left = std::min(limits.chunks_located, limits.metadata_bytes / sizeof(TableIndex::Row));
  for (const Value& rule : *rules) RUTTER_TRY(Rule(rule, templates).Run(left, entries));
  return {};
}

}  // namespace rutter
