#include "formats/hdf5/inspect.h"

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "formats/hdf5/messages/attribute.h"
#include "formats/hdf5/messages/dataspace.h"
#include "formats/hdf5/messages/datatype.h"
#include "formats/hdf5/messages/group_messages.h"
#include "formats/hdf5/messages/link.h"
#include "formats/hdf5/messages/minor.h"
#include "formats/hdf5/messages/storage_messages.h"
#include "formats/hdf5/object_reader.h"

namespace rutter::hdf5 {
namespace {

using nlohmann::json;

/// Text of any bytes: what is not printable ASCII is shown as its number, so that the document is valid UTF-8.
std::string Printable(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

json ErrorJson(const Error& error) { return {{"error", Printable(error.ToString())}}; }

template <class T>
json Optional(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

class Inspector {
 public:
  explicit Inspector(const OpenedFile& opened) : opened_(opened), file_(*opened.file), objects_(file_, *opened.superblock) {}

  json Superblock() const {
    const hdf5::Superblock& block = *opened_.superblock;
    json out = {{"offset", block.position},
                {"version", block.version},
                {"bytes_of_offsets", block.sizes.offsets},
                {"bytes_of_lengths", block.sizes.lengths},
                {"base_address", block.stored_base_address},
                {"end_of_file", Optional(block.end_of_file)},
                {"physical_bytes", file_.source()->size()},
                {"consistency_flags", block.consistency_flags},
                {"root_header", Absolute(block.root_header)},
                {"group_leaf_k", block.group_leaf_k},
                {"group_internal_k", block.group_internal_k},
                {"chunk_internal_k", block.chunk_internal_k}};
    if (block.extension) out["extension"] = Absolute(*block.extension);
    if (block.driver_info_block) out["driver_info_block"] = Absolute(*block.driver_info_block);
    if (block.shared_messages) out["shared_message_table"] = {{"offset", Absolute(block.shared_messages->table)}, {"indexes", block.shared_messages->num_indexes}};
    if (block.cache_image) out["cache_image"] = {{"offset", Absolute(block.cache_image->address)}, {"bytes", block.cache_image->bytes}};
    if (block.file_space) {
      out["file_space"] = {{"version", block.file_space->version},
                           {"strategy", block.file_space->strategy},
                           {"persists_free_space", block.file_space->persists_free_space},
                           {"page_bytes", block.file_space->page_bytes}};
    }
    return out;
  }

  json Object(const Node& node) {
    json out = {{"path", Printable(node.Path())}};
    if (node.failure) out["failure"] = Printable(node.failure->ToString());
    if (node.attributes_failure) out["attributes_failure"] = Printable(node.attributes_failure->ToString());
    if (node.kind == NodeKind::kHardLink) {
      out["hard_link_to"] = Printable(node.target);
      return out;
    }
    if (node.address == 0 && node.parent != nullptr) return out;
    out["offset"] = Absolute(node.address);
    ObjectHeader header;
    if (auto status = objects_.Read(node.address, header); !status) {
      out["header"] = ErrorJson(status.error());
      return out;
    }
    json head = {{"version", header.version}, {"reference_count", header.reference_count}, {"flags", header.flags}};
    for (const auto& chunk : header.chunks) head["chunks"].push_back({{"offset", Absolute(chunk.address)}, {"bytes", chunk.bytes}});
    if (header.times) {
      head["times"] = {{"access", header.times->access}, {"modification", header.times->modification}, {"change", header.times->change}, {"birth", header.times->birth}};
    }
    out["header"] = std::move(head);
    out["messages"] = json::array();
    for (const HeaderMessage& message : header.messages) out["messages"].push_back(Message(message));
    if (node.array != nullptr) out["storage"] = Storage(*node.array);
    return out;
  }

 private:
  std::uint64_t Absolute(std::uint64_t address) const { return file_.Absolute(address); }
  json Address(const std::optional<std::uint64_t>& address) const { return address ? json(Absolute(*address)) : json(nullptr); }

  static json Storage(const Array& array) {
    json out = {{"dtype", Printable(DtypeTitle(*array.dtype))}, {"shape", array.shape}, {"chunk_shape", array.chunk_shape}};
    out["index"] = array.index != nullptr ? json(array.index->kind()) : json(nullptr);
    out["filters"] = json::array();
    for (const CodecSpec& codec : array.codecs) {
      out["filters"].push_back({{"id", codec.hdf5_filter}, {"name", Printable(codec.name)}, {"values", codec.values}, {"optional", codec.optional}});
    }
    if (array.failure) out["failure"] = Printable(array.failure->ToString());
    return out;
  }

  json Message(const HeaderMessage& message) {
    json out = {{"type", static_cast<unsigned>(message.type)}, {"name", MessageName(message.type)}, {"offset", Absolute(message.address)}, {"bytes", message.data.size()},
                {"flags", message.flags}};
    auto reader = objects_.Open(message, "message", "HDF5 4.0, Data Object Header Messages");
    json content = reader ? Content(message.type, *std::move(reader)) : ErrorJson(reader.error());
    if (!content.is_null()) out["content"] = std::move(content);
    return out;
  }

  /// The decoded message as JSON, or its error; null for kinds that say nothing more.
  json Content(MessageType type, ByteReader reader) {
    auto show = [](auto decoded, auto to_json) -> json {
      if (!decoded) return ErrorJson(decoded.error());
      return to_json(*decoded);
    };
    const Sizes& sizes = file_.sizes();
    const Limits& limits = file_.limits();
    switch (type) {
      case MessageType::kDataspace:
        return show(DecodeDataspace(reader, sizes, limits), [](const Dataspace& space) -> json {
          if (space.is_null) return "null";
          json out = {{"shape", space.shape}};
          for (const auto& length : space.max_shape) out["max_shape"].push_back(Optional(length));
          return out;
        });
      case MessageType::kDatatype:
        return show(DecodeDatatype(reader, sizes, limits), [](const DtypePtr& dtype) -> json { return Printable(DtypeTitle(*dtype)); });
      case MessageType::kLinkInfo:
        return show(DecodeLinkInfo(reader, sizes), [&](const LinkInfo& info) -> json {
          return {{"tracks_creation_order", info.tracks_creation_order}, {"heap", Address(info.heap)}, {"name_index", Address(info.name_index)}, {"creation_index", Address(info.creation_index)}};
        });
      case MessageType::kGroupInfo:
        return show(DecodeGroupInfo(reader), [](const GroupInfo& info) -> json { return {{"max_compact", Optional(info.max_compact)}, {"min_dense", Optional(info.min_dense)}}; });
      case MessageType::kSymbolTable:
        return show(DecodeSymbolTable(reader, sizes), [&](const SymbolTable& table) -> json { return {{"btree", Absolute(table.btree)}, {"heap", Absolute(table.heap)}}; });
      case MessageType::kLink:
        return show(DecodeLink(reader, sizes), [&](const LinkMessage& link) -> json {
          json out = {{"name", Printable(link.name)}, {"class", link.link_class}};
          if (link.kind == LinkKind::kHard) {
            out["object"] = Absolute(link.address);
          } else {
            out["target"] = Printable(link.target);
          }
          if (link.kind == LinkKind::kExternal) out["target_file"] = Printable(link.target_file);
          return out;
        });
      case MessageType::kAttribute:
        return show(DecodeAttribute(reader), [](const AttributeMessage& attribute) -> json { return {{"name", Printable(attribute.name)}, {"version", attribute.version}}; });
      case MessageType::kAttributeInfo:
        return show(DecodeAttributeInfo(reader, sizes), [&](const AttributeInfo& info) -> json {
          return {{"tracks_creation_order", info.tracks_creation_order}, {"heap", Address(info.heap)}, {"name_index", Address(info.name_index)}, {"creation_index", Address(info.creation_index)}};
        });
      case MessageType::kDataLayout: return show(DecodeDataLayout(reader, sizes), [&](const DataLayout& layout) { return Layout(layout); });
      case MessageType::kFilterPipeline:
        return show(DecodeFilterPipeline(reader, limits), [](const std::vector<CodecSpec>& stages) -> json {
          json out = json::array();
          for (const CodecSpec& stage : stages) out.push_back(stage.hdf5_filter);
          return out;
        });
      case MessageType::kFillValue: return show(DecodeFillValue(reader), Fill);
      case MessageType::kFillValueOld: return show(DecodeFillValueOld(reader), Fill);
      case MessageType::kExternalFiles:
        return show(DecodeExternalFiles(reader, sizes), [&](const ExternalFiles& files) -> json {
          json out = {{"heap", Absolute(files.heap_address)}, {"slots", json::array()}};
          for (const auto& slot : files.slots) out["slots"].push_back({{"name_offset", slot.name_offset}, {"file_offset", slot.file_offset}, {"bytes", slot.bytes}});
          return out;
        });
      case MessageType::kContinuation:
        return show(DecodeContinuation(reader, sizes), [&](const Continuation& next) -> json { return {{"offset", Absolute(next.address)}, {"bytes", next.bytes}}; });
      case MessageType::kObjectComment: return show(DecodeObjectComment(reader), [](std::string_view comment) -> json { return Printable(comment); });
      case MessageType::kModificationTime: return show(DecodeModificationTime(reader), [](std::uint32_t seconds) -> json { return seconds; });
      case MessageType::kModificationTimeOld: return show(DecodeModificationTimeOld(reader), [](std::string_view text) -> json { return Printable(text); });
      case MessageType::kReferenceCount: return show(DecodeReferenceCount(reader), [](std::uint32_t count) -> json { return count; });
      default: return nullptr;
    }
  }

  static json Fill(const FillValueMessage& fill) {
    return {{"defined", fill.defined}, {"undefined", fill.undefined}, {"allocation_time", fill.allocation_time}, {"write_time", fill.write_time}, {"bytes", fill.value.size()}};
  }

  json Layout(const DataLayout& layout) const {
    static constexpr std::array<const char*, 4> kClasses = {"compact", "contiguous", "chunked", "virtual"};
    static constexpr std::array<const char*, 6> kIndexes = {"v1 B-tree", "single chunk", "implicit", "fixed array", "extensible array", "v2 B-tree"};
    json out = {{"version", layout.version}, {"class", kClasses[static_cast<std::size_t>(layout.layout_class) % 4]}, {"offset", Address(layout.address)}};
    if (layout.layout_class == LayoutClass::kCompact) out["bytes"] = layout.compact_data.size();
    if (layout.layout_class == LayoutClass::kContiguous) out["bytes"] = layout.contiguous_bytes;
    if (layout.layout_class == LayoutClass::kChunked) {
      out["chunk_shape"] = layout.chunk_dims;
      out["element_bytes"] = layout.element_bytes;
      out["index"] = kIndexes[static_cast<std::size_t>(layout.index_type) % 6];
    }
    return out;
  }

  const OpenedFile& opened_;
  File& file_;
  ObjectReader objects_;
};

}  // namespace

Result<nlohmann::json> InspectFile(const OpenedFile& opened, const Map& map) {
  Inspector inspector(opened);
  json out = {{"format", "hdf5"}, {"source", opened.file->name()}, {"superblock", inspector.Superblock()}, {"notes", map.notes}, {"objects", json::array()}};
  VisitNodes(map.root, [&](const Node& node) { out["objects"].push_back(inspector.Object(node)); });
  return out;
}

}  // namespace rutter::hdf5
