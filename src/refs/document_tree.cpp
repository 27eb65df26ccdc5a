#include "refs/document_tree.h"

#include <algorithm>
#include <memory>

#include "refs/attribute_writer.h"
#include "refs/json_value.h"
#include "refs/lindi_annotations.h"
#include "refs/value_from_json.h"
#include "refs/zarr_metadata.h"

namespace rutter {
namespace {

/// Adds the node's path to an error that has none.
template <class T>
Result<T> At(const std::string& path, Result<T> result) {
  if (result || !result.error().where.path.empty()) return result;
  Error error = std::move(result).error();
  error.where.path = "/" + path;
  return Fail(std::move(error));
}

/// _ARRAY_DIMENSIONS, where it names every axis.
bool TakeDimensionNames(Array& array, const Value& json) {
  const auto* list = json.As<ValueList>();
  if (list == nullptr || list->size() != array.rank()) return false;
  std::vector<std::string> names;
  for (const Value& item : *list) {
    if (item.As<std::string>() == nullptr) return false;
    names.push_back(*item.As<std::string>());
  }
  array.dimension_names = std::move(names);
  return true;
}

}  // namespace

MetadataKind MetadataKindOf(std::string_view key, std::string_view& path) {
  // Nearly all keys of a large document are chunks, which end in a digit.
  if (key.empty() || (key.back() >= '0' && key.back() <= '9')) return MetadataKind::kNone;
  if (key.front() == '/') key.remove_prefix(1);
  std::size_t slash = key.rfind('/');
  std::string_view last = slash == std::string_view::npos ? key : key.substr(slash + 1);
  path = slash == std::string_view::npos ? std::string_view() : key.substr(0, slash);
  if (last == ".zarray") return MetadataKind::kArray;
  if (last == ".zattrs") return MetadataKind::kAttributes;
  if (last == ".zgroup") return MetadataKind::kGroup;
  if (last == ".zmetadata") return MetadataKind::kConsolidated;
  if (last == "zarr.json") return MetadataKind::kZarr3;
  return MetadataKind::kNone;
}

const Value* DocumentTree::Description::Attributes() const {
  if (zarr3 && !zarray) {
    if (const Value* own = JsonMember(*zarr3, "attributes")) return own;
  }
  return zattrs ? &*zattrs : nullptr;
}

Status DocumentTree::Add(MetadataKind kind, std::string_view path, Value json) {
  if (kind == MetadataKind::kConsolidated) {
    if (path.empty()) consolidated_ = std::move(json);
    return {};
  }
  RUTTER_ASSIGN(std::size_t place, Describe(path));
  Description& target = descriptions_[place];
  if (kind == MetadataKind::kArray) target.zarray = std::move(json);
  if (kind == MetadataKind::kAttributes) target.zattrs = std::move(json);
  if (kind == MetadataKind::kZarr3) target.zarr3 = std::move(json);
  return {};
}

Result<std::size_t> DocumentTree::Describe(std::string_view path) {
  std::string key(path);
  if (auto found = by_path_.find(key); found != by_path_.end()) return found->second;
  RUTTER_TRY(CheckPath(path));
  if (descriptions_.size() >= limits_.objects) return Fail(ErrorCode::kLimit, "the document holds too many nodes (Limits::objects)");
  by_path_.emplace(key, descriptions_.size());
  descriptions_.push_back({std::move(key), {}, {}, {}});
  return descriptions_.size() - 1;
}

Status DocumentTree::CheckPath(std::string_view path) const {
  if (path.empty()) return {};
  for (std::size_t parts = 1;; ++parts) {
    std::size_t slash = path.find('/');
    std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return Fail(ErrorCode::kCorrupt, "a key of the map has an empty, \".\" or \"..\" part");
    if (parts > limits_.group_depth) return Fail(ErrorCode::kLimit, "groups are nested too deeply (Limits::group_depth)");
    if (slash == std::string_view::npos) return {};
    path.remove_prefix(slash + 1);
  }
}

Status DocumentTree::ExpandConsolidated() {
  // Copies of the metadata, as parquet maps hold them; they count where nothing else is there.
  bool alone = std::none_of(descriptions_.begin(), descriptions_.end(), [](const Description& d) { return d.zarray || d.zarr3; });
  const Value* members = JsonMember(*consolidated_, "metadata");
  const auto* record = members == nullptr ? nullptr : members->As<ValueRecord>();
  if (record == nullptr || !alone) return {};
  for (const auto& [key, json] : *record) {
    std::string_view path;
    MetadataKind kind = MetadataKindOf(key, path);
    if (kind != MetadataKind::kNone && kind != MetadataKind::kConsolidated) RUTTER_TRY(Add(kind, path, json));
  }
  return {};
}

Status DocumentTree::Build(const Value* extras, Map& map, ChunkEntries& entries) {
  if (consolidated_) RUTTER_TRY(ExpandConsolidated());
  own_ = extras != nullptr;
  std::unordered_map<std::string_view, const Value*> types;
  const Value* members = extras == nullptr ? nullptr : JsonMember(*extras, "nodes");
  if (const auto* record = members == nullptr ? nullptr : members->As<ValueRecord>()) {
    for (const auto& [path, member] : *record) types[path] = JsonMember(member, "attributes");
  }
  nodes_[""] = &map.root;
  std::vector<Place> arrays;
  for (const Description& description : descriptions_) {
    auto found = types.find(description.path);
    RUTTER_TRY(At(description.path, BuildNode(description, found == types.end() ? nullptr : found->second, arrays)));
  }
  for (const Description& description : descriptions_) {
    const Node& node = *nodes_[description.path];
    if (node.kind == NodeKind::kGroup || node.children.empty()) continue;
    return At(description.path, Status(Fail(ErrorCode::kCorrupt, "an array or a link with members")));
  }
  for (Place& place : arrays) {
    const Value* attributes = place.description->Attributes();
    if (attributes == nullptr) continue;
    RUTTER_ASSIGN(bool annotated, At(place.description->path, ApplyLindiAnnotations(*attributes, *place.node)));
    lindi_ = lindi_ || annotated;
  }
  if (extras != nullptr) RUTTER_TRY(ApplyExtras(*extras, limits_, map, nodes_));
  for (Place& place : arrays) {
    // A link may have taken the array's place.
    Array* array = place.node->array.get();
    if (array == nullptr || array != place.array) continue;
    entries.AddArray(place.description->path, *array, place.keys, std::move(place.grid));
    static const Value kNone{ValueRecord()};
    const Value* attributes = place.description->Attributes();
    if (extras == nullptr && array->object_codec == "json2") untyped_.emplace_back(array, attributes == nullptr ? &kNone : attributes);
  }
  return {};
}

Status DocumentTree::Finish() {
  for (auto& [array, attributes] : untyped_) RUTTER_TRY(ApplyLindiElementType(*attributes, limits_, *array));
  return {};
}

Status DocumentTree::BuildNode(const Description& description, const Value* types, std::vector<Place>& arrays) {
  RUTTER_ASSIGN(Node * node, MakeNode(description.path));
  ArrayMetadata metadata;
  if (description.zarray) {
    RUTTER_ASSIGN(metadata, ArrayFromZarr2(*description.zarray, limits_));
  } else if (description.zarr3) {
    const auto* kind = JsonText(*description.zarr3, "node_type");
    if (kind != nullptr && *kind == "array") {
      RUTTER_ASSIGN(metadata, ArrayFromZarr3(*description.zarr3, limits_));
    }
  }
  if (metadata.array != nullptr) {
    node->kind = NodeKind::kArray;
    node->array = std::move(metadata.array);
    // Chunk keys are spelled by the document's own grid, whatever annotations make of the shape.
    arrays.push_back({&description, node, node->array.get(), metadata.keys, node->array->ChunkGrid()});
  }
  const Value* attributes = description.Attributes();
  return attributes == nullptr ? Status() : ReadAttributes(*node, *attributes, types);
}

/// The node of a path, with the groups above it.
Result<Node*> DocumentTree::MakeNode(const std::string& path) {
  if (auto found = nodes_.find(path); found != nodes_.end()) return found->second;
  // From the deepest ancestor that exists down.
  Node* parent = nodes_[""];
  std::size_t begin = 0;
  for (std::size_t slash = path.rfind('/'); slash != std::string::npos && slash != 0; slash = path.rfind('/', slash - 1)) {
    auto found = nodes_.find(path.substr(0, slash));
    if (found == nodes_.end()) continue;
    parent = found->second;
    begin = slash + 1;
    break;
  }
  for (;;) {
    if (nodes_.size() > limits_.objects) return Fail(ErrorCode::kLimit, "the document holds too many nodes (Limits::objects)");
    std::size_t slash = path.find('/', begin);
    auto node = std::make_unique<Node>();
    node->name = path.substr(begin, slash == std::string::npos ? slash : slash - begin);
    node->parent = parent;
    parent->children.push_back(std::move(node));
    parent = parent->children.back().get();
    nodes_[path.substr(0, slash)] = parent;
    if (slash == std::string::npos) return parent;
    begin = slash + 1;
  }
}

Status DocumentTree::ReadAttributes(Node& node, const Value& json, const Value* types) {
  const auto* record = json.As<ValueRecord>();
  if (record == nullptr) return Fail(ErrorCode::kCorrupt, "the attributes are no JSON object");
  if (node.array == nullptr) {
    RUTTER_ASSIGN(bool link, ApplyLindiAnnotations(json, node));
    lindi_ = lindi_ || link;
    if (node.kind == NodeKind::kSoftLink) return {};
  }
  std::unordered_map<std::string_view, const Value*> typed;
  if (const auto* members = types == nullptr ? nullptr : types->As<ValueRecord>()) {
    for (const auto& [name, type] : *members) typed[name] = &type;
  }
  // Of several members of one name the last one counts.
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t k = 0; k < record->size(); ++k) last[(*record)[k].first] = k;
  node.attributes.reserve(last.size());
  for (std::size_t k = 0; k < record->size(); ++k) {
    const auto& [name, value] = (*record)[k];
    if (last[name] != k || IsLindiAnnotation(name) || (own_ && IsOwnAnnotation(name))) continue;
    if (node.array != nullptr && name == "_ARRAY_DIMENSIONS" && TakeDimensionNames(*node.array, value)) continue;
    if (++attributes_ > limits_.attributes) return Fail(ErrorCode::kLimit, "the document holds too many attributes (Limits::attributes)");
    auto type = typed.find(name);
    if (type == typed.end()) {
      node.attributes.push_back(AttributeFromJson(name, value));
      continue;
    }
    // Whoever edits an attribute of a map leaves its type in the extra member behind: the value counts.
    auto attribute = TypedAttribute(name, *type->second, value);
    node.attributes.push_back(attribute ? *std::move(attribute) : AttributeFromJson(name, value));
  }
  return {};
}

}  // namespace rutter
