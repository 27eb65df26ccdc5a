#include "refs/json_value.h"

#include <simdjson.h>

#include <array>
#include <limits>
#include <utility>

namespace rutter {

struct JsonReader::Parser {
  simdjson::dom::parser dom;
  std::string padded;
};

namespace {

using Element = simdjson::dom::element;

/// Python writes bare NaN and Infinity where JSON has no word; they become strings. Nothing inside strings changes.
std::string QuoteBareWords(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < text.size()) out += text[++i];
      if (c == '"') in_string = false;
      continue;
    }
    bool found = false;
    for (std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
      if (text.substr(i, word.size()) != word) continue;
      out.append("\"").append(word).append("\"");
      i += word.size() - 1;
      found = true;
      break;
    }
    if (found) continue;
    out += c;
    in_string = c == '"';
  }
  return out;
}

constexpr const char* kTooManyValues = "the document's metadata holds too many values (Limits::metadata_bytes)";

/// A bound on the number of values in a JSON text: each but the first follows a comma, a colon or an opening bracket.
std::uint64_t MostValues(std::string_view text) {
  std::uint64_t count = 1;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (!in_string) {
      count += text[i] == ',' || text[i] == '[' || text[i] == ':';
    }
  }
  return count;
}

struct Converter {
  std::uint64_t& values_left;
  std::uint32_t depth_limit;
  Error error{};

  bool Stop(ErrorCode code, const char* message) {
    error = MakeError(code, message);
    return false;
  }

  // Recursion is bounded by depth_limit.
  bool Convert(Element element, std::uint32_t depth, Value& out) {
    if (depth > depth_limit) return Stop(ErrorCode::kLimit, "is nested too deeply (Limits::depth)");
    if (values_left == 0) return Stop(ErrorCode::kLimit, kTooManyValues);
    --values_left;
    switch (element.type()) {
      case simdjson::dom::element_type::NULL_VALUE: out = Value(); return true;
      case simdjson::dom::element_type::BOOL: out = Value(element.get_bool().value_unsafe()); return true;
      case simdjson::dom::element_type::INT64: out = Value(std::int64_t{element.get_int64().value_unsafe()}); return true;
      case simdjson::dom::element_type::UINT64: out = Value(std::uint64_t{element.get_uint64().value_unsafe()}); return true;
      case simdjson::dom::element_type::DOUBLE: out = Value(element.get_double().value_unsafe()); return true;
      case simdjson::dom::element_type::STRING: out = Value(std::string(element.get_string().value_unsafe())); return true;
      case simdjson::dom::element_type::ARRAY: {
        ValueList list;
        simdjson::dom::array items = element.get_array().value_unsafe();
        for (Element item : items) {
          list.emplace_back();
          if (!Convert(item, depth + 1, list.back())) return false;
        }
        out = Value(std::move(list));
        return true;
      }
      case simdjson::dom::element_type::OBJECT: {
        ValueRecord record;
        simdjson::dom::object members = element.get_object().value_unsafe();
        for (auto member : members) {
          record.emplace_back(std::string(member.key), Value());
          if (!Convert(member.value, depth + 1, record.back().second)) return false;
        }
        out = Value(std::move(record));
        return true;
      }
    }
    return Stop(ErrorCode::kInternal, "holds an unknown JSON kind");
  }
};

}  // namespace

JsonReader::JsonReader(const Limits& limits)
    : parser_(std::make_unique<Parser>()), values_left_(limits.metadata_bytes / sizeof(Value)), depth_(limits.depth) {}

JsonReader::~JsonReader() = default;

Result<Value> JsonReader::Parse(std::string_view text, std::string_view what) {
  auto fail = [&](ErrorCode code, std::string message) {
    Error error = MakeError(code, std::move(message));
    error.where.structure = what;
    return Fail(std::move(error));
  };
  if (text.empty()) return fail(ErrorCode::kCorrupt, "there is no JSON");
  // The library's own tree takes memory for every value, before ours is made.
  if (text.size() / 2 > values_left_ && MostValues(text) > values_left_) return fail(ErrorCode::kLimit, kTooManyValues);
  auto parse = [&](std::string_view json) {
    parser_->padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    parser_->padded.assign(json);
    return parser_->dom.parse(parser_->padded.data(), parser_->padded.size(), false);
  };
  auto parsed = parse(text);
  if (parsed.error() && (text.find("NaN") != std::string_view::npos || text.find("Infinity") != std::string_view::npos)) {
    parsed = parse(QuoteBareWords(text));
  }
  if (parsed.error()) return fail(ErrorCode::kCorrupt, std::string("JSON: ") + simdjson::error_message(parsed.error()));
  Value value;
  Converter converter{values_left_, depth_};
  if (!converter.Convert(parsed.value_unsafe(), 0, value)) return fail(converter.error.code, std::move(converter.error.message));
  return value;
}

const Value* JsonMember(const Value& value, std::string_view name) {
  const auto* record = value.As<ValueRecord>();
  if (record == nullptr) return nullptr;
  for (auto member = record->rbegin(); member != record->rend(); ++member) {
    if (member->first == name) return &member->second;
  }
  return nullptr;
}

const std::string* JsonText(const Value& value, std::string_view name) {
  const Value* member = JsonMember(value, name);
  return member == nullptr ? nullptr : member->As<std::string>();
}

std::optional<std::uint64_t> JsonUnsigned(const Value& value) {
  if (const auto* number = value.As<std::int64_t>()) {
    if (*number >= 0) return static_cast<std::uint64_t>(*number);
    return std::nullopt;
  }
  if (const auto* number = value.As<std::uint64_t>()) return *number;
  return std::nullopt;
}

std::optional<double> JsonNumber(const Value& value) {
  if (const auto* number = value.As<double>()) return *number;
  if (const auto* number = value.As<std::int64_t>()) return static_cast<double>(*number);
  if (const auto* number = value.As<std::uint64_t>()) return static_cast<double>(*number);
  if (const auto* text = value.As<std::string>()) {
    if (*text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (*text == "Infinity") return std::numeric_limits<double>::infinity();
    if (*text == "-Infinity") return -std::numeric_limits<double>::infinity();
  }
  return std::nullopt;
}

Result<std::vector<std::uint64_t>> JsonShape(const Value* value, std::string_view what) {
  const auto* list = value == nullptr ? nullptr : value->As<ValueList>();
  if (list == nullptr) return Fail(ErrorCode::kCorrupt, "\"" + std::string(what) + "\" is no list");
  std::vector<std::uint64_t> shape;
  shape.reserve(list->size());
  for (const Value& item : *list) {
    auto number = JsonUnsigned(item);
    if (!number) return Fail(ErrorCode::kCorrupt, "\"" + std::string(what) + "\" holds something else than lengths");
    shape.push_back(*number);
  }
  return shape;
}

Result<std::string_view> JsonString(std::string_view json, std::string& scratch, JsonReader& reader) {
  std::string_view text = json.substr(1, json.size() - 2);
  bool plain = true;
  for (char c : text) plain = plain && static_cast<unsigned char>(c) >= ' ' && c != '\\';
  if (plain && simdjson::validate_utf8(text)) return text;
  RUTTER_ASSIGN(auto value, reader.Parse(json, "a string"));
  if (value.As<std::string>() == nullptr) return Fail(ErrorCode::kCorrupt, "JSON: there is no string");
  scratch = std::move(*value.As<std::string>());
  return std::string_view(scratch);
}

namespace {

constexpr std::array<std::int8_t, 256> kBase64Values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}();

}  // namespace

Result<std::string> DecodeBase64(std::string_view text) {
  // Source: RFC 4648, section 4.
  if (text.size() % 4 != 0) return Fail(ErrorCode::kCorrupt, "base64 text of " + std::to_string(text.size()) + " characters is cut short");
  std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::size_t kept = i + 4 == text.size() ? 4 - padding : 4;
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      int digit = j < kept ? kBase64Values[static_cast<unsigned char>(text[i + j])] : 0;
      if (digit < 0) return Fail(ErrorCode::kCorrupt, "base64 text holds the character number " + std::to_string(static_cast<unsigned char>(text[i + j])));
      word = word << 6 | static_cast<std::uint32_t>(digit);
    }
    for (std::size_t j = 0; j + 1 < kept; ++j) out += static_cast<char>(word >> (16 - 8 * j) & 0xFF);
  }
  return out;
}

}  // namespace rutter
