#pragma once
// Hand-made maps for the tests of reference documents, and a stand-in for the reading engine.

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "model/make_node.h"
#include "model/map.h"
#include "model/value_json.h"
#include "refs/reference_reader.h"
#include "refs/reference_writer.h"

namespace rutter::test {

inline std::vector<std::byte> BytesOf(std::string_view text) {
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

/// Gives what a test laid down for an array; fails for all others.
class FixedData : public DataAccess {
 public:
  std::map<const Array*, std::vector<std::byte>> stored;
  std::map<const Array*, ValueList> values;
  std::function<Result<std::vector<std::byte>>(const Array&, const Shape&)> chunk;

  Result<std::vector<std::byte>> ReadStored(const Array& array, std::uint64_t) const override {
    auto found = stored.find(&array);
    if (found == stored.end()) return Fail(ErrorCode::kUnsupported, "nothing is laid down");
    return found->second;
  }
  Result<ValueList> ReadValues(const Array& array, std::uint64_t) const override {
    auto found = values.find(&array);
    if (found == values.end()) return Fail(ErrorCode::kUnsupported, "nothing is laid down");
    return found->second;
  }
  Result<std::vector<std::byte>> ReadChunk(const Array& array, const Shape& index) const override {
    if (!chunk) return Fail(ErrorCode::kUnsupported, "nothing is laid down");
    return chunk(array, index);
  }
};

inline Map MapOf(std::uint64_t source_bytes = 1ull << 40) {
  Map map;
  map.format = "hdf5";
  Source source;
  source.url = "/data/a.h5";
  source.size = source_bytes;
  source.mtime_ns = 1'700'000'000'123'456'789;
  map.sources.push_back(source);
  return map;
}

/// One run of bytes at `offset` of source 0, in C order.
inline std::unique_ptr<Array> FlatArray(DtypePtr dtype, Shape shape, std::uint64_t offset) {
  auto array = std::make_unique<Array>();
  array->shape = shape;
  array->chunk_shape = shape;
  for (auto& n : array->chunk_shape) n = n == 0 ? 1 : n;
  Shape strides(shape.size());
  std::uint64_t stride = dtype->size_bytes;
  for (std::size_t k = shape.size(); k-- > 0;) {
    strides[k] = stride;
    stride *= shape[k];
  }
  array->index = std::make_shared<FlatIndex>(std::vector<Extent>{{0, 0, offset, stride}}, strides, shape, array->chunk_shape, dtype->size_bytes);
  array->dtype = std::move(dtype);
  return array;
}

/// Chunks in a table; rows are {chunk, offset, length, source, mask}.
inline std::unique_ptr<Array> ChunkedArray(DtypePtr dtype, Shape shape, Shape chunk_shape, std::vector<CodecSpec> codecs, std::vector<TableIndex::Row> rows,
                                           std::string_view inline_data = {}) {
  auto array = std::make_unique<Array>();
  array->dtype = std::move(dtype);
  array->shape = std::move(shape);
  array->chunk_shape = std::move(chunk_shape);
  array->codecs = std::move(codecs);
  array->index = std::make_shared<TableIndex>(array->ChunkGrid(), std::move(rows), BytesOf(inline_data));
  return array;
}

inline CodecSpec Stage(CodecId id, std::vector<std::uint32_t> values = {}) {
  CodecSpec stage;
  stage.id = id;
  if (const Codec* codec = FindCodec(id)) stage.hdf5_filter = codec->hdf5_filter;
  stage.values = std::move(values);
  return stage;
}

inline Attribute TypedAttributeOf(std::string name, DtypePtr dtype, Shape shape, Value value) {
  Attribute attribute;
  attribute.name = std::move(name);
  attribute.dtype = std::move(dtype);
  attribute.shape = std::move(shape);
  attribute.value = std::move(value);
  return attribute;
}

inline std::string Written(const Map& map, const DataAccess& data, const WriteOptions& options, WriteReport* report = nullptr) {
  std::string document;
  auto result = WriteReferences(map, data, options, [&](std::string_view text) -> Status {
    document += text;
    return {};
  });
  if (!result) return "error: " + result.error().ToString();
  if (report != nullptr) *report = *result;
  return document;
}

inline Result<Map> Reread(std::string_view document) { return ReadReferences(document, "/maps/a.json", {}); }

/// Every chunk of an array, one a line.
inline std::string ChunksOf(const Array& array) {
  if (array.index == nullptr) return "no index\n";
  std::string out;
  Shape grid = array.ChunkGrid();
  if (CheckedProduct(grid).value_or(0) == 0) return out;
  Status status = array.index->Locate({Shape(grid.size(), 0), grid}, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk) -> Status {
    for (std::uint64_t i : index) out += std::to_string(i) + ".";
    if (chunk.inline_data != nullptr) {
      out += " inline ";
      AppendBase64({reinterpret_cast<const char*>(chunk.inline_data), static_cast<std::size_t>(chunk.length)}, out);
    } else {
      out += " " + std::to_string(chunk.source) + " " + std::to_string(chunk.offset) + " " + std::to_string(chunk.length);
    }
    out += "\n";
    return {};
  });
  return status ? out : out + status.error().ToString() + "\n";
}

inline std::string ShapeText(const Shape& shape) {
  std::string out = "(";
  for (std::uint64_t n : shape) out += std::to_string(n) + ",";
  return out + ")";
}

/// A map as text, for comparison: kinds, types, shapes, names, attributes, links, failures. Chunks with `chunks`.
inline std::string Outline(const Map& map, bool chunks = false) {
  std::string out = map.format + "\n";
  for (const Source& s : map.sources) out += s.url + " " + std::to_string(s.size) + " " + std::to_string(s.mtime_ns.value_or(0)) + " " + s.etag + "\n";
  std::map<std::string, std::string> nodes;
  VisitNodes(map.root, [&](const Node& node) {
    std::string& text = nodes[node.Path()];
    text = "kind " + std::to_string(static_cast<int>(node.kind));
    if (!node.target.empty()) text += " -> " + node.target_file + ":" + node.target;
    if (node.named_type != nullptr) text += " " + DtypeToJson(*node.named_type);
    if (node.failure) text += " " + node.failure->ToString();
    if (const Array* array = node.array.get()) {
      text += " " + DtypeToJson(*array->dtype) + ShapeText(array->shape) + (array->is_null ? " null" : "");
      for (const std::string& name : array->dimension_names) text += " [" + name + "]";
      if (array->failure) text += " " + array->failure->ToString();
      if (chunks) text += " " + ShapeText(array->chunk_shape) + "\n" + ChunksOf(*array);
    }
    std::map<std::string, std::string> attributes;
    for (const Attribute& attribute : node.attributes) {
      std::string& line = attributes[attribute.name];
      line = DtypeToJson(*attribute.dtype) + ShapeText(attribute.shape) + (attribute.is_null ? "null " : " ");
      if (attribute.failure) {
        line += attribute.failure->ToString();
      } else {
        AppendJson(attribute.value, line);
      }
    }
    for (const auto& [name, line] : attributes) text += "\n    @" + name + " " + line;
  });
  for (const auto& [path, text] : nodes) out += path + " " + text + "\n";
  return out;
}

}  // namespace rutter::test
