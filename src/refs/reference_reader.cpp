#include "refs/reference_reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"
#include "refs/chunk_entries.h"
#include "refs/document_tree.h"
#include "refs/document_walk.h"
#include "refs/extras_reader.h"
#include "refs/generated_references.h"
#include "refs/json_value.h"
#include "refs/source_table.h"

namespace rutter {
namespace {

/// Smaller documents are walked twice, metadata first: that costs less than to describe every array twice.
constexpr std::uint64_t kLargeBytes = 4 << 20;

class DocumentReader {
 public:
  DocumentReader(DocumentText& text, const Limits& limits)
      : limits_(limits), text_(text), json_(limits), budget_(limits), entries_(sources_, budget_, limits), tree_(limits) {}

  Result<Map> Run() {
    // References are gathered on the first walk where the document is large, in the hope that metadata stands before them.
    auto size = text_.size();
    bool large = !size || *size > kLargeBytes;
    WalkPlan first{.metadata = true, .rows = large, .declares = large, .version0 = false};
    auto walk = std::make_unique<DocumentWalk>(text_, first, spellings_, budget_, limits_);
    RUTTER_TRY(ReadTop(*walk));
    if (!has_refs_) {  // version 0: the object itself maps keys to values
      if (version_) return Fail(ErrorCode::kCorrupt, "a version " + std::to_string(*version_) + " document without \"refs\"");
      first.version0 = true;
      walk = std::make_unique<DocumentWalk>(text_, first, spellings_, budget_, limits_);
      RUTTER_TRY(WalkReferences(*walk));
    } else if (version_ && *version_ != 1) {
      return Fail(ErrorCode::kUnsupported, "version " + std::to_string(*version_) + " of reference documents");
    }
    RUTTER_TRY(BuildTree(*walk));
    RUTTER_TRY(TakeRows(large && !walk->rows_fail() ? std::move(walk) : nullptr));
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
  /// A scanner before the outermost object.
  Result<std::unique_ptr<JsonScanner>> Begin() {
    char mark[3] = {};
    RUTTER_ASSIGN(std::size_t length, text_.Read(0, mark));
    bool marked = length == 3 && std::string_view(mark, 3) == "\xEF\xBB\xBF";
    // A stream goes on where it was read to; what was no mark of byte order is read again.
    auto scanner = std::make_unique<JsonScanner>(text_, marked ? 3 : 0, limits_.metadata_bytes / 4);
    RUTTER_ASSIGN(char brace, scanner->Peek());
    if (brace != '{') return scanner->Corrupt("it begins with no object");
    return scanner;
  }

  static Status End(JsonScanner& scanner) {
    RUTTER_TRY(scanner.Peek());
    if (scanner.at() != scanner.end()) return scanner.Corrupt("something stands behind its end");
    return {};
  }

  /// The members of the document itself; those of "refs" go to the walk.
  Status ReadTop(DocumentWalk& walk) {
    return EachTopMember([&](std::string_view key, std::unique_ptr<JsonScanner>& scanner) -> Status {
      if (key == "refs") {
        RUTTER_ASSIGN(char brace, scanner->Peek());
        if (brace != '{') return scanner->TakeValue().map([](auto) {});
        has_refs_ = true;
        return walk.TakeObject(scanner);
      }
      std::uint64_t offset = scanner->offset();
      RUTTER_ASSIGN(std::string_view json, scanner->TakeValue());
      Status status = TopMember(key, json);
      if (status || status.error().where.offset) return status;
      Error error = std::move(status).error();
      error.where.offset = offset;
      return Fail(std::move(error));
    });
  }

  template <class Visit>
  Status EachTopMember(const Visit& visit) {
    RUTTER_ASSIGN(auto scanner, Begin());
    RUTTER_TRY(scanner->Expect('{'));
    RUTTER_ASSIGN(char first, scanner->Peek());
    if (first == '}') return scanner->Expect('}');
    for (bool more = true; more;) {
      RUTTER_ASSIGN(std::string_view key_json, scanner->TakeKey());
      std::string scratch;
      RUTTER_ASSIGN(std::string_view text, JsonString(key_json, scratch, json_));
      const std::string key(text);
      RUTTER_TRY(visit(key, scanner));
      RUTTER_ASSIGN(more, scanner->TakeComma());
    }
    return End(*scanner);
  }

  Status TopMember(std::string_view key, std::string_view json) {
    if (key == "version") {
      // A version 0 document may hold a chunk or file of that name.
      bool negative = json.front() == '-';
      if (auto version = ParseUnsigned(json.substr(negative ? 1 : 0)); version && *version <= INT64_MAX) {
        version_ = static_cast<std::int64_t>(*version) * (negative ? -1 : 1);
      }
    } else if (key == "templates") {
      RUTTER_ASSIGN(auto templates, json_.Parse(json, key));
      return ReadTemplates(templates);
    } else if (key == "gen") {
      RUTTER_ASSIGN(gen_, json_.Parse(json, key));
    } else if (key == "rutter") {
      RUTTER_ASSIGN(extras_, json_.Parse(json, key));
    } else if (key == "generationMetadata") {
      lindi_ = true;
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

  /// Walks the references alone.
  Status WalkReferences(DocumentWalk& walk) {
    if (!has_refs_) {
      RUTTER_ASSIGN(auto scanner, Begin());
      RUTTER_TRY(walk.TakeObject(scanner));
      return End(*scanner);
    }
    return EachTopMember([&](std::string_view key, std::unique_ptr<JsonScanner>& scanner) -> Status {
      RUTTER_ASSIGN(char brace, scanner->Peek());
      if (key == "refs" && brace == '{') return walk.TakeObject(scanner);
      return scanner->TakeValue().map([](auto) {});
    });
  }

  Status BuildTree(DocumentWalk& walk) {
    bool has_metadata = false;
    for (auto& stretch : walk.stretches()) {
      has_metadata = has_metadata || !stretch->metadata.empty();
      for (MetadataMember& member : stretch->metadata) {
        Status status = AddMetadata(member);
        if (!status) {
          Error error = std::move(status).error();
          if (!error.where.offset) error.where.offset = member.offset;
          return Fail(std::move(error));
        }
        member = {};
      }
    }
    if (!has_refs_ && !has_metadata) {
      Error error = MakeError(ErrorCode::kUnsupported, "JSON, but no reference document: it has neither \"refs\" nor Zarr metadata under its keys");
      error.hint = "a map comes from rutter map, kerchunk or LINDI";
      return Fail(std::move(error));
    }
    if (extras_) RUTTER_TRY(ReadExtraSources(*extras_, sources_));
    return tree_.Build(extras_ ? &*extras_ : nullptr, map_, entries_);
  }

  Status AddMetadata(const MetadataMember& member) {
    std::string_view path;
    MetadataKindOf(member.key, path);
    if (member.kind == MetadataKind::kGroup) return tree_.Add(member.kind, path, Value());
    std::string_view text = member.json;
    std::string scratch, bytes;
    if (text.front() == '"') {
      RUTTER_ASSIGN(text, JsonString(text, scratch, json_));
      if (text.starts_with("base64:")) {
        RUTTER_ASSIGN(bytes, DecodeBase64(text.substr(7)));
        text = bytes;
      }
    } else if (text.front() != '{') {
      return Fail(ErrorCode::kUnsupported, "the metadata " + member.key + " lies in another file");
    }
    RUTTER_ASSIGN(auto json, json_.Parse(text, member.key));
    return tree_.Add(member.kind, path, std::move(json));
  }

  /// The references: those that the first walk gathered where they fit, else of another walk, which knows all arrays.
  Status TakeRows(std::unique_ptr<DocumentWalk> walk) {
    auto fits = [&](const auto& stretch) { return entries_.Fits(stretch->rows); };
    bool fitting = walk != nullptr && std::all_of(walk->stretches().begin(), walk->stretches().end(), fits);
    if (!fitting) {
      walk = nullptr;
      WalkPlan plan{.metadata = false, .rows = true, .declares = false, .version0 = !has_refs_};
      walk = std::make_unique<DocumentWalk>(text_, plan, entries_.spellings(), budget_, limits_);
      RUTTER_TRY(WalkReferences(*walk));
    }
    for (auto& stretch : walk->stretches()) {
      RUTTER_TRY(entries_.Take(stretch->rows));
      stretch = nullptr;
    }
    return {};
  }

  const Limits& limits_;
  DocumentText& text_;
  JsonReader json_;
  DocumentBudget budget_;
  Map map_;
  SourceTable sources_;
  const SpellingsByPrefix spellings_;  ///< Of the first walk, which knows none.
  ChunkEntries entries_;
  DocumentTree tree_;
  std::optional<std::int64_t> version_;
  std::optional<Value> gen_, extras_;
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

Result<Map> ReadReferences(DocumentText& document, const std::string& base, const Limits& limits) {
  auto map = DocumentReader(document, limits).Run();
  if (map || !map.error().where.source.empty()) return map;
  Error error = std::move(map).error();
  error.where.source = base;
  return Fail(std::move(error));
}

Result<Map> ReadReferences(std::string_view document, const std::string& base, const Limits& limits) {
  TextInMemory text(document);
  return ReadReferences(text, base, limits);
}

}  // namespace rutter
