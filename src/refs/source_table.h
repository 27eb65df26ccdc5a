#pragma once
// The sources of a document while its references are read: URLs as they are written -> Map::sources.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/map.h"

namespace rutter {

/// Templates of a document: {{name}} -> text. Only plain names are known here.
using Templates = std::unordered_map<std::string, std::string>;

/// `text` with every {{name}} replaced. Errors: kCorrupt (no such template), kUnsupported (a template with parameters).
Result<std::string> ExpandTemplates(std::string_view text, const Templates& templates);

class SourceTable {
 public:
  /// A source that the document describes; the order of the calls is that of Map::sources.
  void Describe(Source source);
  void SetTemplates(Templates templates) { templates_ = std::move(templates); }
  void SetSeal(std::string seal) { seal_ = std::move(seal); }
  const std::string& seal() const { return seal_; }
  const Templates& templates() const { return templates_; }

  /// The number of the source that references call `url`. Local "file://" URLs become paths.
  Result<std::uint32_t> Find(std::string_view url) {
    // Neighbouring references nearly always name one source.
    if (url == last_url_ && !sources_.empty()) return last_;
    return FindSlowly(url);
  }
  const Source& at(std::uint32_t source) const { return sources_[source]; }
  std::vector<Source> Take() { return std::move(sources_); }

 private:
  Result<std::uint32_t> FindSlowly(std::string_view url);

  std::vector<Source> sources_;
  std::unordered_map<std::string, std::uint32_t> by_url_;
  Templates templates_;
  std::string seal_;
  std::string last_url_;
  std::uint32_t last_ = 0;
};

}  // namespace rutter
