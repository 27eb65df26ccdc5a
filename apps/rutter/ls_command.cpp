// rutter ls: the tree of a file or map.

#include <algorithm>
#include <memory>
#include <utility>

#include "model/value_json.h"
#include "read/chunk_listing.h"
#include "rutter/command.h"

namespace rutter::cli {
namespace {

struct LsCommandOptions {
  CommonOptions common;
  std::string node;
  bool long_form = false, attributes = false, chunks = false;
};

const char* KindName(NodeKind kind) {
  switch (kind) {
    case NodeKind::kGroup: return "group";
    case NodeKind::kArray: return "array";
    case NodeKind::kNamedType: return "named-type";
    case NodeKind::kHardLink: return "hard-link";
    case NodeKind::kSoftLink: return "soft-link";
    case NodeKind::kExternalLink: return "external-link";
    case NodeKind::kUserLink: return "user-link";
    case NodeKind::kUnreadable: return "unreadable";
  }
  return "unreadable";
}

void AppendText(const char* key, const std::string& value, std::string& out) {
  out += std::string(",\"") + key + "\":";
  AppendJson(Value(value), out);
}

void AppendShape(const char* key, const Shape& shape, std::string& out) {
  out += std::string(",\"") + key + "\":[";
  for (std::size_t k = 0; k < shape.size(); ++k) out += (k == 0 ? "" : ",") + std::to_string(shape[k]);
  out += "]";
}

void AppendAttributes(const Node& node, std::string& out) {
  out += ",\"attributes\":{";
  for (std::size_t k = 0; k < node.attributes.size(); ++k) {
    const Attribute& attribute = node.attributes[k];
    if (k != 0) out += ",";
    AppendJson(Value(attribute.name), out);
    out += ":{\"dtype\":" + (attribute.dtype == nullptr ? std::string("null") : DtypeToJson(*attribute.dtype));
    if (attribute.is_null) {
      out += ",\"shape\":null";
    } else {
      AppendShape("shape", attribute.shape, out);
    }
    if (attribute.failure) {
      AppendText("failure", attribute.failure->ToString(), out);
    } else {
      out += ",\"value\":";
      AppendJson(attribute.value, out);
    }
    out += "}";
  }
  out += "}";
  if (node.attributes_failure) AppendText("attributes_failure", node.attributes_failure->ToString(), out);
}

void AppendArray(const Array& array, std::string& out) {
  out += ",\"dtype\":" + (array.dtype == nullptr ? std::string("null") : DtypeToJson(*array.dtype));
  if (array.is_null) {
    out += ",\"shape\":null";
  } else {
    AppendShape("shape", array.shape, out);
  }
  out += ",\"dimension_names\":[";
  for (std::size_t k = 0; k < array.dimension_names.size(); ++k) {
    if (k != 0) out += ",";
    AppendJson(Value(array.dimension_names[k]), out);
  }
  out += "]";
  AppendShape("chunk_shape", array.chunk_shape, out);
  out += std::string(",\"index\":") + (array.index == nullptr ? "null" : "\"" + std::string(array.index->kind()) + "\"");
  out += ",\"filters\":[";
  for (std::size_t k = 0; k < array.codecs.size(); ++k) {
    const CodecSpec& codec = array.codecs[k];
    const Codec* known = FindCodec(codec.id);
    out += k == 0 ? "{" : ",{";
    out += "\"number\":" + std::to_string(codec.hdf5_filter);
    AppendText("name", known != nullptr ? known->title : codec.name.empty() ? Hdf5FilterTitle(codec.hdf5_filter) : codec.name, out);
    out += ",\"values\":[";
    for (std::size_t j = 0; j < codec.values.size(); ++j) out += (j == 0 ? "" : ",") + std::to_string(codec.values[j]);
    out += std::string("],\"decodable\":") + (known != nullptr ? "true}" : "false}");
  }
  out += "]";
  auto stored = array.index == nullptr ? std::nullopt : array.index->StoredBytes();
  out += ",\"stored_bytes\":" + (stored ? std::to_string(*stored) : std::string("null"));
  if (array.failure) {
    out += ",\"mapped\":false";
    AppendText("reason", array.failure->ToString(), out);
  } else if (auto decodable = CanDecode(array.codecs); !decodable) {
    out += ",\"mapped\":true,\"readable\":false";
    AppendText("reason", decodable.error().ToString(), out);
  } else {
    out += ",\"mapped\":true";
  }
}

std::string NodeJson(const Node& node, bool attributes) {
  std::string out = "{\"path\":";
  AppendJson(Value(node.Path()), out);
  AppendText("kind", KindName(node.kind), out);
  if (node.kind == NodeKind::kHardLink || node.kind == NodeKind::kSoftLink || node.kind == NodeKind::kExternalLink) AppendText("target", node.target, out);
  if (node.kind == NodeKind::kExternalLink) AppendText("target_file", node.target_file, out);
  if (node.kind == NodeKind::kUserLink) out += ",\"link_class\":" + std::to_string(node.link_class);
  if (node.failure) AppendText("failure", node.failure->ToString(), out);
  if (node.named_type != nullptr) out += ",\"dtype\":" + DtypeToJson(*node.named_type);
  if (node.array != nullptr) AppendArray(*node.array, out);
  if (attributes) AppendAttributes(node, out);
  return out + "}";
}

std::string MapJson(const Map& map, const Node& top, bool attributes) {
  std::string out = "{\"format\":\"" + map.format + "\",\"sources\":[";
  for (std::size_t k = 0; k < map.sources.size(); ++k) {
    if (k != 0) out += ",";
    out += "{\"url\":";
    AppendJson(Value(map.sources[k].url), out);
    out += ",\"size\":" + std::to_string(map.sources[k].size) + "}";
  }
  out += "],\"notes\":[";
  for (std::size_t k = 0; k < map.notes.size(); ++k) {
    if (k != 0) out += ",";
    AppendJson(Value(map.notes[k]), out);
  }
  out += "],\"nodes\":[";
  bool first = true;
  VisitNodes(top, [&](const Node& node) {
    if (!first) out += ",\n";
    first = false;
    out += NodeJson(node, attributes);
  });
  return out + "]}\n";
}

std::string ArrayLine(const Array& array, bool long_form) {
  std::string out = array.dtype == nullptr ? "?" : Printable(DtypeTitle(*array.dtype));
  out += "  " + (array.is_null ? std::string("null") : ShapeText(array.shape));
  bool named = std::any_of(array.dimension_names.begin(), array.dimension_names.end(), [](const std::string& name) { return !name.empty(); });
  if (named) {
    out += " (";
    for (std::size_t k = 0; k < array.dimension_names.size(); ++k) out += (k == 0 ? "" : ", ") + (array.dimension_names[k].empty() ? std::string("-") : Printable(array.dimension_names[k]));
    out += ")";
  }
  if (long_form) {
    if (!array.shape.empty()) out += "  chunks " + ShapeText(array.chunk_shape);
    if (array.index != nullptr) out += std::string("  ") + array.index->kind();
    for (const CodecSpec& codec : array.codecs) {
      const Codec* known = FindCodec(codec.id);
      out += std::string("  ") + (known != nullptr ? known->title : "filter " + std::to_string(codec.hdf5_filter));
    }
    auto stored = array.index == nullptr ? std::nullopt : array.index->StoredBytes();
    if (stored) out += "  " + HumanBytes(*stored);
  }
  if (array.failure) {
    out += "  not mapped: " + Printable(array.failure->ToString());
  } else if (auto decodable = CanDecode(array.codecs); !decodable) {
    out += "  cannot be read: " + Printable(decodable.error().message);
  }
  return out;
}

void AppendHuman(const Node& top, const LsCommandOptions& options, std::string& out) {
  std::size_t base_depth = 0;
  for (const Node* node = &top; node->parent != nullptr; node = node->parent) ++base_depth;
  VisitNodes(top, [&](const Node& node) {
    std::size_t depth = 0;
    for (const Node* up = &node; up->parent != nullptr; up = up->parent) ++depth;
    std::string indent((depth - base_depth) * 2, ' ');
    out += indent + (node.parent == nullptr ? "/" : Printable(node.name));
    switch (node.kind) {
      case NodeKind::kGroup:
        out += node.parent == nullptr ? "" : "/";
        if (node.failure) out += "  not all members can be listed: " + Printable(node.failure->ToString());
        break;
      case NodeKind::kArray: out += "  " + (node.array == nullptr ? std::string("?") : ArrayLine(*node.array, options.long_form)); break;
      case NodeKind::kNamedType: out += "  type " + (node.named_type == nullptr ? std::string("?") : Printable(DtypeTitle(*node.named_type))); break;
      case NodeKind::kHardLink: out += " = " + Printable(node.target); break;
      case NodeKind::kSoftLink: out += " -> " + Printable(node.target); break;
      case NodeKind::kExternalLink: out += " -> " + Printable(node.target_file) + ":" + Printable(node.target); break;
      case NodeKind::kUserLink: out += " -> user-defined link of class " + std::to_string(node.link_class); break;
      case NodeKind::kUnreadable: out += "  unreadable: " + (node.failure ? Printable(node.failure->ToString()) : std::string()); break;
    }
    out += "\n";
    if (!options.attributes) return;
    for (const Attribute& attribute : node.attributes) {
      std::string value;
      if (attribute.failure) {
        value = "unreadable: " + Printable(attribute.failure->ToString());
      } else {
        AppendJson(attribute.value, value);
        if (value.size() > 200) value = value.substr(0, 200) + "...";
      }
      out += indent + "  @" + Printable(attribute.name) + " = " + value + "\n";
    }
    if (node.attributes_failure) out += indent + "  @: not all attributes can be listed: " + Printable(node.attributes_failure->ToString()) + "\n";
  });
}

Status PrintChunks(const Node& node, bool json) {
  if (node.array == nullptr) return Fail(ErrorCode::kInvalidArgument, node.Path() + " is no array");
  if (node.array->failure) return Fail(*node.array->failure);
  return ListChunks(*node.array, json, PrintOut);
}

Status RunLs(const LsCommandOptions& options) {
  RUTTER_ASSIGN(Dataset dataset, options.common.Open());
  const Node* top = dataset.map.Find(options.node);
  if (top == nullptr) {
    Error error = MakeError(ErrorCode::kNotFound, "there is no " + options.node);
    error.where.source = options.common.path;
    error.hint = "rutter ls " + options.common.path + " shows what there is";
    return Fail(std::move(error));
  }
  if (options.chunks) return PrintChunks(*top, options.common.json);
  if (options.common.json) return PrintOut(MapJson(dataset.map, *top, options.attributes));
  std::string out;
  AppendHuman(*top, options, out);
  for (const std::string& note : dataset.map.notes) out += "note: " + Printable(note) + "\n";
  return PrintOut(out);
}

}  // namespace

void AddLs(CLI::App& app, Run& run) {
  auto options = std::make_shared<LsCommandOptions>();
  CLI::App* command = app.add_subcommand("ls", "List what a file or map holds");
  options->common.Add(*command, "A file or a map");
  command->add_option("node", options->node, "Only this group or array");
  command->add_flag("--long,-l", options->long_form, "Chunks, index kind, filters, stored bytes");
  command->add_flag("--attrs,-a", options->attributes, "Attributes");
  command->add_flag("--chunks", options->chunks, "Where each chunk of one array lies");
  command->callback([options, &run] {
    JsonErrors() = options->common.json;
    run = [options] { return RunLs(*options); };
  });
}

}  // namespace rutter::cli
