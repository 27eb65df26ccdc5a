#include "refs/reference_writer.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/cancel.h"
#include "base/thread_pool.h"
#include "model/value_json.h"
#include "refs/document_writer.h"
#include "refs/node_writer.h"
#include "refs/turns.h"

namespace rutter {
namespace {

constexpr std::size_t kPieceNodes = 128;  ///< One thread's turn; smaller maps are written by one thread.
/// Each thread may hold the chunk table of one large array.
constexpr unsigned kMaxThreads = 4;

class Writer {
 public:
  Writer(const Map& map, const DataAccess& data, const WriteOptions& options, const std::function<Status(std::string_view)>& write)
      : map_(map), data_(data), options_(options), write_(write) {
    if (options.dialect == Dialect::kLindi) lindi_.emplace(map);
  }

  Result<WriteReport> Run() {
    RUTTER_TRY(ListSources());
    RUTTER_TRY(Write("{\"version\": 1, \"refs\": {"));
    RUTTER_TRY(WriteAllNodes());
    AddNotes();
    WriteReport& report = done_.report;
    std::string end = "\n}";
    if (lindi_) {
      end += ",\n\"generationMetadata\": {\"generatedBy\": ";
      AppendJson(Value(options_.generator), end);
      end += '}';
    }
    end += ",\n\"rutter\": " + std::move(done_.extras).ToJson(map_, report, options_, urls_) + "}\n";
    RUTTER_TRY(Write(end));
    report.bytes_written = bytes_;
    return std::move(report);
  }

 private:
  Status Write(std::string_view text) {
    RUTTER_TRY(CheckCancelled(options_.cancel));
    bytes_ += text.size();
    return write_(text);
  }

  Status ListSources() {
    for (const Source& source : map_.sources) {
      urls_.push_back(options_.relative ? source.url.substr(source.url.rfind('/') + 1) : source.url);
      if (!IsUtf8(urls_.back())) {
        Error error = MakeError(ErrorCode::kUnsupported, "a path that is not UTF-8 cannot stand in a JSON map");
        error.where.source = source.url;
        error.hint = "rename the file, or map it through a link with a plain name";
        return Fail(std::move(error));
      }
      urls_json_.emplace_back();
      AppendJsonString(urls_.back(), urls_json_.back());
    }
    return {};
  }

  /// In pieces, on several threads; a piece's text waits until those before it are written.
  Status WriteAllNodes() {
    const std::vector<NamedNode> nodes = NameNodes(map_, lindi_ ? NameRule::kAnyText : NameRule::kFetchable);
    const LindiReferences* lindi = lindi_ ? &*lindi_ : nullptr;
    const std::vector<NodeDimensions> dimensions = NameDimensions(map_, nodes, options_, lindi);
    const DocumentParts shared{map_, data_, options_, lindi, urls_json_};
    const std::size_t pieces = (nodes.size() + kPieceNodes - 1) / kPieceNodes;
    std::vector<NodesWritten> results(pieces);
    Turns turns;
    const unsigned threads = std::min(ThreadPool::NumCores(), kMaxThreads);
    std::vector<std::string> buffers(threads);
    auto write_piece = [&](std::uint64_t piece, unsigned slot) -> Status {
      const Turns::Guard guard(turns);
      const std::size_t first = static_cast<std::size_t>(piece) * kPieceNodes, count = std::min(kPieceNodes, nodes.size() - first);
      std::function<Status(std::string_view)> write = [&](std::string_view text) { return turns.Wait(piece) ? Write(text) : Status(); };
      DocumentWriter out(write, piece == 0, std::move(buffers[slot]));
      RUTTER_TRY(WriteNodes(shared, std::span(nodes).subspan(first, count), std::span(dimensions).subspan(first, count), out, results[piece]));
      RUTTER_TRY(out.Flush());
      buffers[slot] = std::move(out).ReleaseBuffer();
      turns.Done(piece);
      guard.Succeeded();
      return {};
    };
    // Pieces start in ascending order, so the one that a thread waits for is always under way.
    RUTTER_TRY(ThreadPool::Shared().ParallelFor(pieces, threads, options_.cancel, write_piece));
    for (NodesWritten& result : results) done_.Add(std::move(result));
    return {};
  }

  void AddNotes() {
    std::vector<std::string>& notes = done_.report.notes;
    if (options_.relative) notes.emplace_back("source paths are relative to the map; clients resolve them differently");
    if (done_.loose_text != 0) notes.push_back(std::to_string(done_.loose_text) + " arrays hold padded text that clients may show with its padding");
    if (done_.past_end != 0) notes.push_back(std::to_string(done_.past_end) + " chunks end behind the end of their file; reading them fails");
    if (done_.shuffled != 0) notes.push_back(std::to_string(done_.shuffled) + " arrays are shuffled; Neurosift (2026-08) decodes shuffled data wrongly");
  }

  const Map& map_;
  const DataAccess& data_;
  const WriteOptions& options_;
  const std::function<Status(std::string_view)>& write_;
  std::optional<LindiReferences> lindi_;
  std::vector<std::string> urls_, urls_json_;
  std::uint64_t bytes_ = 0;
  NodesWritten done_;
};

}  // namespace

std::string_view UnmappedPartName(UnmappedPart part) {
  switch (part) {
    case UnmappedPart::kNode:
    case UnmappedPart::kAttribute: break;
    case UnmappedPart::kMembers: return "members";
    case UnmappedPart::kAttributes: return "attributes";
  }
  return "";
}

Result<WriteReport> WriteReferences(const Map& map, const DataAccess& data, const WriteOptions& options,
                                    const std::function<Status(std::string_view)>& write) {
  return Writer(map, data, options, write).Run();
}

}  // namespace rutter
