#include "refs/extras.h"

#include "model/value_json.h"

namespace rutter {
namespace {

std::string Quoted(const std::string& text) {
  std::string out;
  if (IsUtf8(text)) {
    AppendJsonString(text, out);
  } else {
    out = "{\"base64\":\"";
    AppendBase64(text, out);
    out += "\"}";
  }
  return out;
}

void Separate(std::string& list) {
  if (!list.empty()) list += ",\n";
}

std::string TypeAndShape(const Attribute& attribute) {
  std::string out = "\"dtype\":" + (attribute.dtype == nullptr ? std::string("null") : DtypeToJson(*attribute.dtype)) + ",\"shape\":";
  if (attribute.is_null) return out + "null";
  out += "[";
  for (std::size_t k = 0; k < attribute.shape.size(); ++k) out += (k == 0 ? "" : ",") + std::to_string(attribute.shape[k]);
  return out + "]";
}

bool IsPlainType(const Dtype& dtype) {
  if (dtype.type_class == TypeClass::kVlenString || dtype.type_class == TypeClass::kBool) return true;
  if (dtype.type_class == TypeClass::kString) return dtype.charset != CharSet::kUtf32;
  return dtype.IsNumeric() || dtype.IsBoolEnum();
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
  if (attribute.is_null || attribute.failure || attribute.dtype == nullptr || !IsPlainType(*attribute.dtype)) return false;
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
  bool first = true;
  for (const Attribute& attribute : node.attributes) {
    if (attribute.failure) continue;
    named_types_ += (first ? "" : ",") + Quoted(attribute.name) + ":{" + TypeAndShape(attribute) + ",\"value\":";
    AppendJson(attribute.value, named_types_);
    named_types_ += "}";
    first = false;
  }
  named_types_ += "}}";
}

void Extras::Node(const std::string& path, std::string_view member) {
  std::string& members = nodes_[path];
  if (!members.empty()) members += ",";
  members += member;
}

void Extras::Attributes(const std::string& path, const std::vector<Attribute>& attributes) {
  std::string types;
  for (const Attribute& attribute : attributes) {
    if (attribute.failure || IsPlainAttribute(attribute) || !IsUtf8(attribute.name)) continue;
    if (!types.empty()) types += ",";
    AppendJsonString(attribute.name, types);
    types += ":{" + TypeAndShape(attribute) + "}";
  }
  if (!types.empty()) Node(path, "\"attributes\":{" + types + "}");
}

std::string Extras::ToJson(const Map& map, const WriteReport& report, const WriteOptions& options, const std::vector<std::string>& urls) const {
  std::string out = "{\"map_version\":1,\"generator\":" + Quoted(options.generator) + ",\"format\":" + Quoted(map.format) + ",\n\"sources\":[";
  for (std::size_t k = 0; k < map.sources.size(); ++k) {
    const Source& source = map.sources[k];
    out += (k == 0 ? "{\"url\":" : ",\n{\"url\":") + Quoted(urls[k]) + ",\"size\":" + std::to_string(source.size);
    if (source.mtime_ns) out += ",\"mtime_ns\":" + std::to_string(*source.mtime_ns);
    if (!source.etag.empty()) out += ",\"etag\":" + Quoted(source.etag);
    if (!source.last_modified.empty()) out += ",\"last_modified\":" + Quoted(source.last_modified);
    out += "}";
  }
  out += "],\n\"links\":[" + links_ + "],\n\"named_types\":[" + named_types_ + "],\n\"nodes\":{";
  bool first = true;
  for (const auto& [path, members] : nodes_) {
    out += (first ? "\n" : ",\n") + Quoted(path) + ":{" + members + "}";
    first = false;
  }
  out += "},\n\"unmapped\":[";
  first = true;
  for (const Unmapped& item : report.unmapped) {
    out += (first ? "{\"path\":" : ",\n{\"path\":") + Quoted(item.path);
    if (!item.attribute.empty()) out += ",\"attribute\":" + Quoted(item.attribute);
    out += std::string(",\"code\":\"") + ErrorCodeName(item.reason.code) + "\",\"reason\":" + Quoted(item.reason.ToString()) + "}";
    first = false;
  }
  out += "],\n\"notes\":[";
  first = true;
  for (const auto* notes : {&map.notes, &report.notes}) {
    for (const std::string& note : *notes) {
      out += (first ? "" : ",\n") + Quoted(note);
      first = false;
    }
  }
  return out + "]}";
}

}  // namespace rutter
