#pragma once
// The references of one stretch of a document, sorted to their arrays while the text goes by.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "model/chunk_table.h"
#include "model/selection.h"
#include "refs/json_value.h"
#include "refs/zarr_metadata.h"

namespace rutter {

/// What the parts of one document may hold together; parts are read by several threads.
class DocumentBudget {
 public:
  explicit DocumentBudget(const Limits& limits)
      : metadata_left_(static_cast<std::int64_t>(limits.metadata_bytes)), inline_left_(static_cast<std::int64_t>(limits.inline_bytes)) {}

  /// Errors: kLimit.
  Status TakeMetadata(std::uint64_t bytes) {
    if (metadata_left_.fetch_sub(static_cast<std::int64_t>(bytes)) >= static_cast<std::int64_t>(bytes)) return {};
    return Fail(ErrorCode::kLimit, "what the map tells needs too much memory (Limits::metadata_bytes)");
  }
  Status TakeInline(std::uint64_t bytes) {
    if (inline_left_.fetch_sub(static_cast<std::int64_t>(bytes)) >= static_cast<std::int64_t>(bytes)) return {};
    return Fail(ErrorCode::kLimit, "the document holds too much inline data (Limits::inline_bytes)");
  }
  void GiveBack(std::uint64_t metadata_bytes, std::uint64_t inline_bytes) {
    metadata_left_ += static_cast<std::int64_t>(metadata_bytes);
    inline_left_ += static_cast<std::int64_t>(inline_bytes);
  }

 private:
  std::atomic<std::int64_t> metadata_left_, inline_left_;
};

/// How the chunk keys of an array are spelled. `grid` is that of the document: the array's own, but for axes of one chunk
/// that the model does not show.
struct KeySpelling {
  ChunkKeys keys;
  Shape grid;
  bool operator==(const KeySpelling& other) const {
    return keys.separator == other.keys.separator && keys.c_prefix == other.keys.c_prefix && grid == other.grid;
  }
};

/// Arrays by their path with a slash behind it: "a/b/", "" for the root.
using SpellingsByPrefix = std::unordered_map<std::string, KeySpelling>;

class ChunkRows {
 public:
  struct Target {
    std::string prefix;
    KeySpelling spelling;
    ChunkTable rows;
    std::vector<std::byte> inline_data;
    bool nowhere = false;  ///< A reference without a URL was met.
  };

  /// `known` are arrays whose metadata was read before; borrowed.
  ChunkRows(const SpellingsByPrefix& known, DocumentBudget& budget, const Limits& limits) : known_(known), budget_(budget), json_(limits) {}
  ~ChunkRows() { budget_.GiveBack(metadata_taken_, inline_taken_); }
  ChunkRows(const ChunkRows&) = delete;
  ChunkRows& operator=(const ChunkRows&) = delete;

  /// An array whose metadata stands in this stretch itself; false where the path is known already with another spelling.
  bool Declare(std::string_view path, KeySpelling spelling);

  /// One member of the references that is no metadata: key and value as JSON text. Keys that belong to no array are counted.
  /// Errors: kCorrupt (JSON, offset and length overflow, no bytes), kLimit.
  Status AddMember(std::string_view key_json, std::string_view value_json);
  /// [url, offset, length]; the length kWholeSource stands for [url].
  Status AddReference(std::string_view key, std::string_view url, std::uint64_t offset, std::uint64_t length);

  /// Takes members that read "key":["url",offset,length] and name chunks of the array that the last one named, as nearly all
  /// members of a large document do, as long as they begin before `stop`. Ends behind a member, or before one that is not of
  /// this form or does not end before `end`, behind which the scanner's padding lies. Errors are left to AddMember.
  struct Taken {
    const char* at;
    bool is_behind;  ///< Behind a member; else before one.
  };
  Taken TakeReferences(const char* at, const char* stop, const char* end);

  /// Charges what the rows and sources need; called now and then.
  Status Charge();

  /// What was taken of the budget stays taken: the rows go on to live elsewhere.
  void KeepCharges() { metadata_taken_ = inline_taken_ = 0; }

  std::uint64_t ignored() const { return ignored_; }  ///< Keys that belong to no array, or lie outside its grid.
  bool has_whole_sources() const { return has_whole_sources_; }
  const std::vector<std::string>& urls() const { return urls_; }  ///< As they are written; rows count them.
  std::vector<std::unique_ptr<Target>>& targets() { return targets_; }

 private:
  Target* Resolve(std::string_view key, std::uint64_t& number);
  Target* ResolveSlowly(std::string_view key, std::uint64_t& number);
  Status AddList(std::string_view key, std::string_view json);
  Status AddInline(std::string_view key, std::string_view bytes);
  std::uint32_t FindUrl(std::string_view url);
  const char* TakePlace(const char* at, const char* end, std::uint64_t& chunk);
  void ExpectNext(const char* member, const char* key_end, const char* numbers, std::uint64_t chunk, std::uint64_t index);
  void CountUp();
  void Carry();
  Target* MakeTarget(const std::string& prefix, const KeySpelling& spelling);

  const SpellingsByPrefix& known_;
  DocumentBudget& budget_;
  JsonReader json_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::unordered_map<std::string, Target*> by_prefix_;
  std::vector<std::string> urls_;
  std::unordered_map<std::string, std::uint32_t> by_url_;
  /// The last URL; and what the text of a neighbour begins with, quotes included, empty where that cannot be said so simply.
  std::string last_url_, quoted_prefix_, quoted_url_;
  std::uint32_t last_source_ = 0;
  /// How the next member begins, up to its numbers, where its chunk follows the last one along the fastest axis.
  std::string next_;
  std::size_t next_digit_ = 0;                      ///< In next_: the last digit of the key.
  std::uint64_t next_chunk_ = 0, next_left_ = 0;    ///< How many more chunks follow; 0: nothing is expected.
  Target* last_ = nullptr;
  std::uint64_t ignored_ = 0, metadata_taken_ = 0, inline_taken_ = 0, url_bytes_ = 0;
  bool has_whole_sources_ = false;
};

}  // namespace rutter
