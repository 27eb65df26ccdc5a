#include "refs/document_walk.h"

#include <algorithm>
#include <utility>

#include "base/thread_pool.h"
#include "refs/json_value.h"
#include "refs/zarr_metadata.h"

namespace rutter {
namespace {

constexpr std::uint64_t kToTheEnd = ~0ull;
/// Objects that are larger are walked in parts. The head is walked first: it declares the arrays of most documents.
constexpr std::uint64_t kHeadBytes = 1 << 20, kSmallestPart = 4 << 20;
constexpr std::uint64_t kChargeBytes = 4 << 20;  ///< Text between two looks at the budget.

/// Adds the place of a member to an error that has none.
template <class T>
Result<T> At(std::uint64_t offset, Result<T> result) {
  if (result || result.error().where.offset) return result;
  Error error = std::move(result).error();
  error.where.offset = offset;
  return Fail(std::move(error));
}

}  // namespace

bool DocumentWalk::DeclareArray(MetadataKind kind, std::string_view path, std::string_view json, Stretch& stretch) {
  JsonReader reader(limits_);
  std::string scratch;
  if (json.front() == '"') {
    auto text = JsonString(json, scratch, reader);
    if (!text || text->starts_with("base64:")) return false;
    json = *text;
  }
  auto value = reader.Parse(json, path);
  if (!value) return false;
  const std::string* node_type = kind == MetadataKind::kZarr3 ? JsonText(*value, "node_type") : nullptr;
  if (kind == MetadataKind::kZarr3 && (node_type == nullptr || *node_type != "array")) return true;
  auto metadata = kind == MetadataKind::kZarr3 ? ArrayFromZarr3(*value, limits_) : ArrayFromZarr2(*value, limits_);
  if (!metadata || metadata->array == nullptr) return false;
  return stretch.rows.Declare(path, {metadata->keys, metadata->array->ChunkGrid()});
}

Status DocumentWalk::HandleMetadata(MetadataKind kind, std::string_view key, std::string_view path, std::string_view json, std::uint64_t offset,
                                    Stretch& stretch) {
  if (!plan_.metadata) return {};
  bool declares = plan_.declares && (kind == MetadataKind::kArray || kind == MetadataKind::kZarr3);
  if (declares && gathers_rows() && !DeclareArray(kind, path, json, stretch)) rows_fail_ = true;
  // The value of .zgroup says nothing that its key does not.
  std::string_view kept = kind == MetadataKind::kGroup ? std::string_view() : json;
  RUTTER_TRY(budget_.TakeMetadata(sizeof(MetadataMember) + key.size() + kept.size()));
  stretch.metadata.push_back({offset, kind, std::string(key), std::string(kept)});
  return {};
}

Status DocumentWalk::HandleMember(std::string_view key_json, std::string_view value_json, std::uint64_t offset, Stretch& stretch) {
  std::string scratch;
  std::string_view key = key_json.substr(1, key_json.size() - 2), path;
  if (key.find('\\') != std::string_view::npos) {
    JsonReader reader(limits_);
    RUTTER_ASSIGN(key, At(offset, JsonString(key_json, scratch, reader)));
  }
  if (MetadataKind kind = MetadataKindOf(key, path); kind != MetadataKind::kNone) return HandleMetadata(kind, key, path, value_json, offset, stretch);
  if (!gathers_rows()) return {};
  char first = value_json.front();
  // Version 0 documents may hold numbers under names that are no chunks.
  bool no_chunk = plan_.version0 && first != '"' && first != '[' && first != '{' && (key == "version" || key.find('/') == std::string_view::npos);
  if (no_chunk) return {};
  Status status = stretch.rows.AddMember(key_json, value_json);
  if (plan_.declares) {
    if (!status || stretch.rows.ignored() != 0) rows_fail_ = true;
    return {};
  }
  return At(offset, std::move(status));
}

Status DocumentWalk::TakeMember(JsonScanner& scanner, Stretch& stretch) {
  std::uint64_t offset = scanner.offset();
  RUTTER_ASSIGN(std::string_view key, scanner.TakeKey());
  RUTTER_ASSIGN(std::string_view value, scanner.TakeValue());
  return HandleMember(key, value, offset, stretch);
}

Result<DocumentWalk::End> DocumentWalk::TakeMembers(JsonScanner& scanner, std::uint64_t stop, bool may_be_empty, Stretch& stretch) {
  std::uint64_t charged = scanner.offset();
  for (;;) {
    RUTTER_ASSIGN(char next, scanner.Peek());
    if (may_be_empty && next == '}') {
      RUTTER_TRY(scanner.Expect('}'));
      return End{true, scanner.offset()};
    }
    may_be_empty = false;
    if (scanner.offset() >= stop) return End{false, scanner.offset()};
    if (scanner.offset() - charged >= kChargeBytes) {
      charged = scanner.offset();
      RUTTER_TRY(stretch.rows.Charge());
    }
    bool in_place = false;
    if (gathers_rows()) {
      const char* at = scanner.at();
      const char* end = scanner.end();
      if (stop - scanner.offset() < static_cast<std::uint64_t>(end - at)) end = at + (stop - scanner.offset());
      const ChunkRows::Taken taken = stretch.rows.TakeReferences(at, end, scanner.end());
      in_place = taken.is_behind;
      scanner.MoveTo(taken.at);
    }
    if (!in_place) RUTTER_TRY(TakeMember(scanner, stretch));
    RUTTER_ASSIGN(bool more, scanner.TakeComma());
    if (!more) {
      RUTTER_TRY(stretch.rows.Charge());
      return End{true, scanner.offset()};
    }
  }
}

/// Where a member seems to begin, behind a list: "],"" outside of strings, which only a walk from the start can tell for sure.
Result<std::optional<std::uint64_t>> DocumentWalk::GuessMember(std::uint64_t from) {
  std::vector<char> piece(64 * 1024);
  RUTTER_ASSIGN(std::size_t length, text_.Read(from, piece));
  const char* begin = piece.data();
  const char* end = begin + length;
  auto skip = [&](const char* at) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
    return at;
  };
  for (const char* at = begin; (at = std::find(at, end, ']')) != end;) {
    const char* comma = skip(++at);
    if (comma == end || *comma != ',') continue;
    const char* member = skip(comma + 1);
    if (member != end && *member == '"') return std::optional(from + static_cast<std::uint64_t>(member - begin));
  }
  return std::optional<std::uint64_t>();
}

/// Walks from the member at `begin` to the end of the object. Each part begins where a member seems to begin, and counts only
/// where the part before it ended right there.
Result<DocumentWalk::End> DocumentWalk::TakeInParallel(std::uint64_t begin, std::uint64_t size) {
  struct Part {
    std::uint64_t begin = 0, stop = kToTheEnd;
    std::unique_ptr<Stretch> stretch;
    std::optional<Result<End>> end;
  };
  // Several parts a core, so that none waits long for the others.
  std::uint64_t part_bytes = std::max<std::uint64_t>(kSmallestPart, (size - begin) / (4 * ThreadPool::NumCores()) + 1);
  std::vector<Part> parts(1);
  parts[0].begin = begin;
  for (std::uint64_t at = begin + part_bytes; at < size; at += part_bytes) {
    RUTTER_ASSIGN(auto member, GuessMember(at));
    if (!member || *member <= parts.back().begin) continue;
    parts.back().stop = *member;
    parts.emplace_back().begin = *member;
  }
  RUTTER_TRY(ThreadPool::Shared().ParallelFor(parts.size(), 0, nullptr, [&](std::uint64_t i, unsigned) -> Status {
    Part& part = parts[static_cast<std::size_t>(i)];
    part.stretch = NewStretch();
    auto scanner = NewScanner(part.begin);
    part.end = TakeMembers(*scanner, part.stop, false, *part.stretch);
    return {};
  }));
  for (Part& part : parts) {
    if (!part.end->has_value()) return *part.end;
    End end = **part.end;
    stretches_.push_back(std::move(part.stretch));
    if (end.of_object || end.offset != part.stop) return end;
  }
  return Fail(ErrorCode::kInternal, "the last part of a document has no end");
}

Status DocumentWalk::TakeObject(std::unique_ptr<JsonScanner>& scanner) {
  RUTTER_TRY(scanner->Expect('{'));
  auto size = text_.size();
  bool in_parts = size && *size - std::min(*size, scanner->offset()) > kHeadBytes + 2 * kSmallestPart && ThreadPool::NumCores() > 1;
  std::uint64_t stop = in_parts ? scanner->offset() + kHeadBytes : kToTheEnd;
  stretches_.push_back(NewStretch());
  RUTTER_ASSIGN(End end, TakeMembers(*scanner, stop, true, *stretches_.back()));
  if (end.of_object) return {};
  if (plan_.declares) {
    for (const auto& target : stretches_.back()->rows.targets()) declared_[target->prefix] = target->spelling;
  }
  RUTTER_ASSIGN(end, TakeInParallel(end.offset, *size));
  scanner = NewScanner(end.offset);
  if (end.of_object) return {};
  // A part began at what looked like a member and was none: the rest has to be walked in one go.
  stretches_.push_back(NewStretch());
  return TakeMembers(*scanner, kToTheEnd, false, *stretches_.back()).map([](End) {});
}

}  // namespace rutter
