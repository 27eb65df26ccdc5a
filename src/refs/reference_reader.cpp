#include "refs/reference_reader.h"

#include <simdjson.h>

#include <optional>
#include <utility>

#include "refs/chunk_entries.h"
#include "refs/document_tree.h"
#include "refs/extras_reader.h"
#include "refs/generated_references.h"
#include "refs/json_value.h"
#include "refs/source_table.h"

namespace rutter {
namespace {

namespace od = simdjson::ondemand;

class DocumentReader {
 public:
  explicit DocumentReader(const Limits& limits) : limits_(limits), json_(limits), entries_(sources_, limits), tree_(limits) {}

  Result<Map> Run(std::string_view document) {
    simdjson::padded_string padded(document);
    od::document parsed;
    if (auto error = parser_.iterate(padded).get(parsed)) return Json(error);
    od::object top;
    if (auto error = parsed.get_object().get(top)) return Json(error);
    RUTTER_TRY(ReadTop(top));
    bool flat = !has_refs_;  // version 0: the object itself maps keys to values
    if (flat) {
      if (version_) return Fail(ErrorCode::kCorrupt, "a version " + std::to_string(*version_) + " document without \"refs\"");
      RUTTER_TRY(EachReference(parsed, [this](std::string_view key, od::value value) { return Metadata(key, value); }));
      if (!has_metadata_) {
        Error error = MakeError(ErrorCode::kUnsupported, "JSON, but no reference document: it has neither \"refs\" nor Zarr metadata under its keys");
        error.hint = "a map comes from rutter map, kerchunk or LINDI";
        return Fail(std::move(error));
      }
    } else if (version_ && *version_ != 1) {
      return Fail(ErrorCode::kUnsupported, "version " + std::to_string(*version_) + " of reference documents");
    }
    if (extras_) RUTTER_TRY(ReadExtraSources(*extras_, sources_));
    RUTTER_TRY(tree_.Build(extras_ ? &*extras_ : nullptr, map_, entries_));
    RUTTER_TRY(EachReference(parsed, [this](std::string_view key, od::value value) { return Chunk(key, value); }));
    if (gen_) RUTTER_TRY(ExpandGenerated(*gen_, sources_.templates(), limits_, entries_));
    RUTTER_TRY(entries_.Finish());
    RUTTER_TRY(tree_.Finish());
    map_.seal = sources_.seal();
    map_.sources = sources_.Take();
    if (map_.format.empty()) map_.format = lindi_ || tree_.lindi() ? "lindi" : "kerchunk";
    if (entries_.ignored() != 0) map_.notes.push_back(std::to_string(entries_.ignored()) + " keys of the map belong to no array and are passed over");
    return std::move(map_);
  }

 private:
  tl::unexpected<Error> Json(simdjson::error_code error) const {
    if (error == simdjson::CAPACITY || error == simdjson::MEMALLOC) return Fail(ErrorCode::kLimit, "a document of 4 GiB or more");
    return Fail(ErrorCode::kCorrupt, std::string("the map is no sound JSON: ") + simdjson::error_message(error));
  }

  /// The JSON text of a value, bare words included.
  Result<Value> ParseMember(std::string_view name, od::value value) {
    std::string_view text;
    if (auto error = simdjson::to_json_string(value).get(text)) return Json(error);
    return json_.Parse(text, name);
  }

  Status ReadTop(od::object& top) {
    for (auto field : top) {
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return Json(error);
      od::value value;
      if (auto error = field.value().get(value)) return Json(error);
      if (key == "version") {
        std::int64_t version = 0;
        // A version 0 document may hold a chunk or file of that name.
        if (value.get_int64().get(version) == simdjson::SUCCESS) version_ = version;
      } else if (key == "refs") {
        od::object refs;
        od::json_type type{};
        if (auto error = value.type().get(type)) return Json(error);
        if (type != od::json_type::object) continue;
        has_refs_ = true;
        if (auto error = value.get_object().get(refs)) return Json(error);
        RUTTER_TRY(EachMember(refs, [this](std::string_view name, od::value member) { return Metadata(name, member); }));
      } else if (key == "templates") {
        RUTTER_ASSIGN(auto json, ParseMember(key, value));
        RUTTER_TRY(ReadTemplates(json));
      } else if (key == "gen") {
        RUTTER_ASSIGN(gen_, ParseMember(key, value));
      } else if (key == "rutter") {
        RUTTER_ASSIGN(extras_, ParseMember(key, value));
      } else if (key == "generationMetadata") {
        lindi_ = true;
      }
    }
    return {};
  }

  Status ReadTemplates(const Value& json) {
    const auto* record = json.As<ValueRecord>();
    if (record == nullptr) return Fail(ErrorCode::kCorrupt, "\"templates\" is no object");
    Templates templates;
    for (const auto& [name, text] : *record) {
      if (text.As<std::string>() == nullptr) return Fail(ErrorCode::kCorrupt, "the template " + name + " is no text");
      templates[name] = *text.As<std::string>();
    }
    sources_.SetTemplates(std::move(templates));
    return {};
  }

  template <class Visit>
  Status EachMember(od::object& object, const Visit& visit) {
    for (auto field : object) {
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return Json(error);
      od::value value;
      if (auto error = field.value().get(value)) return Json(error);
      RUTTER_TRY(visit(key, value));
    }
    return {};
  }

  /// Walks the references from the start of the document.
  template <class Visit>
  Status EachReference(od::document& parsed, const Visit& visit) {
    parsed.rewind();
    od::object top;
    if (auto error = parsed.get_object().get(top)) return Json(error);
    if (!has_refs_) return EachMember(top, visit);
    for (auto field : top) {
      std::string_view key;
      if (auto error = field.unescaped_key().get(key)) return Json(error);
      if (key != "refs") continue;
      od::object refs;
      if (auto error = field.value().get_object().get(refs)) return Json(error);
      RUTTER_TRY(EachMember(refs, visit));
    }
    return {};
  }

  Status Metadata(std::string_view key, od::value value) {
    std::string_view path;
    MetadataKind kind = MetadataKindOf(key, path);
    if (kind == MetadataKind::kNone) return {};
    has_metadata_ = true;
    if (kind == MetadataKind::kGroup) return tree_.Add(kind, path, Value());
    od::json_type type{};
    if (auto error = value.type().get(type)) return Json(error);
    std::string_view text;
    std::string bytes;
    if (type == od::json_type::string) {
      if (auto error = value.get_string().get(text)) return Json(error);
      if (text.starts_with("base64:")) {
        RUTTER_ASSIGN(bytes, DecodeBase64(text.substr(7)));
        text = bytes;
      }
    } else if (type == od::json_type::object) {
      if (auto error = simdjson::to_json_string(value).get(text)) return Json(error);
    } else {
      return Fail(ErrorCode::kUnsupported, "the metadata " + std::string(key) + " lies in another file");
    }
    RUTTER_ASSIGN(auto json, json_.Parse(text, key));
    return tree_.Add(kind, path, std::move(json));
  }

  /// One chunk's entry; the hot loop of a large document.
  Status Chunk(std::string_view key, od::value value) {
    if (!key.empty() && key.front() == '/') key.remove_prefix(1);
    std::string_view path;
    if (MetadataKindOf(key, path) != MetadataKind::kNone) return {};
    od::json_type type{};
    if (auto error = value.type().get(type)) return Json(error);
    if (type == od::json_type::array) return Reference(key, value);
    std::string_view text;
    if (type == od::json_type::string) {
      if (auto error = value.get_string().get(text)) return Json(error);
      if (!text.starts_with("base64:")) return entries_.AddInline(key, text);
      RUTTER_ASSIGN(auto bytes, DecodeBase64(text.substr(7)));
      return entries_.AddInline(key, bytes);
    }
    if (type == od::json_type::object) {
      if (auto error = simdjson::to_json_string(value).get(text)) return Json(error);
      return entries_.AddInline(key, text);
    }
    // Version 0 documents may hold numbers under names that are no chunks.
    if (!has_refs_ && (key == "version" || key.find('/') == std::string_view::npos)) return {};
    return Fail(ErrorCode::kCorrupt, "the value of " + std::string(key) + " is neither text, object nor list");
  }

  Status Reference(std::string_view key, od::value value) {
    od::array list;
    if (auto error = value.get_array().get(list)) return Json(error);
    std::string_view url;
    std::uint64_t numbers[2] = {0, 0};
    int count = 0;
    bool nowhere = false, whole = false;
    for (auto item : list) {
      od::value part;
      if (auto error = item.get(part)) return Json(error);
      if (count > 2) return Malformed(key);
      if (count == 0) {
        if (auto error = part.get_string().get(url)) {
          if (error != simdjson::INCORRECT_TYPE) return Json(error);
          if (!IsNull(part)) return Malformed(key);
          nowhere = true;
        }
      } else if (part.get_uint64().get(numbers[count - 1])) {
        if (!IsNull(part)) return Malformed(key);
        whole = true;
      }
      ++count;
    }
    if (count != 1 && count != 3) return Malformed(key);
    if (nowhere) {
      entries_.AddNowhere(key);
      return {};
    }
    if (count == 1 || whole) return entries_.AddReference(key, url, 0, ChunkRef::kWholeSource);
    return entries_.AddReference(key, url, numbers[0], numbers[1]);
  }

  static bool IsNull(od::value& value) {
    bool null = false;
    return value.is_null().get(null) == simdjson::SUCCESS && null;
  }

  static Status Malformed(std::string_view key) {
    return Fail(ErrorCode::kCorrupt, "the reference " + std::string(key) + " is not [url] or [url, offset, length]");
  }

  const Limits& limits_;
  JsonReader json_;
  od::parser parser_;
  Map map_;
  SourceTable sources_;
  ChunkEntries entries_;
  DocumentTree tree_;
  std::optional<std::int64_t> version_;
  std::optional<Value> gen_, extras_;
  bool has_metadata_ = false;  // a key that names Zarr metadata
  bool has_refs_ = false, lindi_ = false;
};

}  // namespace

bool LooksLikeReferences(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  std::size_t brace = head.find_first_not_of(" \t\r\n");
  if (brace == std::string_view::npos || head[brace] != '{') return false;
  std::size_t quote = head.find_first_not_of(" \t\r\n", brace + 1);
  if (quote == std::string_view::npos || head[quote] != '"') return false;
  // Any of the words that only such documents have; the first 4 KiB hold one of them.
  for (std::string_view word : {"\"refs\"", "\"version\"", ".zgroup", ".zarray", ".zattrs", "zarr.json", "\"templates\"", "\"generationMetadata\"", "\"gen\""}) {
    if (head.find(word) != std::string_view::npos) return true;
  }
  return false;
}

Result<Map> ReadReferences(std::string_view document, const std::string& base, const Limits& limits) {
  if (document.starts_with("\xEF\xBB\xBF")) document.remove_prefix(3);
  if (document.size() > limits.metadata_bytes) return Fail(ErrorCode::kLimit, "the document is larger than Limits::metadata_bytes");
  auto map = DocumentReader(limits).Run(document);
  if (map || !map.error().where.source.empty()) return map;
  Error error = std::move(map).error();
  error.where.source = base;
  return Fail(std::move(error));
}

}  // namespace rutter
