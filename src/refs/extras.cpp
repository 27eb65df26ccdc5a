#include "refs/extras.h"

#include <utility>

#include "model/value_json.h"
#include "refs/array_metadata.h"
#include "refs/value_from_json.h"

namespace rutter {
namespace {

void AppendQuoted(const std::string& text, std::string& out) {
  if (IsUtf8(text)) {
    AppendJsonString(text, out);
  } else {
    out += "{\"base64\":\"";
    AppendBase64(text, out);
    out += "\"}";
  }
}

std::string Quoted(const std::string& text) {
  std::string out;
  AppendQuoted(text, out);
  return out;
}

void Separate(std::string& list) {
  if (!list.empty()) list += ",\n";
}

void AppendTypeAndShape(const Attribute& attribute, std::string& out) {
  out += "\"dtype\":";
  out += attribute.dtype == nullptr ? "null" : DtypeToJson(*attribute.dtype);
  out += ",\"shape\":";
  if (attribute.is_null) {
    out += "null";
  } else {
    AppendShapeJson(attribute.shape, out);
  }
}

bool IsPlainValue(const Value& value) {
  if (const auto* list = value.As<ValueList>()) {
    for (const Value& item : *list) {
      if (!IsPlainValue(item)) return false;
    }
    return true;
  }
  if (const auto* text = value.As<std::string>()) return IsUtf8(*text);
  if (const auto* number = value.As<double>()) return *number - *number == 0;  // finite
  return value.As<std::int64_t>() != nullptr || value.As<std::uint64_t>() != nullptr || value.As<bool>() != nullptr;
}

}  // namespace

bool IsPlainAttribute(const Attribute& attribute) {
  if (attribute.is_null || attribute.failure || attribute.dtype == nullptr || !IsPlainAttributeType(*attribute.dtype)) return false;
  for (std::uint64_t n : attribute.shape) {
    if (n == 0) return false;  // an empty list does not tell what it is empty of
  }
  return IsPlainValue(attribute.value);
}

void Extras::Link(const std::string& path, const rutter::Node& node) {
  Separate(links_);
  const char* kind = node.kind == NodeKind::kHardLink ? "hard" : node.kind == NodeKind::kSoftLink ? "soft" : node.kind == NodeKind::kExternalLink ? "external" : "user";
  links_ += "{\"path\":" + Quoted(path) + ",\"name\":" + Quoted(node.name) + ",\"kind\":\"" + kind + "\",\"target\":" + Quoted(node.target);
  if (node.kind == NodeKind::kExternalLink) links_ += ",\"file\":" + Quoted(node.target_file);
  if (node.kind == NodeKind::kUserLink) links_ += ",\"class\":" + std::to_string(node.link_class);
  links_ += "}";
}

void Extras::NamedType(const std::string& path, const rutter::Node& node) {
  Separate(named_types_);
  named_types_ += "{\"path\":" + Quoted(path) + ",\"name\":" + Quoted(node.name) +
                  ",\"dtype\":" + (node.named_type == nullptr ? std::string("null") : DtypeToJson(*node.named_type)) + ",\"attributes\":{";
  std::string members;
  for (const Attribute& attribute : node.attributes) {
    if (!attribute.failure) Append(members, attribute, true);
  }
  named_types_ += members + "}}";
}

namespace {

/// The one run of bytes that holds an array in C order; null where there is none.
const Extent* OneRun(const Array& array) {
  const auto* flat = dynamic_cast<const FlatIndex*>(array.index.get());
  if (flat == nullptr || flat->extents().size() != 1 || flat->byte_strides().size() != array.rank()) return nullptr;
  std::uint64_t stride = array.dtype->size_bytes;
  for (std::size_t k = array.rank(); k-- > 0; stride *= array.shape[k]) {
    if (flat->byte_strides()[k] != stride) return nullptr;
  }
  const Extent& extent = flat->extents()[0];
  return extent.stream_offset == 0 && extent.length == stride ? &extent : nullptr;
}

}  // namespace

bool Extras::CanBeDimension(const Array& array) {
  if (array.failure || array.index == nullptr || array.dtype == nullptr || !array.dtype->IsFixed()) return false;
  return dynamic_cast<const EmptyIndex*>(array.index.get()) != nullptr || array.NumElements() == 0u || OneRun(array) != nullptr;
}

void Extras::Dimension(const std::string& path, const rutter::Node& node, bool renamed) {
  const Array& array = *node.array;
  Separate(dimensions_);
  dimensions_ += "{\"path\":" + Quoted(path) + (renamed ? ",\"name\":" + Quoted(node.name) : "") + ",\"dtype\":" + DtypeToJson(*array.dtype) + ",\"shape\":";
  AppendShapeJson(array.shape, dimensions_);
  dimensions_ += ",\"chunk_shape\":";
  AppendShapeJson(array.chunk_shape, dimensions_);
  if (array.max_shape.size() == array.shape.size()) {
    std::string lengths;
    for (const auto& n : array.max_shape) lengths += (lengths.empty() ? "" : ",") + (n ? std::to_string(*n) : "null");
    dimensions_ += ",\"max_shape\":[" + lengths + "]";
  }
  std::string names;
  for (const std::string& name : array.dimension_names) names += (names.empty() ? "" : ",") + Quoted(name);
  dimensions_ += ",\"dimension_names\":[" + names + "]";
  if (array.fill_defined) {
    dimensions_ += ",\"fill_value\":\"";
    AppendBase64({reinterpret_cast<const char*>(array.fill_value.data()), array.fill_value.size()}, dimensions_);
    dimensions_ += '"';
  }
  if (const Extent* extent = OneRun(array)) {
    dimensions_ += ",\"extent\":[" + std::to_string(extent->source) + "," + std::to_string(extent->offset) + "]";
  }
  std::string members;
  for (const Attribute& own : node.attributes) {
    if (!own.failure) Append(members, own, true);
  }
  dimensions_ += ",\"dimension_only\":true,\"attributes\":{" + members + "}}";
}

void Extras::Node(const std::string& path, std::string_view member) {
  std::string& members = At(path).members;
  if (!members.empty()) members += ',';
  members += member;
}

void Extras::StartNode(const std::string& path) {
  FinishNode();
  path_ = path;
}

void Extras::FinishNode() {
  auto& [members, types, hidden] = node_;
  if (members.empty() && types.empty() && hidden.empty()) return;
  Separate(nodes_);
  AppendQuoted(path_, nodes_);
  nodes_.append(":{").append(members);
  std::string_view comma = members.empty() ? "" : ",";
  if (!types.empty()) {
    nodes_.append(comma).append("\"attributes\":{").append(types) += '}';
    comma = ",";
  }
  if (!hidden.empty()) nodes_.append(comma).append("\"hidden_attributes\":{").append(hidden) += '}';
  nodes_ += '}';
  members.clear();
  types.clear();
  hidden.clear();
}

void Extras::Append(std::string& members, const Attribute& attribute, bool with_value) {
  if (!IsUtf8(attribute.name)) return;
  if (!members.empty()) members += ',';
  AppendJsonString(attribute.name, members);
  members += ":{";
  AppendTypeAndShape(attribute, members);
  if (with_value) {
    members += ",\"value\":";
    AppendJson(attribute.value, members);
  }
  members += '}';
}

void Extras::NotMapped(const std::string& path, const rutter::Node& node, const Unmapped& missing, const Attribute* attribute, bool renamed) {
  const Error& reason = missing.reason;
  Separate(unmapped_);
  unmapped_ += "{\"path\":" + Quoted(path);
  if (attribute != nullptr) {
    unmapped_ += ",\"attribute\":" + Quoted(attribute->name);
    if (attribute->dtype != nullptr) unmapped_ += ",\"dtype\":" + DtypeToJson(*attribute->dtype);
  } else if (missing.part != UnmappedPart::kNode) {
    unmapped_.append(",\"part\":\"").append(UnmappedPartName(missing.part)) += '"';
  } else {
    if (renamed) unmapped_ += ",\"name\":" + Quoted(node.name);
    if (node.array != nullptr && node.array->dtype != nullptr) {
      unmapped_ += ",\"dtype\":" + DtypeToJson(*node.array->dtype) + ",\"shape\":";
      AppendShapeJson(node.array->shape, unmapped_);
    }
    std::string members;
    for (const Attribute& own : node.attributes) {
      if (!own.failure) Append(members, own, true);
    }
    if (!members.empty()) unmapped_ += ",\"attributes\":{" + members + "}";
  }
  unmapped_ += std::string(",\"code\":\"") + ErrorCodeName(reason.code) + "\",\"reason\":" + Quoted(reason.message);
  if (!reason.hint.empty()) unmapped_ += ",\"hint\":" + Quoted(reason.hint);
  if (!reason.where.source.empty()) unmapped_ += ",\"source\":" + Quoted(reason.where.source);
  if (reason.where.offset) unmapped_ += ",\"offset\":" + std::to_string(*reason.where.offset);
  if (!reason.where.structure.empty()) unmapped_ += ",\"structure\":" + Quoted(reason.where.structure);
  if (!reason.where.spec.empty()) unmapped_ += ",\"spec\":" + Quoted(reason.where.spec);
  unmapped_ += "}";
}

void Extras::Add(Extras&& later) {
  FinishNode();
  later.FinishNode();
  for (std::string Extras::*list : {&Extras::links_, &Extras::named_types_, &Extras::dimensions_, &Extras::unmapped_, &Extras::nodes_}) {
    if ((later.*list).empty()) continue;
    Separate(this->*list);
    this->*list += later.*list;
  }
}

std::string Extras::ToJson(const Map& map, const WriteReport& report, const WriteOptions& options, const std::vector<std::string>& urls) && {
  std::string out = "{\"map_version\":1,\"generator\":" + Quoted(options.generator) + ",\"format\":" + Quoted(map.format);
  if (!options.seal.empty()) out += ",\n\"seal\":" + Quoted(options.seal);
  out += ",\n\"sources\":[";
  for (std::size_t k = 0; k < map.sources.size(); ++k) {
    const Source& source = map.sources[k];
    out += (k == 0 ? "{\"url\":" : ",\n{\"url\":") + Quoted(urls[k]) + ",\"size\":" + std::to_string(source.size);
    if (source.mtime_ns) out += ",\"mtime_ns\":" + std::to_string(*source.mtime_ns);
    if (!source.etag.empty()) out += ",\"etag\":" + Quoted(source.etag);
    if (!source.last_modified.empty()) out += ",\"last_modified\":" + Quoted(source.last_modified);
    out += "}";
  }
  FinishNode();
  out.append("],\n\"links\":[").append(links_).append("],\n\"named_types\":[").append(named_types_).append("],\n\"dimensions\":[").append(dimensions_);
  out.append("],\n\"nodes\":{").append(nodes_.empty() ? "" : "\n").append(nodes_).append("},\n\"unmapped\":[").append(unmapped_);
  out += "],\n\"notes\":[";
  bool first = true;
  for (const auto* notes : {&map.notes, &report.notes}) {
    for (const std::string& note : *notes) {
      out += (first ? "" : ",\n") + Quoted(note);
      first = false;
    }
  }
  return out + "]}";
}

}  // namespace rutter
