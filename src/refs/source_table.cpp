#include "refs/source_table.h"

#include "base/text.h"

namespace rutter {
namespace {

std::string LocalPath(std::string url) {
  if (url.starts_with("file:///")) return url.substr(7);
  return url;
}

}  // namespace

Result<std::string> ExpandTemplates(std::string_view text, const Templates& templates) {
  std::string out;
  for (;;) {
    std::size_t open = text.find("{{");
    std::size_t close = open == std::string_view::npos ? open : text.find("}}", open);
    if (close == std::string_view::npos) return out.append(text);
    std::string name(Trimmed(text.substr(open + 2, close - open - 2)));
    auto found = templates.find(name);
    if (found == templates.end()) {
      bool plain = name.find_first_of("( |'\"") == std::string::npos;
      return Fail(plain ? ErrorCode::kCorrupt : ErrorCode::kUnsupported, "the template {{" + name + "}} " + (plain ? "is not defined" : "takes parameters"));
    }
    if (found->second.find("{{") != std::string::npos) return Fail(ErrorCode::kUnsupported, "the template {{" + name + "}} takes parameters");
    out.append(text.substr(0, open)).append(found->second);
    text.remove_prefix(close + 2);
  }
}

void SourceTable::Describe(Source source) {
  by_url_.emplace(source.url, static_cast<std::uint32_t>(sources_.size()));
  source.url = LocalPath(std::move(source.url));
  sources_.push_back(std::move(source));
}

Result<std::uint32_t> SourceTable::FindSlowly(std::string_view url) {
  auto found = by_url_.find(std::string(url));
  if (found == by_url_.end()) {
    std::string expanded(url);
    if (!templates_.empty() && url.find("{{") != std::string_view::npos) {
      RUTTER_ASSIGN(expanded, ExpandTemplates(url, templates_));
    }
    auto same = by_url_.find(expanded);
    if (same == by_url_.end()) {
      same = by_url_.emplace(expanded, static_cast<std::uint32_t>(sources_.size())).first;
      Source source;
      source.url = LocalPath(std::move(expanded));
      sources_.push_back(std::move(source));
    }
    found = by_url_.emplace(std::string(url), same->second).first;
  }
  last_url_ = url;
  last_ = found->second;
  return last_;
}

}  // namespace rutter
