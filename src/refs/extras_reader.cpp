#include "refs/extras_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/checked.h"
#include "model/make_node.h"
#include "refs/fill_json.h"
#include "refs/json_value.h"
#include "refs/reference_writer.h"
#include "refs/value_from_json.h"
#include "refs/zarr_dtype.h"

namespace rutter {
namespace {

tl::unexpected<Error> Corrupt(const std::string& what) { return Fail(ErrorCode::kCorrupt, "the member \"rutter\": " + what); }

/// Text, or {"base64": ...} where it is not UTF-8.
Result<std::string> TextOf(const Value& item) {
  if (const auto* text = item.As<std::string>()) return *text;
  if (const auto* base64 = JsonText(item, "base64")) return DecodeBase64(*base64);
  return Corrupt("a value that is no text");
}

Result<std::string> TextOf(const Value& owner, const char* name) {
  if (const Value* member = JsonMember(owner, name)) return TextOf(*member);
  return Corrupt(std::string("\"") + name + "\" is missing");
}

std::optional<ErrorCode> CodeOf(const std::string& name) {
  for (int code = 1; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    if (name == ErrorCodeName(static_cast<ErrorCode>(code))) return static_cast<ErrorCode>(code);
  }
  return std::nullopt;
}

Error ErrorOf(const Value& item) {
  Error error;
  if (const auto* code = JsonText(item, "code")) error.code = CodeOf(*code).value_or(ErrorCode::kUnsupported);
  auto text = [&item](const char* name, std::string& out) {
    if (auto found = TextOf(item, name)) out = *std::move(found);
  };
  text("reason", error.message);
  text("hint", error.hint);
  text("source", error.where.source);
  text("structure", error.where.structure);
  text("spec", error.where.spec);
  if (const Value* offset = JsonMember(item, "offset")) error.where.offset = JsonUnsigned(*offset);
  return error;
}

class ExtrasReader {
 public:
  ExtrasReader(const Value& extras, const Limits& limits, Map& map, NodesByPath& nodes)
      : extras_(extras), limits_(limits), map_(map), nodes_(nodes) {}

  Status Run() {
    if (const auto* format = JsonText(extras_, "format")) map_.format = *format;
    if (const Value* notes = JsonMember(extras_, "notes"); notes != nullptr && notes->As<ValueList>() != nullptr) {
      for (const Value& note : *notes->As<ValueList>()) {
        if (const auto* text = note.As<std::string>()) map_.notes.push_back(*text);
      }
    }
    if (const Value* nodes = JsonMember(extras_, "nodes"); nodes != nullptr && nodes->As<ValueRecord>() != nullptr) {
      for (const auto& [path, member] : *nodes->As<ValueRecord>()) {
        auto found = nodes_.find(path);
        if (found != nodes_.end()) RUTTER_TRY(RestoreNode(*found->second, member));
      }
    }
    RUTTER_TRY(ForEach("named_types", [this](const Value& item) { return NamedType(item); }));
    RUTTER_TRY(ForEach("dimensions", [this](const Value& item) { return Dimension(item); }));
    RUTTER_TRY(ForEach("unmapped", [this](const Value& item) { return NotMapped(item); }));
    return ForEach("links", [this](const Value& item) { return Link(item); });
  }

 private:
  template <class Visit>
  Status ForEach(const char* name, const Visit& visit) {
    const Value* member = JsonMember(extras_, name);
    const auto* list = member == nullptr ? nullptr : member->As<ValueList>();
    if (list == nullptr) return {};
    for (const Value& item : *list) RUTTER_TRY(visit(item));
    return {};
  }

  /// The node at a document path, emptied; added to its parent where it is not there. Null where no parent is.
  Result<Node*> Place(const Value& item) {
    RUTTER_ASSIGN(auto path, TextOf(item, "path"));
    std::size_t slash = path.rfind('/');
    std::string parent_path = slash == std::string::npos ? "" : path.substr(0, slash);
    std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    if (JsonMember(item, "name") != nullptr) {
      RUTTER_ASSIGN(name, TextOf(item, "name"));
    }
    if (name.empty() || name.find('/') != std::string::npos || path.empty()) return Corrupt("a node's name is empty or holds a slash");
    Node*& node = nodes_[path];
    if (node == nullptr) {
      auto parent = nodes_.find(parent_path);
      if (parent == nodes_.end() || parent->second == nullptr || parent->second->kind != NodeKind::kGroup) {
        nodes_.erase(path);
        return nullptr;
      }
      if (nodes_.size() > limits_.objects) return Fail(ErrorCode::kLimit, "the document holds too many nodes (Limits::objects)");
      Node* owner = parent->second;
      auto added = std::make_unique<Node>();
      added->parent = owner;
      owner->children.push_back(std::move(added));
      node = owner->children.back().get();
    } else if (!node->children.empty()) {
      return Corrupt("a link stands where a group has members");
    }
    node->name = std::move(name);
    node->array.reset();
    node->attributes.clear();
    return node;
  }

  /// Attributes that stand in the member with their values.
  Status OwnAttributes(Node& node, const Value* json) {
    const auto* record = json == nullptr ? nullptr : json->As<ValueRecord>();
    if (record == nullptr) return {};
    for (const auto& [name, item] : *record) {
      RUTTER_ASSIGN(auto attribute, TypedAttribute(name, item, Value()));
      SetAttribute(node, std::move(attribute));
    }
    return {};
  }

  Status RestoreNode(Node& node, const Value& json) {
    if (JsonMember(json, "name") != nullptr && node.parent != nullptr) {
      RUTTER_ASSIGN(auto name, TextOf(json, "name"));
      if (name.empty() || name.find('/') != std::string::npos) return Corrupt("a node's name is empty or holds a slash");
      node.name = std::move(name);
    }
    RUTTER_TRY(OwnAttributes(node, JsonMember(json, "hidden_attributes")));
    if (node.array != nullptr) RUTTER_TRY(RestoreArray(*node.array, json));
    return {};
  }

  /// What stands in the same members for all arrays; their type and shape are known.
  Status RestoreFacts(Array& array, const Value& json) {
    if (const Value* names = JsonMember(json, "dimension_names")) {
      const auto* list = names->As<ValueList>();
      if (list == nullptr) return Corrupt("\"dimension_names\" is no list");
      array.dimension_names.clear();
      for (const Value& name : *list) array.dimension_names.push_back(TextOf(name).value_or(std::string()));
    }
    if (const Value* shape = JsonMember(json, "max_shape"); shape != nullptr && shape->As<ValueList>() != nullptr) {
      array.max_shape.clear();
      for (const Value& n : *shape->As<ValueList>()) array.max_shape.push_back(JsonUnsigned(n));
      if (array.max_shape.size() != array.shape.size()) return Corrupt("\"max_shape\" has another rank than the shape");
    }
    array.dimension_only = JsonMember(json, "dimension_only") != nullptr;
    if (JsonMember(json, "fill_value") != nullptr && array.dtype->IsFixed()) {
      RUTTER_ASSIGN(auto text, TextOf(json, "fill_value"));
      RUTTER_ASSIGN(auto bytes, DecodeBase64(text));
      if (bytes.size() != array.dtype->size_bytes) return Corrupt("a fill value of another size than the element");
      const auto* data = reinterpret_cast<const std::byte*>(bytes.data());
      array.fill_value.assign(data, data + bytes.size());
      array.fill_defined = true;
    }
    return {};
  }

  Status RestoreArray(Array& array, const Value& json) {
    if (const auto* codec = JsonText(json, "object_codec")) {
      if (array.object_codec.empty() || array.object_codec == "pickle") return Corrupt("an object codec for an array of plain elements");
      array.object_codec = *codec;
    }
    if (const Value* dtype = JsonMember(json, "dtype")) {
      RUTTER_ASSIGN(auto original, DtypeFromJson(*dtype));
      RUTTER_TRY(RestoreType(array, std::move(original), JsonMember(json, "native") != nullptr));
    }
    RUTTER_TRY(RestoreFacts(array, json));
    if (JsonMember(json, "is_null") != nullptr) {
      array.is_null = true;
      array.shape.clear();
      array.chunk_shape.clear();
      array.dimension_names.clear();
    }
    return {};
  }

  /// `original` is the type of the file; the stored elements are it, or (`native`) NativeType of it, or objects.
  Status RestoreType(Array& array, DtypePtr original, bool native) {
    if (!array.object_codec.empty()) {
      array.dtype = std::move(original);
      return {};
    }
    DtypePtr stored = native ? NativeType(original) : std::move(original);
    // Dimensions of array types stand as trailing axes in the document.
    Shape trailing;
    const Dtype* element = stored.get();
    while (element->type_class == TypeClass::kArray && element->base != nullptr) {
      trailing.insert(trailing.end(), element->dims.begin(), element->dims.end());
      element = element->base.get();
    }
    if (element->size_bytes != array.dtype->size_bytes || trailing.size() > array.rank()) return Corrupt("an element type of another size than .zarray says");
    std::size_t rank = array.rank() - trailing.size();
    for (std::size_t k = 0; k < trailing.size(); ++k) {
      if (array.shape[rank + k] != trailing[k] || array.chunk_shape[rank + k] != trailing[k]) return Corrupt("an array type whose axes are not those of .zarray");
    }
    array.shape.resize(rank);
    array.chunk_shape.resize(rank);
    if (array.dimension_names.size() > rank) array.dimension_names.resize(rank);
    if (!trailing.empty()) {
      array.fill_value.clear();
      array.fill_defined = false;
    }
    array.dtype = std::move(stored);
    return {};
  }

  Status NamedType(const Value& item) {
    RUTTER_ASSIGN(Node * node, Place(item));
    if (node == nullptr) return {};
    node->kind = NodeKind::kNamedType;
    if (const Value* dtype = JsonMember(item, "dtype"); dtype != nullptr && !dtype->IsNull()) {
      RUTTER_ASSIGN(node->named_type, DtypeFromJson(*dtype));
    }
    return OwnAttributes(*node, JsonMember(item, "attributes"));
  }

  /// A netCDF dimension without a variable: an array of which nothing is stored.
  Status Dimension(const Value& item) {
    RUTTER_ASSIGN(Node * node, Place(item));
    if (node == nullptr) return {};
    node->kind = NodeKind::kArray;
    node->array = std::make_unique<Array>();
    Array& array = *node->array;
    const Value* dtype = JsonMember(item, "dtype");
    if (dtype == nullptr) return Corrupt("a dimension without its type");
    RUTTER_ASSIGN(array.dtype, DtypeFromJson(*dtype));
    RUTTER_ASSIGN(array.shape, JsonShape(JsonMember(item, "shape"), "shape"));
    RUTTER_ASSIGN(array.chunk_shape, JsonShape(JsonMember(item, "chunk_shape"), "chunk_shape"));
    if (array.shape.size() > limits_.rank) return Fail(ErrorCode::kLimit, "too many dimensions (Limits::rank)");
    bool no_length = std::find(array.chunk_shape.begin(), array.chunk_shape.end(), 0u) != array.chunk_shape.end();
    if (array.chunk_shape.size() != array.shape.size() || no_length) return Corrupt("a dimension's chunks do not fit its shape");
    if (!array.dtype->IsFixed() || !CheckedProduct(array.shape) || !CheckedProduct(array.chunk_shape)) return Corrupt("a dimension of a type or size that none has");
    RUTTER_TRY(DimensionStorage(array, JsonMember(item, "extent")));
    RUTTER_TRY(OwnAttributes(*node, JsonMember(item, "attributes")));
    return RestoreFacts(array, item);
  }

  /// `extent`: the number of a source and an offset, where the array's elements lie in C order; null where nothing is stored.
  Status DimensionStorage(Array& array, const Value* extent) {
    array.index = std::make_shared<EmptyIndex>();
    if (extent == nullptr) return {};
    const auto* numbers = extent->As<ValueList>();
    if (numbers == nullptr || numbers->size() != 2) return Corrupt("\"extent\" is no source and offset");
    const auto source = JsonUnsigned((*numbers)[0]), offset = JsonUnsigned((*numbers)[1]);
    const auto bytes = CheckedMul(*CheckedProduct(array.shape), array.dtype->size_bytes);
    // Sources are numbered as this member lists them (ReadExtraSources).
    const Value* sources = JsonMember(extras_, "sources");
    const std::size_t num_sources = sources == nullptr || sources->As<ValueList>() == nullptr ? 0 : sources->As<ValueList>()->size();
    if (!source || !offset || !bytes || *source >= num_sources || !CheckedAdd(*offset, *bytes)) return Corrupt("\"extent\" leads nowhere");
    if (*bytes == 0) return {};
    Shape strides(array.rank());
    std::uint64_t stride = array.dtype->size_bytes;
    for (std::size_t k = array.rank(); k-- > 0; stride *= array.shape[k]) strides[k] = stride;
    std::vector<Extent> run = {{0, static_cast<std::uint32_t>(*source), *offset, *bytes}};
    array.index = std::make_shared<FlatIndex>(std::move(run), std::move(strides), array.shape, array.chunk_shape, array.dtype->size_bytes);
    return {};
  }

  Status NotMapped(const Value& item) {
    Error reason = ErrorOf(item);
    if (JsonMember(item, "attribute") != nullptr) {
      RUTTER_ASSIGN(auto path, TextOf(item, "path"));
      RUTTER_ASSIGN(auto name, TextOf(item, "attribute"));
      auto found = nodes_.find(path);
      if (found == nodes_.end() || found->second == nullptr) return {};
      Attribute attribute;
      attribute.name = std::move(name);
      attribute.dtype = MakeVlenString(CharSet::kUtf8);
      if (const Value* dtype = JsonMember(item, "dtype")) {
        RUTTER_ASSIGN(attribute.dtype, DtypeFromJson(*dtype));
      }
      attribute.failure = std::move(reason);
      found->second->attributes.push_back(std::move(attribute));
      return {};
    }
    if (const auto* part = JsonText(item, "part")) {
      RUTTER_ASSIGN(auto path, TextOf(item, "path"));
      auto found = nodes_.find(path);
      if (found == nodes_.end() || found->second == nullptr) return {};
      if (*part == UnmappedPartName(UnmappedPart::kAttributes)) found->second->attributes_failure = std::move(reason);
      if (*part == UnmappedPartName(UnmappedPart::kMembers) && found->second->kind == NodeKind::kGroup) found->second->failure = std::move(reason);
      return {};
    }
    RUTTER_ASSIGN(Node * node, Place(item));
    if (node == nullptr) return {};
    RUTTER_TRY(OwnAttributes(*node, JsonMember(item, "attributes")));
    const Value* dtype = JsonMember(item, "dtype");
    if (dtype == nullptr) {
      node->kind = NodeKind::kUnreadable;
      node->failure = std::move(reason);
      return {};
    }
    node->kind = NodeKind::kArray;
    node->array = std::make_unique<Array>();
    Array& array = *node->array;
    RUTTER_ASSIGN(array.dtype, DtypeFromJson(*dtype));
    RUTTER_ASSIGN(array.shape, JsonShape(JsonMember(item, "shape"), "shape"));
    if (array.shape.size() > limits_.rank) return Fail(ErrorCode::kLimit, "too many dimensions (Limits::rank)");
    array.chunk_shape = array.shape;
    for (std::uint64_t& n : array.chunk_shape) n = std::max<std::uint64_t>(1, n);
    array.failure = std::move(reason);
    return {};
  }

  Status Link(const Value& item) {
    RUTTER_ASSIGN(Node * node, Place(item));
    if (node == nullptr) return {};
    RUTTER_ASSIGN(auto kind, TextOf(item, "kind"));
    RUTTER_ASSIGN(node->target, TextOf(item, "target"));
    if (kind == "hard") {
      node->kind = NodeKind::kHardLink;
    } else if (kind == "soft") {
      node->kind = NodeKind::kSoftLink;
    } else if (kind == "external") {
      node->kind = NodeKind::kExternalLink;
      RUTTER_ASSIGN(node->target_file, TextOf(item, "file"));
    } else if (kind == "user") {
      node->kind = NodeKind::kUserLink;
      const Value* link_class = JsonMember(item, "class");
      node->link_class = static_cast<std::uint32_t>(link_class == nullptr ? 0 : JsonUnsigned(*link_class).value_or(0));
    } else {
      return Corrupt("a link of the kind \"" + kind + "\"");
    }
    return {};
  }

  const Value& extras_;
  const Limits& limits_;
  Map& map_;
  NodesByPath& nodes_;
};

}  // namespace

Result<Attribute> TypedAttribute(std::string name, const Value& json, Value value) {
  Attribute attribute;
  attribute.name = std::move(name);
  const Value* dtype = JsonMember(json, "dtype");
  if (dtype == nullptr) return Corrupt("an attribute without its type");
  RUTTER_ASSIGN(attribute.dtype, DtypeFromJson(*dtype));
  const Value* shape = JsonMember(json, "shape");
  attribute.is_null = shape != nullptr && shape->IsNull();
  if (attribute.is_null) return attribute;
  if (shape != nullptr) {
    RUTTER_ASSIGN(attribute.shape, JsonShape(shape, "shape"));
  }
  if (const Value* own = JsonMember(json, "value")) value = *own;
  // Lists of one element stand as that element, in some dialects; an element may be a list itself.
  const bool is_list = value.As<ValueList>() != nullptr;
  if (attribute.shape == Shape{1} && !(is_list && ValuesFromJson(*attribute.dtype, attribute.shape, value))) {
    ValueList list;
    list.push_back(std::move(value));
    value = Value(std::move(list));
  }
  RUTTER_ASSIGN(attribute.value, ValuesFromJson(*attribute.dtype, attribute.shape, std::move(value)));
  return attribute;
}

Status ReadExtraSources(const Value& extras, SourceTable& sources) {
  if (const auto* seal = JsonText(extras, "seal")) sources.SetSeal(*seal);
  const Value* member = JsonMember(extras, "sources");
  const auto* list = member == nullptr ? nullptr : member->As<ValueList>();
  if (list == nullptr) return {};
  for (const Value& item : *list) {
    Source source;
    RUTTER_ASSIGN(source.url, TextOf(item, "url"));
    if (const Value* size = JsonMember(item, "size")) source.size = JsonUnsigned(*size).value_or(0);
    if (const Value* mtime = JsonMember(item, "mtime_ns"); mtime != nullptr && mtime->As<std::int64_t>() != nullptr) source.mtime_ns = *mtime->As<std::int64_t>();
    if (const auto* etag = JsonText(item, "etag")) source.etag = *etag;
    if (const auto* modified = JsonText(item, "last_modified")) source.last_modified = *modified;
    sources.Describe(std::move(source));
  }
  return {};
}

Status ApplyExtras(const Value& extras, const Limits& limits, Map& map, NodesByPath& nodes) {
  return ExtrasReader(extras, limits, map, nodes).Run();
}

}  // namespace rutter
