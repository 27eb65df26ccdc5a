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
#include "refs/chunk_rows.h"
#include "refs/source_table.h"

namespace rutter {

/// Takes the references of a document, stretch by stretch, then builds each array's index. Later entries of one key
/// replace earlier ones.
class ChunkEntries {
 public:
  ChunkEntries(SourceTable& sources, DocumentBudget& budget, const Limits& limits) : sources_(sources), generated_(spellings_, budget, limits) {}

  /// `path` is the array's path in the document ("" = the root), `grid` the chunk grid by which its keys are spelled: the
  /// array's own, but for axes of one chunk that the model does not show.
  void AddArray(const std::string& path, Array& array, ChunkKeys keys, Shape grid);
  const SpellingsByPrefix& spellings() const { return spellings_; }

  /// True where the rows were gathered with the spellings that the arrays have.
  bool Fits(ChunkRows& stretch) const;
  /// Takes the rows of a stretch that fits. Errors: kCorrupt, kUnsupported (templates).
  Status Take(ChunkRows& stretch);

  /// One reference of a rule of "gen", which replaces those of the document. Errors: as ChunkRows.
  Status AddReference(std::string_view key, std::string_view url, std::uint64_t offset, std::uint64_t length) {
    return generated_.AddReference(key, url, offset, length);
  }

  /// Gives every array its index. Errors: kCorrupt.
  Status Finish();

  std::uint64_t ignored() const { return ignored_; }  ///< Keys that belong to no array, or lie outside its grid.

 private:
  struct Target {
    Array* array = nullptr;
    ChunkTable rows;
    std::vector<std::byte> inline_data;
    bool nowhere = false;
    bool whole_sources = false;  ///< Rows without a length.
  };

  Status Build(Target& target);
  Status SetLengths(Target& target);

  SourceTable& sources_;
  SpellingsByPrefix spellings_;
  ChunkRows generated_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::unordered_map<std::string, Target*> by_prefix_;
  std::uint64_t ignored_ = 0;
};

}  // namespace rutter
