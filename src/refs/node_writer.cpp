#include "refs/node_writer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/value_json.h"
#include "refs/array_metadata.h"
#include "refs/array_plan.h"
#include "refs/attribute_writer.h"
#include "refs/document_writer.h"

namespace rutter {
namespace {

/// Hard and soft links to arrays are repeated as arrays for clients up to this many chunks.
constexpr std::size_t kMaxRepeatedChunks = 100'000;

class NodeWriter {
 public:
  NodeWriter(const DocumentParts& shared, DocumentWriter& out, NodesWritten& result)
      : shared_(shared), out_(out), result_(result), is_lindi_(shared.lindi != nullptr), is_v3_(shared.options.dialect == Dialect::kKerchunkZarr3) {}

  Status WriteNode(const NamedNode& named, const NodeDimensions& dimensions) {
    const Node& node = *named.node;
    const std::string& path = named.path;
    at_ = &named;
    SetKey(path);
    switch (node.kind) {
      case NodeKind::kGroup: return WriteGroup(node, path);
      case NodeKind::kArray:
        if (node.array == nullptr) return Fail(ErrorCode::kInternal, "an array node without its array");
        return WriteArray(node, *node.array, node, path, dimensions);
      case NodeKind::kNamedType:
        result_.extras.NamedType(path, node);
        NotMappedAttributes(node);
        return {};
      case NodeKind::kHardLink:
      case NodeKind::kSoftLink: return WriteLink(node, path, dimensions);
      case NodeKind::kExternalLink:
      case NodeKind::kUserLink: result_.extras.Link(path, node); return {};
      case NodeKind::kUnreadable:
        NotMapped(node, node.failure ? *node.failure : MakeError(ErrorCode::kCorrupt, "the object cannot be read"));
        NotMappedAttributes(node);
        return {};
    }
    return {};
  }

 private:
  /// Sets what the keys of a node begin with.
  void SetKey(const std::string& path) {
    key_.clear();
    AppendJsonString(path, key_);
    if (path.empty()) {
      key_.pop_back();
    } else {
      key_.back() = '/';
    }
  }

  void NotMapped(const Node& node, Error reason, UnmappedPart part = UnmappedPart::kNode, const Attribute* attribute = nullptr) {
    Unmapped missing{node.Path(), part, attribute == nullptr ? std::string() : attribute->name, std::move(reason)};
    result_.extras.NotMapped(at_->path, node, missing, attribute, at_->renamed);
    result_.report.unmapped.push_back(std::move(missing));
  }

  void NoteName(const Node& node, const std::string& path) {
    if (!at_->renamed) return;
    std::string member = "\"name\":";
    AppendJson(Value(node.name), member);
    result_.extras.Node(path, member);
    result_.report.notes.push_back(node.Path() + " is called " + path + " in the map, for clients that cannot fetch its name");
  }

  Status WriteGroup(const Node& node, const std::string& path) {
    ++result_.report.groups;
    NoteName(node, path);
    if (node.failure) NotMapped(node, *node.failure, UnmappedPart::kMembers);
    json_ = is_v3_ ? "{\"zarr_format\":3,\"node_type\":\"group\",\"attributes\":{" : "{";
    std::size_t before = json_.size();
    Attributes(node, path, {}, json_);
    bool none = json_.size() == before;
    json_ += is_v3_ ? "}}" : "}";
    if (is_v3_) return out_.Metadata(key_, "zarr.json", json_, false);
    RUTTER_TRY(out_.Metadata(key_, ".zgroup", "{\"zarr_format\":2}", is_lindi_));
    return none ? Status() : out_.Metadata(key_, ".zattrs", json_, is_lindi_);
  }

  /// Appends the attributes of a node itself; the extra member gets everything that it must keep of them.
  void Attributes(const Node& node, const std::string& path, AttributeOptions options, std::string& out) {
    options.lindi = shared_.lindi;
    options.zarr3 = is_v3_;
    if (at_->renamed && !is_lindi_) options.original_name = &node.name;
    options.not_mapped = [&](const Attribute& attribute, Error reason) { NotMapped(node, std::move(reason), UnmappedPart::kAttribute, &attribute); };
    if (node.attributes_failure) NotMapped(node, *node.attributes_failure, UnmappedPart::kAttributes);
    WriteAttributes(node, options, &result_.extras, path, out);
  }

  /// Of a node that stands in the extra member with those of its attributes that could be read.
  void NotMappedAttributes(const Node& node) {
    if (node.attributes_failure) NotMapped(node, *node.attributes_failure, UnmappedPart::kAttributes);
    for (const Attribute& attribute : node.attributes) {
      if (auto reason = WhyNotMapped(attribute)) NotMapped(node, *std::move(reason), UnmappedPart::kAttribute, &attribute);
    }
  }

  Status WriteLink(const Node& node, const std::string& path, const NodeDimensions& dimensions) {
    result_.extras.Link(path, node);
    const Node* target = node.parent == nullptr ? nullptr : shared_.map.Find(node.Path());
    bool to_array = target != nullptr && target->kind == NodeKind::kArray && target->array != nullptr;
    if (is_lindi_ && (node.kind == NodeKind::kSoftLink || (target != nullptr && !to_array))) {
      const std::string goal = node.target.starts_with("/") ? node.target : Absolute(node);
      if (!IsUtf8(goal)) return {};  // only the extra member can hold it
      std::string link;
      AppendJson(Value(goal), link);
      RUTTER_TRY(out_.Metadata(key_, ".zgroup", "{\"zarr_format\":2}", true));
      return out_.Metadata(key_, ".zattrs", "{\"_SOFT_LINK\": {\"path\": " + link + "}}", true);
    }
    if (!to_array) return {};
    return WriteArray(*target, *target->array, node, path, dimensions);
  }

  static std::string Absolute(const Node& link) {
    std::string parent = link.parent->Path();
    return (parent == "/" ? "" : parent) + "/" + link.target;
  }

  /// Writes `array` of `owner` under `path`; `place` is the node at that path (the owner, or a link to it).
  Status WriteArray(const Node& owner, const Array& array, const Node& place, const std::string& path, const NodeDimensions& dimensions) {
    bool is_link = &owner != &place;
    // xarray would take it for a coordinate, whose values mean nothing.
    if (array.dimension_only && !is_lindi_ && Extras::CanBeDimension(array)) {
      if (!is_link) result_.extras.Dimension(path, owner, at_->renamed);
      if (!is_link) NotMappedAttributes(owner);
      return {};
    }
    auto planned = PlanArray(array, shared_.map.sources, shared_.data, shared_.options, shared_.lindi);
    if (!planned) {
      if (is_link) return {};
      NotMapped(owner, std::move(planned).error());
      NotMappedAttributes(owner);
      return {};
    }
    ArrayPlan& plan = *planned;
    if (is_link && (plan.stream != nullptr || plan.chunks.size() > kMaxRepeatedChunks)) return {};
    AttributeOptions attributes;
    attributes.fill_in_metadata = false;
    std::string fill = is_v3_ ? std::string() : FillOf(owner, plan, attributes.fill_in_metadata);
    attributes.array = &array;
    attributes.plan = &plan;
    first_.clear();
    if (is_lindi_) {
      first_ = LindiAnnotations(array, plan);
    } else if (!is_v3_) {
      first_.append("\"_ARRAY_DIMENSIONS\":[").append(dimensions.names_json) += ']';
    }
    attributes.first = first_;
    json_ = is_v3_ ? "" : "{";
    if (is_link) {
      attributes.lindi = shared_.lindi;
      attributes.zarr3 = is_v3_;
      WriteAttributes(owner, attributes, nullptr, path, json_);
    } else {
      Count(array, plan);
      NoteName(owner, path);
      NodeExtras(array, plan, path, dimensions.invented);
      Attributes(owner, path, std::move(attributes), json_);
    }
    if (is_v3_) {
      RUTTER_TRY(out_.Metadata(key_, "zarr.json", Zarr3Metadata(plan, dimensions.names_json, json_), false));
    } else {
      first_.clear();
      AppendZarr2Metadata(plan, fill, is_lindi_, first_);
      RUTTER_TRY(out_.Metadata(key_, ".zarray", first_, is_lindi_));
      json_ += '}';
      RUTTER_TRY(out_.Metadata(key_, ".zattrs", json_, is_lindi_));
    }
    return WriteChunks(plan);
  }

  void Count(const Array& array, const ArrayPlan& plan) {
    ++result_.report.arrays_mapped;
    result_.loose_text += plan.loose_text ? 1 : 0;
    result_.past_end += plan.past_end;
    bool shuffle = std::any_of(plan.codecs.stages.begin(), plan.codecs.stages.end(), [](const CodecSpec& s) { return s.id == CodecId::kShuffle; });
    result_.shuffled += is_lindi_ && shuffle && array.dtype->size_bytes > 1 ? 1 : 0;
  }

  Status WriteChunks(const ArrayPlan& plan) {
    const ReferenceStyle style{key_, is_v3_, PlanGrid(plan), shared_.urls_json};
    if (plan.stream != nullptr) {
      // Array types add axes behind the stored grid, each one chunk wide.
      Shape index(style.grid.size());
      Shape stored = plan.stream->ChunkGrid();
      return plan.stream->index->Locate({Shape(stored.size(), 0), stored}, [&](std::span<const std::uint64_t> at, const ChunkRef& chunk) -> Status {
        std::copy(at.begin(), at.end(), index.begin());
        ++result_.report.chunk_references;
        return out_.Reference(style, index, {0, chunk.offset, chunk.length - plan.codecs.cut_bytes, chunk.source});
      });
    }
    // Runs of references, and inline chunks between them.
    auto is_inline = [](const PlannedChunk& chunk) { return chunk.source == PlannedChunk::kInline; };
    for (auto at = plan.chunks.begin(); at != plan.chunks.end();) {
      auto end = std::find_if(at, plan.chunks.end(), is_inline);
      RUTTER_TRY(out_.References(style, {at, end}));
      result_.report.chunk_references += static_cast<std::uint64_t>(end - at);
      for (at = end; at != plan.chunks.end() && is_inline(*at); ++at) {
        ++result_.report.inlined_chunks;
        RUTTER_TRY(out_.Inline(key_, SuffixOf(style, at->number),
                               std::string_view(plan.inline_data).substr(static_cast<std::size_t>(at->offset), static_cast<std::size_t>(at->length))));
      }
    }
    return {};
  }

  static std::string SuffixOf(const ReferenceStyle& style, std::uint64_t number) {
    Shape index(style.grid.size());
    for (std::size_t k = index.size(); k-- > 0;) {
      index[k] = number % style.grid[k];
      number /= style.grid[k];
    }
    return DocumentWriter::ChunkSuffix(style, index);
  }

  void NodeExtras(const Array& array, const ArrayPlan& plan, const std::string& path, bool invented) {
    // What .zarray says is enough for plain numbers; anything else keeps its own description.
    const Dtype& type = *array.dtype;
    bool plain = plan.object_codec.empty() && !plan.native && !array.is_null && (type.type_class == TypeClass::kBool || (type.IsNumeric() && type.IsMachine()));
    if (!plain) result_.extras.Node(path, "\"dtype\":" + DtypeToJson(type));
    if (!plan.object_codec.empty()) result_.extras.Node(path, "\"object_codec\":\"" + plan.object_codec + "\"");
    if (plan.native && plan.object_codec.empty()) result_.extras.Node(path, "\"native\":true");
    if (array.is_null) result_.extras.Node(path, "\"is_null\":true");
    if (invented) {
      std::string names = "\"dimension_names\":[";
      for (std::size_t k = 0; k < array.dimension_names.size(); ++k) {
        if (k != 0) names += ",";
        AppendJson(Value(array.dimension_names[k]), names);
      }
      result_.extras.Node(path, names + "]");
    } else if (is_lindi_ && !array.dimension_names.empty()) {
      std::string names;
      for (const std::string& name : array.dimension_names) {
        if (!names.empty()) names += ",";
        AppendJson(Value(name), names);
      }
      result_.extras.Node(path, "\"dimension_names\":[" + names + "]");
    }
    if (array.max_shape.size() == array.shape.size() && !std::equal(array.shape.begin(), array.shape.end(), array.max_shape.begin())) {
      std::string lengths;
      for (const auto& n : array.max_shape) lengths += (lengths.empty() ? "" : ",") + (n ? std::to_string(*n) : "null");
      result_.extras.Node(path, "\"max_shape\":[" + lengths + "]");
    }
    // Zarr v3 always says a fill value; v2 says it only where a chunk is missing. Neither tells one NaN from another.
    const std::string& said = is_v3_ ? plan.fill_value_v3 : plan.fill_value;
    bool unsaid = (!is_v3_ && said == "null") || said.find("NaN") != std::string::npos;
    if (array.fill_defined && unsaid && type.IsFixed() && !plan.native && array.fill_value.size() == type.size_bytes) {
      std::string fill = "\"fill_value\":\"";
      AppendBase64({reinterpret_cast<const char*>(array.fill_value.data()), array.fill_value.size()}, fill);
      result_.extras.Node(path, fill + "\"");
    }
    if (array.dimension_only) result_.extras.Node(path, "\"dimension_only\":true");
  }

  const DocumentParts& shared_;
  DocumentWriter& out_;
  NodesWritten& result_;
  const bool is_lindi_, is_v3_;
  const NamedNode* at_ = nullptr;  ///< The node at hand.
  std::string key_;                ///< JSON of the node's path and "/", without a closing quote.
  std::string json_, first_;       ///< Scratch.
};

}  // namespace

std::vector<NodeDimensions> NameDimensions(const Map& map, std::span<const NamedNode> nodes, const WriteOptions& options, const LindiReferences* lindi) {
  DimensionNames names(map);
  std::vector<NodeDimensions> result(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& place = *nodes[i].node;
    const Node* target = &place;
    bool link = target->kind == NodeKind::kHardLink || target->kind == NodeKind::kSoftLink;
    if (link && target->parent != nullptr) target = map.Find(target->Path());
    if (target == nullptr || target->kind != NodeKind::kArray || target->array == nullptr || target->array->dtype == nullptr) continue;
    const Node& group = place.parent == nullptr ? place : *place.parent;
    result[i].invented = names.Append(group, PlannedShape(*target->array, options, lindi), target->array->dimension_names, result[i].names_json);
  }
  return result;
}

Status WriteNodes(const DocumentParts& shared, std::span<const NamedNode> nodes, std::span<const NodeDimensions> dimensions, DocumentWriter& out,
                  NodesWritten& result) {
  NodeWriter writer(shared, out, result);
  for (std::size_t i = 0; i < nodes.size(); ++i) RUTTER_TRY(writer.WriteNode(nodes[i], dimensions[i]));
  return {};
}

void NodesWritten::Add(NodesWritten&& later) {
  report.arrays_mapped += later.report.arrays_mapped;
  report.groups += later.report.groups;
  report.chunk_references += later.report.chunk_references;
  report.inlined_chunks += later.report.inlined_chunks;
  std::move(later.report.unmapped.begin(), later.report.unmapped.end(), std::back_inserter(report.unmapped));
  std::move(later.report.notes.begin(), later.report.notes.end(), std::back_inserter(report.notes));
  extras.Add(std::move(later.extras));
  loose_text += later.loose_text;
  past_end += later.past_end;
  shuffled += later.shuffled;
}

}  // namespace rutter
