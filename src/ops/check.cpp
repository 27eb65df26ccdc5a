#include "ops/check.h"

#include <algorithm>
#include <utility>

#include "base/checked.h"
#include "io/url.h"

namespace rutter {
namespace {

class Checker {
 public:
  Checker(const Dataset& dataset, const CheckOptions& options) : dataset_(dataset), options_(options) {}

  Result<CheckReport> Run() {
    CheckSources();
    std::vector<const Node*> arrays;
    VisitNodes(dataset_.map.root, [&](const Node& node) {
      if (node.failure) Add(true, node.Path(), node.failure->ToString());
      if (node.attributes_failure) Add(true, node.Path(), node.attributes_failure->ToString());
      for (const Attribute& attribute : node.attributes) {
        if (attribute.failure) Add(true, node.Path(), "attribute " + attribute.name + ": " + attribute.failure->ToString());
      }
      if (node.kind == NodeKind::kArray && node.array != nullptr) arrays.push_back(&node);
    });
    for (const Node* node : arrays) RUTTER_TRY(CheckArray(*node));
    return std::move(report_);
  }

 private:
  void Add(bool is_error, std::string path, std::string message) { report_.findings.push_back({is_error, std::move(path), {}, std::move(message)}); }

  void CheckSources() {
    report_.sources = dataset_.map.sources.size();
    for (std::size_t i = 0; i < dataset_.map.sources.size(); ++i) {
      auto source = dataset_.pool->Get(static_cast<std::uint32_t>(i));
      sizes_.push_back(source ? (*source)->size() : 0);
      usable_.push_back(source.has_value());
      if (!source) {
        Add(true, "", source.error().ToString());
        continue;
      }
      if (auto same = (*source)->CheckUnchanged(); !same) {
        usable_.back() = false;
        Add(true, "", same.error().ToString());
      } else if (HasScheme((*source)->name()) && !(*source)->fingerprint().etag.starts_with('"')) {
        Add(false, "", (*source)->name() + " cannot be verified: its server gives no strong ETag, so that it may be replaced by another file of the same size unseen");
      }
    }
  }

  Status CheckArray(const Node& node) {
    const Array& array = *node.array;
    std::string path = node.Path();
    ++report_.arrays;
    if (array.failure) {
      Add(true, path, array.failure->ToString());
      return {};
    }
    if (array.index == nullptr || array.is_null) return {};
    if (auto decodable = CanDecode(array.codecs); !decodable) Add(false, path, decodable.error().ToString());
    if (dynamic_cast<const MosaicIndex*>(array.index.get()) != nullptr || dynamic_cast<const FlatIndex*>(array.index.get()) != nullptr) {
      return CheckWhole(path, array);
    }
    Shape grid = array.ChunkGrid();
    std::vector<Shape> present;
    auto status = array.index->Locate({Shape(grid.size(), 0), grid}, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk) -> Status {
      if (options_.cancel != nullptr && *options_.cancel) return Fail(ErrorCode::kCancelled, "cancelled");
      ++report_.chunks;
      if (options_.progress != nullptr) ++*options_.progress;
      if (chunk.inline_data == nullptr && !InBounds(path, chunk)) return {};
      if (options_.decode) present.emplace_back(index.begin(), index.end());
      if (present.size() >= 1024) return Decode(path, array, present);
      return {};
    });
    if (status) status = Decode(path, array, present);
    if (status) return {};
    if (status.error().code == ErrorCode::kCancelled) return status;
    Add(true, path, status.error().ToString());
    return {};
  }

  bool InBounds(const std::string& path, const ChunkRef& chunk) {
    if (chunk.source >= sizes_.size()) {
      Add(true, path, "a chunk names source " + std::to_string(chunk.source) + ", which the map does not have");
      return false;
    }
    if (!usable_[chunk.source]) return false;
    if (!RangeInside(chunk.offset, chunk.length, sizes_[chunk.source])) {
      Add(true, path, "a chunk's bytes " + std::to_string(chunk.offset) + " + " + std::to_string(chunk.length) + " lie outside its source of " +
                          std::to_string(sizes_[chunk.source]) + " bytes");
      return false;
    }
    if (chunk.length == 0) Add(true, path, "a chunk has no bytes");
    return true;
  }

  /// Flat and virtual arrays: their extents lie inside their sources, and with `decode` the data can be read.
  Status CheckWhole(const std::string& path, const Array& array) {
    if (const auto* flat = dynamic_cast<const FlatIndex*>(array.index.get())) {
      for (const Extent& extent : flat->extents()) {
        ++report_.chunks;
        ChunkRef chunk;
        chunk.source = extent.source;
        chunk.offset = extent.offset;
        chunk.length = extent.length;
        InBounds(path, chunk);
      }
    }
    return {};
  }

  Status Decode(const std::string& path, const Array& array, std::vector<Shape>& chunks) {
    if (chunks.empty()) return {};
    if (!array.object_codec.empty() || !array.dtype->IsFixed()) {
      auto values = dataset_.reader->ReadValues(array, array.NumElements().value_or(0));
      if (values) {
        report_.decoded_chunks += chunks.size();
      } else {
        Add(true, path, values.error().ToString());
      }
      chunks.clear();
      return {};
    }
    for (const Shape& index : chunks) {
      auto bytes = dataset_.reader->ReadChunk(array, index);
      if (!bytes) {
        if (bytes.error().code == ErrorCode::kCancelled) return Fail(std::move(bytes).error());
        Add(true, path, bytes.error().ToString());
      } else {
        ++report_.decoded_chunks;
      }
    }
    chunks.clear();
    return {};
  }

  const Dataset& dataset_;
  const CheckOptions& options_;
  CheckReport report_;
  std::vector<std::uint64_t> sizes_;
  std::vector<bool> usable_;
};

}  // namespace

bool CheckReport::HasErrors() const {
  return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.is_error; });
}

Result<CheckReport> CheckDataset(const Dataset& dataset, const CheckOptions& options) { return Checker(dataset, options).Run(); }

}  // namespace rutter
