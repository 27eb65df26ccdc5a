#include "fuzz/exercise.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "conventions/conventions.h"
#include "formats/registry.h"
#include "fuzz/memory_opener.h"
#include "fuzz/same_tree.h"
#include "model/value_json.h"
#include "read/mosaic_chunks.h"
#include "read/reader.h"
#include "refs/lint.h"
#include "refs/reference_reader.h"
#include "refs/reference_writer.h"

namespace rutter::fuzz {
namespace {

constexpr std::uint64_t kMaxValues = 1'000;           // elements of types without a fixed size
constexpr std::size_t kMaxDocumentBytes = 8u << 20;   // larger documents are written, but not read back
constexpr std::uint64_t kMaxSlicedBytes = 64u << 10;  // one slice of an array too large to be read whole

std::uint64_t Hash(std::string_view text) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325ull;
  for (unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ull;
  return hash;
}

AxisSlice Run(std::uint64_t start, std::uint64_t count, std::int64_t step = 1) {
  AxisSlice slice;
  slice.start = start;
  slice.count = count;
  slice.step = step;
  return slice;
}

// The first corner, the last corner backwards, and every seventh element: each at most `max_elements` elements.
std::vector<Slice> SlicesOf(const Shape& shape, std::uint64_t max_elements) {
  std::vector<Slice> slices(3);
  std::uint64_t room = std::max<std::uint64_t>(max_elements, 1);
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    std::uint64_t extent = shape[axis];
    std::uint64_t count = std::min(extent, room);
    std::uint64_t strided = std::min(extent / 7 + (extent % 7 != 0), room);
    slices[0].axes.push_back(Run(0, count));
    slices[1].axes.push_back(Run(extent == 0 ? 0 : extent - 1, count, -1));
    slices[2].axes.push_back(Run(0, strided, 7));
    room = std::max<std::uint64_t>(room / std::max<std::uint64_t>(count, 1), 1);
  }
  for (Slice& slice : slices) std::reverse(slice.axes.begin(), slice.axes.end());
  return slices;
}

// One file under exercise: what is counted on the way.
class Course {
 public:
  Course(const ExerciseOptions& options, Outcome& outcome) : options_(options), outcome_(outcome) {}

  void Complain(const Error& error, const std::string& where) {
    ++outcome_.complaints;
    if (error.code != ErrorCode::kInternal || outcome_.verdict == Verdict::kInternal) return;
    outcome_.verdict = Verdict::kInternal;
    outcome_.error = error;
    outcome_.error.message += " (" + where + ")";
  }
  void Complain(const Rare<Error>& error, const std::string& where) {
    if (error) Complain(*error, where);
  }
  void Refuse(const Error& error) {
    Complain(error, "file");
    if (outcome_.verdict == Verdict::kInternal) return;
    outcome_.verdict = Verdict::kRefused;
    outcome_.error = error;
  }

  // Reads the arrays of a map. `bytes` receives those of numbers that were read whole, by path.
  void ReadArrays(const Map& map, const Reader& reader, bool record, std::map<std::string, std::string>* bytes) {
    unsigned arrays = 0;
    VisitNodes(map.root, [&](const Node& node) {
      std::string path = node.Path();
      if (record) RecordNode(node, path);
      Complain(node.failure, path);
      Complain(node.attributes_failure, path);
      if (node.array == nullptr) return;
      Complain(node.array->failure, path);
      if (node.array->failure || node.array->is_null || ++arrays > options_.max_arrays) return;
      if (node.array->dtype->IsFixed() && node.array->object_codec.empty()) {
        ReadFixed(*node.array, path, reader, record, bytes);
      } else {
        ReadValues(*node.array, path, reader, record);
      }
    });
    outcome_.complaints += map.notes.size();
  }

 private:
  static ReadOptions OneThread() {
    ReadOptions options;
    options.threads = 1;
    options.max_memory_bytes = 64u << 20;
    return options;
  }

  void RecordNode(const Node& node, const std::string& path) {
    outcome_.nodes.insert(std::to_string(static_cast<int>(node.kind)) + " " + path);
    for (const Attribute& attribute : node.attributes) {
      Complain(attribute.failure, path + "@" + attribute.name);
      if (attribute.failure) continue;
      std::string text;
      AppendJson(attribute.value, text);
      outcome_.values[path + "@" + attribute.name] = Hash(text);
    }
  }

  void ReadFixed(const Array& array, const std::string& path, const Reader& reader, bool record,
                 std::map<std::string, std::string>* bytes) {
    std::uint64_t element_bytes = std::max<std::uint64_t>(NativeType(array.dtype)->size_bytes, 1);
    std::optional<std::uint64_t> elements = array.NumElements();
    bool whole = elements && *elements <= options_.max_read_bytes / element_bytes;
    std::vector<Slice> slices = SlicesOf(array.shape, kMaxSlicedBytes / element_bytes);
    if (whole) slices.insert(slices.begin(), WholeSlice(array.shape));
    for (std::size_t i = 0; i < slices.size(); ++i) {
      std::uint64_t size = slices[i].NumElements() * NativeType(array.dtype)->size_bytes;
      if (size > 8 * options_.max_read_bytes) continue;  // one element of an enormous type
      std::string out(static_cast<std::size_t>(size), '\0');
      Status status = reader.Read(array, slices[i], std::as_writable_bytes(std::span(out)), OneThread());
      if (!status) {
        Complain(status.error(), path);
        continue;
      }
      if (!whole || i != 0) continue;
      if (record) outcome_.values[path] = Hash(out);
      if (bytes != nullptr && array.dtype->IsNumeric()) (*bytes)[path] = std::move(out);
    }
  }

  void ReadValues(const Array& array, const std::string& path, const Reader& reader, bool record) {
    std::optional<std::uint64_t> elements = array.NumElements();
    bool whole = elements && *elements <= kMaxValues;
    Slice slice = whole ? WholeSlice(array.shape) : SlicesOf(array.shape, kMaxValues)[0];
    Result<ValueList> values = reader.ReadAsValues(array, slice, OneThread());
    if (!values) return Complain(values.error(), path);
    std::string text;
    for (const Value& value : *values) AppendJson(value, text);
    if (record && whole) outcome_.values[path] = Hash(text);
  }

  const ExerciseOptions& options_;
  Outcome& outcome_;
};

// Writes a map, reads it back, and compares the numbers of both. Where the two disagree the map lies: a bug.
void CompareThroughMap(const Map& map, const Reader& reader, const std::shared_ptr<MemoryOpener>& opener,
                       const std::map<std::string, std::string>& direct, const ExerciseOptions& options, Course& course,
                       Outcome& outcome) {
  for (Dialect dialect : {Dialect::kKerchunk, Dialect::kLindi, Dialect::kKerchunkZarr3}) {
    std::string document;
    bool too_long = false;
    WriteOptions write_options;
    write_options.dialect = dialect;
    write_options.generator = "rutter";
    auto report = WriteReferences(map, reader, write_options, [&](std::string_view piece) -> Status {
      too_long |= document.size() + piece.size() > kMaxDocumentBytes;
      if (!too_long) document += piece;
      return {};
    });
    if (!report) {
      course.Complain(report.error(), "map writer");
      continue;
    }
    if (too_long) continue;
    Result<Map> back = ReadReferences(document, "memory/map.json", options.limits);
    if (!back) {
      // Limits may refuse what was written under them; anything else means that a written map cannot be read.
      if (back.error().code == ErrorCode::kLimit) continue;
      outcome.verdict = Verdict::kDiffers;
      outcome.error = back.error();
      return;
    }
    if (std::string lost = Lost(map, *back); !lost.empty()) {
      outcome.verdict = Verdict::kDiffers;
      outcome.error = MakeError(ErrorCode::kInternal, "the map has lost " + lost);
      return;
    }
    auto pool = std::make_shared<SourcePool>(back->sources, "memory/map.json", opener);
    Reader through(pool, options.limits);
    std::map<std::string, std::string> mapped;
    course.ReadArrays(*back, through, false, &mapped);
    for (const auto& [path, bytes] : mapped) {
      auto found = direct.find(path);
      if (found == direct.end()) continue;
      const Node* a = map.Find(path);
      const Node* b = back->Find(path);
      if (a == nullptr || b == nullptr || a->array == nullptr || a->array->shape != b->array->shape) continue;
      if (!SameDtype(*NativeType(a->array->dtype), *NativeType(b->array->dtype)) || found->second == bytes) continue;
      outcome.verdict = Verdict::kDiffers;
      outcome.error = MakeError(ErrorCode::kInternal, "the map gives other values than the file");
      outcome.error.where.path = path;
      return;
    }
  }
}

// Virtual datasets of the file's own arrays, as the map command writes them.
void ReferenceOwnMosaics(Map& map) {
  SourceList sources(map.sources);
  VisitNodes(map.root, [&](Node& node) {
    if (node.array == nullptr || node.array->failure) return;
    if (dynamic_cast<const MosaicIndex*>(node.array->index.get()) == nullptr) return;
    auto direct = ChunksOfMosaic(*node.array, sources);
    if (direct && sources.size() == map.sources.size()) node.array = *std::move(direct);
  });
}

}  // namespace

Outcome Exercise(const std::string& name, std::span<const std::byte> bytes, const ExerciseOptions& options) {
  Outcome outcome;
  Course course(options, outcome);
  auto opener = std::make_shared<MemoryOpener>();
  for (const auto& [sibling, content] : options.siblings) opener->Add(sibling, content);
  opener->Add(name, bytes);
  OpenOptions open_options;
  open_options.limits = options.limits;
  open_options.opener = opener;

  auto source = MakeBorrowedSource(name, bytes);
  auto file = options.format != nullptr ? options.format->open(source, open_options) : OpenWithAnyFormat(source, open_options);
  if (!file) {
    course.Refuse(file.error());
    return outcome;
  }
  Result<Map> map = (*file)->Describe();
  if (!map) {
    course.Refuse(map.error());
    return outcome;
  }
  auto pool = std::make_shared<SourcePool>((*file)->Sources());
  Reader reader(pool, options.limits);
  if (Status status = ApplyConventions(*map, reader); !status) course.Complain(status.error(), "conventions");
  std::map<std::string, std::string> direct;
  course.ReadArrays(*map, reader, options.record, &direct);
  if (options.inspect) {
    auto seen = (*file)->Inspect();
    if (!seen) course.Complain(seen.error(), "inspect");
  }
  if (outcome.verdict == Verdict::kRead && outcome.complaints != 0) outcome.verdict = Verdict::kPartial;
  if (options.through_map && outcome.verdict != Verdict::kInternal) {
    ReferenceOwnMosaics(*map);
    CompareThroughMap(*map, reader, opener, direct, options, course, outcome);
  }
  return outcome;
}

Outcome ExerciseReferences(std::string_view document, const ExerciseOptions& options) {
  Outcome outcome;
  Course course(options, outcome);
  auto opener = std::make_shared<MemoryOpener>();
  for (const auto& [sibling, content] : options.siblings) opener->Add(sibling, content);
  auto findings = LintReferences(document, 20);
  if (!findings) course.Complain(findings.error(), "lint");
  (void)LooksLikeReferences(document.substr(0, 4096));
  Result<Map> map = ReadReferences(document, "memory/map.json", options.limits);
  if (!map) {
    course.Refuse(map.error());
    return outcome;
  }
  Reader reader(std::make_shared<SourcePool>(map->sources, "memory/map.json", opener), options.limits);
  std::map<std::string, std::string> direct;
  course.ReadArrays(*map, reader, options.record, &direct);
  if (outcome.verdict == Verdict::kRead && outcome.complaints != 0) outcome.verdict = Verdict::kPartial;
  if (options.through_map && outcome.verdict != Verdict::kInternal) CompareThroughMap(*map, reader, opener, direct, options, course, outcome);
  return outcome;
}

}  // namespace rutter::fuzz
