#include "refs/reference_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "model/value_json.h"
#include "refs/array_metadata.h"
#include "refs/array_plan.h"
#include "refs/attribute_writer.h"
#include "refs/document_writer.h"
#include "refs/extras.h"
#include "refs/lindi_metadata.h"
#include "refs/names.h"

namespace rutter {
namespace {

/// Hard and soft links to arrays are repeated as arrays for clients up to this many chunks.
constexpr std::size_t kMaxRepeatedChunks = 100'000;

class Writer {
 public:
  Writer(const Map& map, const DataAccess& data, const WriteOptions& options, const std::function<Status(std::string_view)>& write)
      : map_(map), data_(data), options_(options), out_(write), names_(map), dimensions_(map) {
    if (options.dialect == Dialect::kLindi) lindi_.emplace(map);
    v3_ = options.dialect == Dialect::kKerchunkZarr3;
  }

  Result<WriteReport> Run() {
    RUTTER_TRY(ListSources());
    RUTTER_TRY(out_.Raw("{\"version\": 1, \"refs\": {"));
    std::vector<const Node*> nodes;
    VisitNodes(map_.root, [&](const Node& node) { nodes.push_back(&node); });
    for (const Node* node : nodes) RUTTER_TRY(WriteNode(*node));
    AddNotes();
    RUTTER_TRY(out_.Raw("\n}"));
    if (lindi_) {
      std::string generator;
      AppendJson(Value(options_.generator), generator);
      RUTTER_TRY(out_.Raw(",\n\"generationMetadata\": {\"generatedBy\": " + generator + "}"));
    }
    RUTTER_TRY(out_.Raw(",\n\"rutter\": " + extras_.ToJson(map_, report_, options_, urls_) + "}\n"));
    RUTTER_TRY(out_.Flush());
    report_.bytes_written = out_.bytes_written();
    return std::move(report_);
  }

 private:
  static std::string Key(const std::string& path, std::string_view last) { return path.empty() ? std::string(last) : path + "/" + std::string(last); }

  Status ListSources() {
    for (const Source& source : map_.sources) {
      urls_.push_back(options_.relative ? source.url.substr(source.url.rfind('/') + 1) : source.url);
      if (!IsUtf8(urls_.back())) {
        Error error = MakeError(ErrorCode::kUnsupported, "a path that is not UTF-8 cannot stand in a JSON map");
        error.where.source = source.url;
        error.hint = "rename the file, or map it through a link with a plain name";
        return Fail(std::move(error));
      }
      url_json_.emplace_back();
      AppendJsonString(urls_.back(), url_json_.back());
    }
    return {};
  }

  void AddNotes() {
    if (options_.relative) report_.notes.emplace_back("source paths are relative to the map; clients resolve them differently");
    if (loose_text_ != 0) {
      report_.notes.push_back(std::to_string(loose_text_) + " arrays hold padded text that clients may show with its padding");
    }
    if (past_end_ != 0) report_.notes.push_back(std::to_string(past_end_) + " chunks end behind the end of their file; reading them fails");
    if (shuffled_ != 0) report_.notes.push_back(std::to_string(shuffled_) + " arrays are shuffled; Neurosift (2026-08) decodes shuffled data wrongly");
  }

  void NotMapped(const Node& node, Error reason, const Attribute* attribute = nullptr) {
    extras_.NotMapped(names_.Path(node), node, reason, attribute, names_.Renamed(node));
    report_.unmapped.push_back({node.Path(), attribute == nullptr ? std::string() : attribute->name, std::move(reason)});
  }

  Status WriteNode(const Node& node) {
    const std::string& path = names_.Path(node);
    switch (node.kind) {
      case NodeKind::kGroup: return WriteGroup(node, path);
      case NodeKind::kArray:
        if (node.array == nullptr) return Fail(ErrorCode::kInternal, "an array node without its array");
        return WriteArray(node, *node.array, node, path);
      case NodeKind::kNamedType: extras_.NamedType(path, node); return {};
      case NodeKind::kHardLink:
      case NodeKind::kSoftLink: return WriteLink(node, path);
      case NodeKind::kExternalLink:
      case NodeKind::kUserLink: extras_.Link(path, node); return {};
      case NodeKind::kUnreadable:
        NotMapped(node, node.failure ? *node.failure : MakeError(ErrorCode::kCorrupt, "the object cannot be read"));
        return {};
    }
    return {};
  }

  void NoteName(const Node& node, const std::string& path) {
    if (!names_.Renamed(node)) return;
    std::string member = "\"name\":";
    AppendJson(Value(node.name), member);
    extras_.Node(path, member);
    report_.notes.push_back(node.Path() + " is called " + path + " in the map, for clients that cannot fetch its name");
  }

  Status WriteGroup(const Node& node, const std::string& path) {
    ++report_.groups;
    NoteName(node, path);
    std::string attributes = Attributes(node, path, {});
    if (v3_) return out_.Metadata(Key(path, "zarr.json"), "{\"zarr_format\":3,\"node_type\":\"group\",\"attributes\":{" + attributes + "}}", false);
    RUTTER_TRY(out_.Metadata(Key(path, ".zgroup"), "{\"zarr_format\":2}", lindi_.has_value()));
    if (attributes.empty()) return {};
    return out_.Metadata(Key(path, ".zattrs"), "{" + attributes + "}", lindi_.has_value());
  }

  /// The attributes of a node itself, with everything that the extra member must keep of them.
  std::string Attributes(const Node& node, const std::string& path, AttributeOptions options) {
    options.lindi = lindi_ ? &*lindi_ : nullptr;
    options.zarr3 = v3_;
    if (names_.Renamed(node) && !lindi_) options.original_name = &node.name;
    options.not_mapped = [&](const Attribute& attribute, Error reason) { NotMapped(node, std::move(reason), &attribute); };
    if (node.attributes_failure) {
      Attribute unlisted;
      NotMapped(node, *node.attributes_failure, &unlisted);
    }
    return WriteAttributes(node, options, &extras_, path);
  }

  Status WriteLink(const Node& node, const std::string& path) {
    extras_.Link(path, node);
    const Node* target = node.parent == nullptr ? nullptr : map_.Find(node.Path());
    bool to_array = target != nullptr && target->kind == NodeKind::kArray && target->array != nullptr;
    if (lindi_ && (node.kind == NodeKind::kSoftLink || (target != nullptr && !to_array))) {
      std::string link;
      AppendJson(Value(node.target.starts_with("/") ? node.target : Absolute(node)), link);
      RUTTER_TRY(out_.Metadata(Key(path, ".zgroup"), "{\"zarr_format\":2}", true));
      return out_.Metadata(Key(path, ".zattrs"), "{\"_SOFT_LINK\": {\"path\": " + link + "}}", true);
    }
    if (!to_array) return {};
    return WriteArray(*target, *target->array, node, path);
  }

  static std::string Absolute(const Node& link) {
    std::string parent = link.parent->Path();
    return (parent == "/" ? "" : parent) + "/" + link.target;
  }

  /// Writes `array` of `owner` under `path`; `place` is the node at that path (the owner, or a link to it).
  Status WriteArray(const Node& owner, const Array& array, const Node& place, const std::string& path) {
    bool is_link = &owner != &place;
    auto planned = PlanArray(array, map_.sources, data_, options_, lindi_ ? &*lindi_ : nullptr);
    if (!planned) {
      if (!is_link) NotMapped(owner, std::move(planned).error());
      return {};
    }
    ArrayPlan& plan = *planned;
    if (is_link && (plan.stream != nullptr || plan.chunks.size() > kMaxRepeatedChunks)) return {};
    bool invented = false;
    const Node* group = place.parent == nullptr ? &place : place.parent;
    std::string names;
    for (const std::string& name : dimensions_.For(*group, plan.shape, array.dimension_names, invented)) {
      if (!names.empty()) names += ",";
      AppendJson(Value(name), names);
    }
    AttributeOptions attributes;
    attributes.fill_in_metadata = false;
    std::string fill = v3_ ? std::string() : FillOf(owner, plan, attributes.fill_in_metadata);
    attributes.array = &array;
    attributes.plan = &plan;
    attributes.first = v3_ ? "" : lindi_ ? LindiAnnotations(array, plan) : "\"_ARRAY_DIMENSIONS\":[" + names + "]";
    std::string members;
    if (is_link) {
      attributes.lindi = lindi_ ? &*lindi_ : nullptr;
      attributes.zarr3 = v3_;
      members = WriteAttributes(owner, attributes, nullptr, path);
    } else {
      Count(array, plan);
      NoteName(owner, path);
      NodeExtras(array, plan, path, invented);
      members = Attributes(owner, path, std::move(attributes));
    }
    if (v3_) {
      RUTTER_TRY(out_.Metadata(Key(path, "zarr.json"), Zarr3Metadata(plan, names, members), false));
    } else {
      RUTTER_TRY(out_.Metadata(Key(path, ".zarray"), Zarr2Metadata(plan, fill, lindi_.has_value()), lindi_.has_value()));
      RUTTER_TRY(out_.Metadata(Key(path, ".zattrs"), "{" + members + "}", lindi_.has_value()));
    }
    return WriteChunks(plan, path);
  }

  void Count(const Array& array, const ArrayPlan& plan) {
    ++report_.arrays_mapped;
    loose_text_ += plan.loose_text ? 1 : 0;
    past_end_ += plan.past_end;
    bool shuffle = std::any_of(plan.codecs.stages.begin(), plan.codecs.stages.end(), [](const CodecSpec& s) { return s.id == CodecId::kShuffle; });
    shuffled_ += lindi_ && shuffle && array.dtype->size_bytes > 1 ? 1 : 0;
  }

  Status WriteChunks(const ArrayPlan& plan, const std::string& path) {
    std::string key;
    AppendJsonString(path.empty() ? "" : path + "/", key);
    key.pop_back();
    Shape grid = PlanGrid(plan);
    if (grid.size() > 64) return Fail(ErrorCode::kInternal, "an array of more than 64 axes");
    std::array<char, 65 * 21> text;
    auto suffix = [&](std::span<const std::uint64_t> index) -> std::string_view {
      char* at = text.data();
      if (v3_) *at++ = 'c';
      if (index.empty() && !v3_) *at++ = '0';
      for (std::size_t k = 0; k < index.size(); ++k) {
        if (v3_ || k != 0) *at++ = v3_ ? '/' : '.';
        at = std::to_chars(at, text.data() + text.size(), index[k]).ptr;
      }
      return {text.data(), static_cast<std::size_t>(at - text.data())};
    };
    Shape index(grid.size());
    if (plan.stream != nullptr) {
      // Array types add axes behind the stored grid, each one chunk wide.
      Shape stored = plan.stream->ChunkGrid();
      return plan.stream->index->Locate({Shape(stored.size(), 0), stored}, [&](std::span<const std::uint64_t> at, const ChunkRef& chunk) -> Status {
        std::copy(at.begin(), at.end(), index.begin());
        ++report_.chunk_references;
        return out_.Reference(key, suffix(index), url_json_[chunk.source], chunk.offset, chunk.length - plan.codecs.cut_bytes);
      });
    }
    for (const PlannedChunk& chunk : plan.chunks) {
      std::uint64_t number = chunk.number;
      for (std::size_t k = grid.size(); k-- > 0;) {
        index[k] = number % grid[k];
        number /= grid[k];
      }
      std::string_view name = suffix(index);
      if (chunk.source == PlannedChunk::kInline) {
        ++report_.inlined_chunks;
        RUTTER_TRY(out_.Inline(Key(path, name), std::string_view(plan.inline_data).substr(static_cast<std::size_t>(chunk.offset), static_cast<std::size_t>(chunk.length))));
      } else {
        ++report_.chunk_references;
        RUTTER_TRY(out_.Reference(key, name, url_json_[chunk.source], chunk.offset, chunk.length));
      }
    }
    return {};
  }

  void NodeExtras(const Array& array, const ArrayPlan& plan, const std::string& path, bool invented) {
    // What .zarray says is enough for plain numbers; anything else keeps its own description.
    const Dtype& type = *array.dtype;
    bool plain = plan.object_codec.empty() && !plan.native && !array.is_null && (type.type_class == TypeClass::kBool || (type.IsNumeric() && type.IsMachine()));
    if (!plain) extras_.Node(path, "\"dtype\":" + DtypeToJson(type));
    if (!plan.object_codec.empty()) extras_.Node(path, "\"object_codec\":\"" + plan.object_codec + "\"");
    if (plan.native && plan.object_codec.empty()) extras_.Node(path, "\"native\":true");
    if (array.is_null) extras_.Node(path, "\"is_null\":true");
    if (invented) {
      std::string names = "\"dimension_names\":[";
      for (std::size_t k = 0; k < array.dimension_names.size(); ++k) {
        if (k != 0) names += ",";
        AppendJson(Value(array.dimension_names[k]), names);
      }
      extras_.Node(path, names + "]");
    } else if (lindi_ && !array.dimension_names.empty()) {
      std::string names;
      for (const std::string& name : array.dimension_names) {
        if (!names.empty()) names += ",";
        AppendJson(Value(name), names);
      }
      extras_.Node(path, "\"dimension_names\":[" + names + "]");
    }
    if (array.max_shape.size() == array.shape.size() && !std::equal(array.shape.begin(), array.shape.end(), array.max_shape.begin())) {
      std::string lengths;
      for (const auto& n : array.max_shape) lengths += (lengths.empty() ? "" : ",") + (n ? std::to_string(*n) : "null");
      extras_.Node(path, "\"max_shape\":[" + lengths + "]");
    }
    // Zarr v3 always says a fill value; v2 says it only where a chunk is missing.
    if (!v3_ && array.fill_defined && plan.fill_value == "null" && type.IsFixed() && !plan.native && array.fill_value.size() == type.size_bytes) {
      std::string fill = "\"fill_value\":\"";
      AppendBase64({reinterpret_cast<const char*>(array.fill_value.data()), array.fill_value.size()}, fill);
      extras_.Node(path, fill + "\"");
    }
    if (array.dimension_only) extras_.Node(path, "\"dimension_only\":true");
  }

  const Map& map_;
  const DataAccess& data_;
  const WriteOptions& options_;
  DocumentWriter out_;
  NodeNames names_;
  DimensionNames dimensions_;
  Extras extras_;
  WriteReport report_;
  std::vector<std::string> urls_, url_json_;
  std::optional<LindiReferences> lindi_;
  std::uint64_t loose_text_ = 0, past_end_ = 0, shuffled_ = 0;
  bool v3_ = false;
};

}  // namespace

Result<WriteReport> WriteReferences(const Map& map, const DataAccess& data, const WriteOptions& options,
                                    const std::function<Status(std::string_view)>& write) {
  return Writer(map, data, options, write).Run();
}

}  // namespace rutter
