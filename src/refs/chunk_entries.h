#pragma once
// Chunk references of a document, sorted to their arrays.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "model/map.h"
#include "refs/source_table.h"
#include "refs/zarr_metadata.h"

namespace rutter {

/// Gathers rows by array, then builds each array's index. Later entries of one key replace earlier ones.
class ChunkEntries {
 public:
  ChunkEntries(SourceTable& sources, const Limits& limits) : sources_(sources), inline_left_(limits.inline_bytes) {}

  /// `path` is the array's path in the document ("" = the root), `grid` the chunk grid by which its keys are spelled: the
  /// array's own, but for axes of one chunk that the model does not show.
  void AddArray(const std::string& path, Array& array, ChunkKeys keys, Shape grid);

  /// [url, offset, length]; the length kWholeSource stands for [url]. Keys that belong to no array are passed over.
  /// Errors: kCorrupt (offset and length overflow, no bytes), kUnsupported (templates).
  Status AddReference(std::string_view key, std::string_view url, std::uint64_t offset, std::uint64_t length);
  /// Data in the document itself, decoded. Errors: kLimit.
  Status AddInline(std::string_view key, std::string_view bytes);
  /// A reference without a URL: its place depends on who opens the document. The array fails, not the document.
  void AddNowhere(std::string_view key);

  /// Gives every array its index. Errors: kCorrupt.
  Status Finish();

  std::uint64_t ignored() const { return ignored_; }  ///< Keys that belong to no array, or lie outside its grid.

 private:
  struct Target {
    std::string prefix;  ///< "a/b/", "" for the root.
    Array* array = nullptr;
    ChunkKeys keys;
    Shape grid;
    std::vector<TableIndex::Row> rows;
    std::vector<std::byte> inline_data;
    bool sorted = true;
    bool nowhere = false;
  };

  Target* Resolve(std::string_view key, std::uint64_t& number);
  Target* ResolveSlowly(std::string_view key, std::uint64_t& number);
  void Add(Target& target, const TableIndex::Row& row) {
    target.sorted = target.sorted && (target.rows.empty() || target.rows.back().chunk < row.chunk);
    target.rows.push_back(row);
  }
  Status Build(Target& target);

  SourceTable& sources_;
  std::uint64_t inline_left_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::unordered_map<std::string, Target*> by_prefix_;
  Target* last_ = nullptr;
  std::uint64_t ignored_ = 0;
};

}  // namespace rutter
