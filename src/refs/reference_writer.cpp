#include "refs/reference_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "model/value_json.h"
#include "refs/array_plan.h"
#include "refs/document_writer.h"
#include "refs/extras.h"
#include "refs/names.h"
#include "refs/object_encoding.h"

namespace rutter {
namespace {

/// Attributes that carry HDF5 and netCDF-4 machinery; readers know the dimensions by other means.
constexpr std::array<std::string_view, 8> kHousekeeping = {"REFERENCE_LIST", "CLASS",        "DIMENSION_LIST", "NAME",
                                                           "_Netcdf4Dimid",  "_Netcdf4Coordinates", "_nc3_strict",    "_NCProperties"};

/// Hard and soft links to arrays are repeated as arrays for clients up to this many chunks.
constexpr std::size_t kMaxRepeatedChunks = 100'000;

void AppendShape(const Shape& shape, std::string& out) {
  out += '[';
  for (std::size_t k = 0; k < shape.size(); ++k) out += (k == 0 ? "" : ",") + std::to_string(shape[k]);
  out += ']';
}

class Writer {
 public:
  Writer(const Map& map, const DataAccess& data, const WriteOptions& options, const std::function<Status(std::string_view)>& write)
      : map_(map), data_(data), options_(options), out_(write), names_(map), dimensions_(map) {
    lindi_ = options.dialect == Dialect::kLindi;
    v3_ = options.dialect == Dialect::kKerchunkZarr3;
  }

  Result<WriteReport> Run() {
    for (const Source& source : map_.sources) {
      urls_.push_back(options_.relative ? source.url.substr(source.url.rfind('/') + 1) : source.url);
      std::string json;
      AppendJsonString(IsUtf8(urls_.back()) ? std::string_view(urls_.back()) : std::string_view(), json);
      url_json_.push_back(std::move(json));
    }
    RUTTER_TRY(out_.Raw("{\"version\": 1, \"refs\": {"));
    std::vector<const Node*> nodes;
    VisitNodes(map_.root, [&](const Node& node) { nodes.push_back(&node); });
    for (const Node* node : nodes) RUTTER_TRY(WriteNode(*node));
    RUTTER_TRY(out_.Raw("\n},\n\"rutter\": "));
    if (options_.relative) report_.notes.push_back("source paths are relative to the map; clients resolve them differently");
    RUTTER_TRY(out_.Raw(extras_.ToJson(map_, report_, options_, urls_)));
    if (lindi_) RUTTER_TRY(out_.Raw(",\n\"generationMetadata\": {\"generatedBy\": \"" + options_.generator + "\"}"));
    RUTTER_TRY(out_.Raw("}\n"));
    RUTTER_TRY(out_.Flush());
    report_.bytes_written = out_.bytes_written();
    return std::move(report_);
  }

 private:
  static std::string Key(const std::string& path, std::string_view last) { return path.empty() ? std::string(last) : path + "/" + std::string(last); }

  void NotMapped(const Node& node, Error reason, std::string attribute = {}) {
    report_.unmapped.push_back({node.Path(), std::move(attribute), std::move(reason)});
  }

  Status WriteNode(const Node& node) {
    const std::string& path = names_.Path(node);
    if (names_.Renamed(node)) {
      std::string member = "\"name\":";
      AppendJson(Value(node.name), member);
      extras_.Node(path, member);
      report_.notes.push_back(node.Path() + " is called " + path + " in the map, for clients that cannot fetch its name");
    }
    switch (node.kind) {
      case NodeKind::kGroup: return WriteGroup(node, path);
      case NodeKind::kArray: return WriteArray(node, *node.array, node, path);
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

  Status WriteGroup(const Node& node, const std::string& path) {
    ++report_.groups;
    std::string attributes = Attributes(node, path, "");
    if (v3_) return out_.Metadata(Key(path, "zarr.json"), "{\"zarr_format\":3,\"node_type\":\"group\",\"attributes\":{" + attributes + "}}", false);
    RUTTER_TRY(out_.Metadata(Key(path, ".zgroup"), "{\"zarr_format\":2}", lindi_));
    if (attributes.empty()) return {};
    return out_.Metadata(Key(path, ".zattrs"), "{" + attributes + "}", lindi_);
  }

  Status WriteLink(const Node& node, const std::string& path) {
    extras_.Link(path, node);
    if (node.parent == nullptr) return {};
    const Node* target = map_.Find(node.Path());
    if (lindi_ && (node.kind == NodeKind::kSoftLink || target == nullptr || target->kind != NodeKind::kArray)) {
      if (target == nullptr && node.kind == NodeKind::kHardLink) return {};
      std::string attributes = "{\"_SOFT_LINK\": {\"path\": ";
      AppendJson(Value(node.kind == NodeKind::kHardLink || node.target.starts_with("/") ? node.target : Absolute(node)), attributes);
      RUTTER_TRY(out_.Metadata(Key(path, ".zgroup"), "{\"zarr_format\":2}", true));
      return out_.Metadata(Key(path, ".zattrs"), attributes + "}}", true);
    }
    if (target == nullptr || target->kind != NodeKind::kArray || target->array == nullptr) return {};
    return WriteArray(*target, *target->array, node, path);
  }

  static std::string Absolute(const Node& link) {
    std::string parent = link.parent->Path();
    return (parent == "/" ? "" : parent) + "/" + link.target;
  }

  /// Writes `array` of `owner` under `path`; `place` is the node at that path (the owner, or a link to it).
  Status WriteArray(const Node& owner, const Array& array, const Node& place, const std::string& path) {
    bool is_link = &owner != &place;
    auto planned = PlanArray(array, data_, options_);
    if (!planned) {
      if (!is_link) NotMapped(owner, std::move(planned).error());
      return {};
    }
    ArrayPlan& plan = *planned;
    if (is_link && (plan.stream != nullptr || plan.chunks.size() > kMaxRepeatedChunks)) return {};
    bool invented = false;
    std::vector<std::string> dimensions = dimensions_.For(*place.parent, plan.shape, array.dimension_names, invented);
    if (!is_link) {
      ++report_.arrays_mapped;
      NodeExtras(array, plan, path, invented);
    }
    std::string names;
    for (std::size_t k = 0; k < dimensions.size(); ++k) {
      names += k == 0 ? "" : ",";
      AppendJson(Value(dimensions[k]), names);
    }
    bool scalar = plan.shape.empty();
    if (v3_) {
      RUTTER_TRY(WriteV3Metadata(owner, array, plan, names, path));
    } else {
      std::string extra = "\"_ARRAY_DIMENSIONS\":[" + names + "]";
      if (lindi_) extra = LindiAttributes(array, plan);
      std::string attributes = Attributes(owner, is_link ? "" : path, extra);
      RUTTER_TRY(out_.Metadata(Key(path, ".zarray"), V2Metadata(owner, plan), lindi_));
      RUTTER_TRY(out_.Metadata(Key(path, ".zattrs"), "{" + attributes + "}", lindi_));
    }
    return WriteChunks(plan, path, scalar);
  }

  std::string V2Metadata(const Node& owner, const ArrayPlan& plan) {
    std::string out = "{\"zarr_format\":2,\"shape\":";
    bool lindi_scalar = lindi_ && plan.shape.empty();
    AppendShape(lindi_scalar ? Shape{1} : plan.shape, out);
    out += ",\"chunks\":";
    AppendShape(lindi_scalar ? Shape{1} : plan.chunk_shape, out);
    out += ",\"dtype\":" + plan.dtype + ",\"fill_value\":" + FillOf(owner, plan) + ",\"order\":\"" + (plan.column_major ? "F" : "C") +
           "\",\"filters\":" + plan.codecs.filters + ",\"compressor\":" + plan.codecs.compressor + "}";
    return out;
  }

  /// The netCDF attribute _FillValue says what is missing; else the plan does.
  static std::string FillOf(const Node& owner, const ArrayPlan& plan) {
    const Attribute* fill = owner.FindAttribute("_FillValue");
    if (fill == nullptr || fill->failure || fill->dtype == nullptr || !fill->dtype->IsNumeric() || plan.element == nullptr || !plan.element->IsNumeric()) {
      return plan.fill_value;
    }
    const Value* value = &fill->value;
    if (const auto* list = value->As<ValueList>()) {
      if (list->size() != 1) return plan.fill_value;
      value = &list->front();
    }
    std::string out;
    AppendJson(*value, out);
    return out;
  }

  Status WriteV3Metadata(const Node& owner, const Array& array, const ArrayPlan& plan, const std::string& names, const std::string& path) {
    std::string out = "{\"zarr_format\":3,\"node_type\":\"array\",\"shape\":";
    AppendShape(plan.shape, out);
    std::string type = V3DataType(plan);
    if (type.empty()) {
      NotMapped(owner, MakeError(ErrorCode::kUnsupported, "Zarr v3 has no name for " + DtypeTitle(*array.dtype)));
      --report_.arrays_mapped;
      return {};
    }
    out += ",\"data_type\":" + type + ",\"chunk_grid\":{\"name\":\"regular\",\"configuration\":{\"chunk_shape\":";
    AppendShape(plan.chunk_shape, out);
    out += "}},\"chunk_key_encoding\":{\"name\":\"default\",\"configuration\":{\"separator\":\"/\"}},\"fill_value\":" + plan.fill_value_v3 + ",\"codecs\":[";
    if (plan.column_major) {
      out += "{\"name\":\"transpose\",\"configuration\":{\"order\":[";
      for (std::size_t k = plan.shape.size(); k-- > 0;) out += std::to_string(k) + (k == 0 ? "" : ",");
      out += "]}},";
    }
    if (!plan.object_codec.empty()) {
      out += "{\"name\":\"vlen-utf8\",\"configuration\":{}}";
    } else {
      bool big = plan.element->order == ByteOrder::kBig || (plan.element->base != nullptr && plan.element->base->order == ByteOrder::kBig);
      out += plan.element->size_bytes == 1 ? "{\"name\":\"bytes\"}" : std::string("{\"name\":\"bytes\",\"configuration\":{\"endian\":\"") + (big ? "big" : "little") + "\"}}";
    }
    out += plan.codecs.v3 + "],\"dimension_names\":[" + names + "],\"attributes\":{" + Attributes(owner, path, "") + "}}";
    return out_.Metadata(Key(path, "zarr.json"), out, false);
  }

  /// Zarr v3 core names; text of objects is "string". Empty where neither core nor a common extension has one.
  static std::string V3DataType(const ArrayPlan& plan) {
    if (!plan.object_codec.empty()) return "\"string\"";
    const Dtype& type = *plan.element;
    std::string bits = std::to_string(type.size_bytes * 8);
    switch (type.type_class) {
      case TypeClass::kInteger: return (type.is_signed ? "\"int" : "\"uint") + bits + "\"";
      case TypeClass::kBitfield: return "\"uint" + bits + "\"";
      case TypeClass::kFloat: return "\"float" + bits + "\"";
      case TypeClass::kComplex: return type.size_bytes == 8 || type.size_bytes == 16 ? "\"complex" + bits + "\"" : "";
      case TypeClass::kBool: return "\"bool\"";
      case TypeClass::kEnum:
        if (type.IsBoolEnum()) return "\"bool\"";
        return type.base == nullptr || !type.base->IsMachine() ? "" : (type.base->is_signed ? "\"int" : "\"uint") + bits + "\"";
      case TypeClass::kString:
        if (type.charset == CharSet::kUtf32) return "{\"name\":\"fixed_length_utf32\",\"configuration\":{\"length_bytes\":" + std::to_string(type.size_bytes) + "}}";
        return "{\"name\":\"null_terminated_bytes\",\"configuration\":{\"length_bytes\":" + std::to_string(type.size_bytes) + "}}";
      case TypeClass::kOpaque: return "{\"name\":\"raw_bytes\",\"configuration\":{\"length_bytes\":" + std::to_string(type.size_bytes) + "}}";
      default: return "";
    }
  }

  /// LINDI's own attributes: _SCALAR, _COMPOUND_DTYPE.
  static std::string LindiAttributes(const Array& array, const ArrayPlan& plan) {
    std::string out = plan.shape.empty() ? "\"_SCALAR\": true" : "";
    if (array.dtype->type_class != TypeClass::kCompound && array.dtype->type_class != TypeClass::kComplex) return out;
    if (!out.empty()) out += ",";
    out += "\"_COMPOUND_DTYPE\": [";
    auto item = [&](const std::string& name, const std::string& type) {
      out += out.back() == '[' && out.ends_with("\": [") ? "[" : ",[";
      AppendJson(Value(name), out);
      out += ",\"" + type + "\"]";
    };
    if (array.dtype->type_class == TypeClass::kComplex) {
      std::string part = NumpyName(*array.dtype->base);
      item(array.dtype->complex_names[0].empty() ? "r" : array.dtype->complex_names[0], part);
      item(array.dtype->complex_names[1].empty() ? "i" : array.dtype->complex_names[1], part);
    } else {
      for (const DtypeMember& member : array.dtype->members) item(member.name, NumpyName(*member.type));
    }
    return out + "]";
  }

  /// NumPy's long names ("int32", "float64", "object"), as LINDI writes them.
  static std::string NumpyName(const Dtype& type) {
    switch (type.type_class) {
      case TypeClass::kInteger: return (type.is_signed ? "int" : "uint") + std::to_string(type.size_bytes * 8);
      case TypeClass::kFloat: return "float" + std::to_string(type.size_bytes * 8);
      case TypeClass::kEnum: return type.IsBoolEnum() ? "bool" : type.base == nullptr ? "object" : NumpyName(*type.base);
      case TypeClass::kObjectReference:
      case TypeClass::kRegionReference: return "<REFERENCE>";
      default: return "object";
    }
  }

  Status WriteChunks(const ArrayPlan& plan, const std::string& path, bool scalar) {
    std::string key;
    AppendJsonString(path.empty() ? "" : path + "/", key);
    key.pop_back();
    Shape grid = PlanGrid(plan);
    std::array<char, 32 * 21> text;
    auto suffix = [&](std::span<const std::uint64_t> index) -> std::string_view {
      char* at = text.data();
      if (v3_) *at++ = 'c';
      if (scalar && !v3_) *at++ = '0';
      for (std::size_t k = 0; k < index.size(); ++k) {
        if (v3_ || k != 0) *at++ = v3_ ? '/' : '.';
        at = std::to_chars(at, text.data() + text.size(), index[k]).ptr;
      }
      return {text.data(), static_cast<std::size_t>(at - text.data())};
    };
    Shape index(grid.size());
    if (grid.size() > 32) return Fail(ErrorCode::kLimit, "more than 32 dimensions");
    // Array types add axes behind the stored grid, each one chunk wide.
    if (plan.stream != nullptr) {
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
        RUTTER_TRY(out_.Inline((path.empty() ? "" : path + "/") + std::string(name),
                               std::string_view(plan.inline_data).substr(static_cast<std::size_t>(chunk.offset), static_cast<std::size_t>(chunk.length))));
      } else {
        ++report_.chunk_references;
        RUTTER_TRY(out_.Reference(key, name, url_json_[chunk.source], chunk.offset, chunk.length));
      }
    }
    return {};
  }

  /// The members of .zattrs without braces; `extra` goes first.
  std::string Attributes(const Node& node, const std::string& extras_path, std::string extra) {
    std::string out = std::move(extra), hidden;
    bool is_array = node.array != nullptr;
    for (const Attribute& attribute : node.attributes) {
      if (attribute.failure) {
        if (!extras_path.empty() || node.parent == nullptr) NotMapped(node, *attribute.failure, attribute.name);
        continue;
      }
      if (!IsUtf8(attribute.name)) {
        NotMapped(node, MakeError(ErrorCode::kUnsupported, "the attribute's name is not UTF-8"), attribute.name);
        continue;
      }
      if (!lindi_ && std::find(kHousekeeping.begin(), kHousekeeping.end(), attribute.name) != kHousekeeping.end()) {
        AppendHidden(attribute, hidden);
        continue;
      }
      if (!lindi_ && is_array && attribute.name == "_FillValue" && attribute.dtype != nullptr && attribute.dtype->IsNumeric()) {
        AppendHidden(attribute, hidden);
        continue;
      }
      if (!out.empty()) out += ",";
      AppendJsonString(attribute.name, out);
      out += ":";
      if (lindi_) {
        AppendLindiValue(attribute.value, out);
      } else {
        AppendJson(attribute.value, out);
      }
    }
    if (extras_path.empty() && node.parent != nullptr) return out;  // a link's copy: the target has them
    if (!hidden.empty()) extras_.Node(extras_path, "\"hidden_attributes\":{" + hidden + "}");
    extras_.Attributes(extras_path, node.attributes);
    return out;
  }

  static void AppendLindiValue(const Value& value, std::string& out) {
    if (const auto* reference = value.As<Reference>()) {
      AppendLindiReference(*reference, out);
    } else if (const auto* list = value.As<ValueList>()) {
      out += '[';
      for (std::size_t k = 0; k < list->size(); ++k) {
        if (k != 0) out += ',';
        AppendLindiValue((*list)[k], out);
      }
      out += ']';
    } else {
      AppendJson(value, out);
    }
  }

  /// An attribute that clients are better off without; our own reader gets it back from the extra member.
  static void AppendHidden(const Attribute& attribute, std::string& members) {
    if (!members.empty()) members += ",";
    AppendJsonString(attribute.name, members);
    members += ":{\"dtype\":" + (attribute.dtype == nullptr ? std::string("null") : DtypeToJson(*attribute.dtype)) + ",\"shape\":";
    if (attribute.is_null) {
      members += "null";
    } else {
      AppendShape(attribute.shape, members);
    }
    members += ",\"value\":";
    AppendJson(attribute.value, members);
    members += "}";
  }

  void NodeExtras(const Array& array, const ArrayPlan& plan, const std::string& path, bool invented) {
    // What .zarray says is enough for plain numbers; anything else keeps its own description.
    bool plain = plan.object_codec.empty() && plan.element == array.dtype && (array.dtype->IsNumeric() || array.dtype->IsBoolEnum()) && !array.is_null;
    // Where the bytes were converted (or an array type's dimensions became axes), .zarray says what they are now.
    bool converted = plan.object_codec.empty() && plan.element != array.dtype;
    if (!plain) extras_.Node(path, (converted ? "\"original_dtype\":" : "\"dtype\":") + DtypeToJson(*array.dtype));
    if (!plan.object_codec.empty()) extras_.Node(path, "\"object_codec\":\"" + plan.object_codec + "\"");
    if (array.is_null) extras_.Node(path, "\"is_null\":true");
    if (invented) {
      std::string names = "\"dimension_names\":[";
      for (std::size_t k = 0; k < array.dimension_names.size(); ++k) {
        if (k != 0) names += ",";
        AppendJson(Value(array.dimension_names[k]), names);
      }
      extras_.Node(path, names + "]");
    }
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
  bool lindi_ = false, v3_ = false;
};

}  // namespace

Result<WriteReport> WriteReferences(const Map& map, const DataAccess& data, const WriteOptions& options,
                                    const std::function<Status(std::string_view)>& write) {
  return Writer(map, data, options, write).Run();
}

}  // namespace rutter
