#pragma once
// One walk over the members of a document's references, on all cores where it is large.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "refs/chunk_rows.h"
#include "refs/document_text.h"
#include "refs/document_tree.h"
#include "refs/json_scanner.h"

namespace rutter {

/// One member that describes a node: ".zarray" and its like.
struct MetadataMember {
  std::uint64_t offset = 0;  ///< Of the member in the text.
  MetadataKind kind = MetadataKind::kNone;
  std::string key;
  std::string json;  ///< As it stands in the text.
};

/// What the members of one stretch of the text told.
struct Stretch {
  Stretch(const SpellingsByPrefix& known, DocumentBudget& budget, const Limits& limits) : rows(known, budget, limits) {}
  std::vector<MetadataMember> metadata;
  ChunkRows rows;
};

/// What a walk is for.
struct WalkPlan {
  bool metadata = false;      ///< Gather metadata.
  bool rows = false;          ///< Gather references.
  /// Arrays are known from the metadata that the walk itself meets, before their references. Where that does not hold,
  /// `rows_fail` is set instead of an error, and the rows are worth nothing.
  bool declares = false;
  bool version0 = false;      ///< The members stand beside others that are none.
};

/// Walks the members of one object after the other. Stretches lie in the order of the text.
class DocumentWalk {
 public:
  /// All arguments are borrowed. `known`: arrays whose metadata was read before.
  DocumentWalk(DocumentText& text, WalkPlan plan, const SpellingsByPrefix& known, DocumentBudget& budget, const Limits& limits)
      : text_(text), plan_(plan), known_(known), budget_(budget), limits_(limits) {}

  /// Takes an object, from its opening brace to behind its closing one; `scanner` stands before it.
  /// Errors: kCorrupt, kLimit, and those of the text.
  Status TakeObject(std::unique_ptr<JsonScanner>& scanner);

  std::vector<std::unique_ptr<Stretch>>& stretches() { return stretches_; }
  bool rows_fail() const { return rows_fail_; }

 private:
  /// Where the walk over a stretch ended: behind the object, or before the member at `offset`.
  struct End {
    bool of_object = false;
    std::uint64_t offset = 0;
  };
  Result<End> TakeMembers(JsonScanner& scanner, std::uint64_t stop, bool may_be_empty, Stretch& stretch);
  Status TakeMember(JsonScanner& scanner, Stretch& stretch);
  Status HandleMember(std::string_view key_json, std::string_view value_json, std::uint64_t offset, Stretch& stretch);
  Status HandleMetadata(MetadataKind kind, std::string_view key, std::string_view path, std::string_view json, std::uint64_t offset, Stretch& stretch);
  bool DeclareArray(MetadataKind kind, std::string_view path, std::string_view json, Stretch& stretch);
  /// Rows are gathered no longer where they are worth nothing.
  bool gathers_rows() const { return plan_.rows && !rows_fail_.load(std::memory_order_relaxed); }

  Result<End> TakeInParallel(std::uint64_t begin, std::uint64_t size);
  Result<std::optional<std::uint64_t>> GuessMember(std::uint64_t from);
  std::unique_ptr<Stretch> NewStretch() const { return std::make_unique<Stretch>(plan_.declares ? declared_ : known_, budget_, limits_); }
  std::unique_ptr<JsonScanner> NewScanner(std::uint64_t begin) const { return std::make_unique<JsonScanner>(text_, begin, limits_.metadata_bytes / 4); }

  DocumentText& text_;
  const WalkPlan plan_;
  const SpellingsByPrefix& known_;
  DocumentBudget& budget_;
  const Limits& limits_;
  std::vector<std::unique_ptr<Stretch>> stretches_;
  SpellingsByPrefix declared_;  ///< By the heads of large objects, where the plan says so.
  std::atomic<bool> rows_fail_ = false;
};

}  // namespace rutter
