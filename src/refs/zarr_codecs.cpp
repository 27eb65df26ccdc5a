#include "refs/zarr_codecs.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "model/value_json.h"
#include "refs/json_value.h"

namespace rutter {
namespace {

constexpr std::array<const char*, 6> kBloscNames = {"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"};

std::uint32_t ValueAt(const CodecSpec& stage, std::size_t index, std::uint32_t otherwise) {
  return index < stage.values.size() ? stage.values[index] : otherwise;
}

/// The numcodecs configuration of one stage, members after "id"; empty where numcodecs has none.
std::string Numcodecs(const CodecSpec& stage, std::uint32_t element_bytes) {
  switch (stage.id) {
    case CodecId::kDeflate: return "\"id\":\"zlib\",\"level\":" + std::to_string(std::min(ValueAt(stage, 0, 1), 9u));
    case CodecId::kGzip: return "\"id\":\"gzip\",\"level\":" + std::to_string(std::min(ValueAt(stage, 0, 1), 9u));
    case CodecId::kShuffle: return "\"id\":\"shuffle\",\"elementsize\":" + std::to_string(ValueAt(stage, 0, element_bytes));
    case CodecId::kZstd: return "\"id\":\"zstd\",\"level\":" + std::to_string(static_cast<std::int32_t>(ValueAt(stage, 0, 3)));
    case CodecId::kBzip2: return "\"id\":\"bz2\",\"level\":" + std::to_string(std::clamp(ValueAt(stage, 0, 9), 1u, 9u));
    case CodecId::kLz4: return "\"id\":\"lz4\",\"acceleration\":1";
    case CodecId::kBlosc: {
      // HDF5's client values: format versions, element bytes, chunk bytes, level, shuffle, compressor.
      std::uint32_t name = ValueAt(stage, 6, 0);
      return std::string("\"id\":\"blosc\",\"blocksize\":0,\"clevel\":") + std::to_string(std::min(ValueAt(stage, 4, 5), 9u)) +
             ",\"shuffle\":" + std::to_string(std::min(ValueAt(stage, 5, 1), 2u)) + ",\"cname\":\"" + kBloscNames[name < 6 ? name : 0] + "\"";
    }
    case CodecId::kDelta:
    case CodecId::kFixedScaleOffset: return stage.config.size() > 2 ? stage.config.substr(1, stage.config.size() - 2) : "";
    default: return "";
  }
}

bool IsCompressor(CodecId id) {
  return id == CodecId::kDeflate || id == CodecId::kZstd || id == CodecId::kBlosc || id == CodecId::kBzip2 || id == CodecId::kGzip || id == CodecId::kLz4;
}

/// "\"id\":\"zlib\",\"level\":4" -> {"name":"numcodecs.zlib","configuration":{"level":4}}; gzip, zstd and blosc are core codecs.
std::string V3(const CodecSpec& stage, const std::string& members, std::uint32_t element_bytes) {
  auto comma = members.find(',');
  std::string name = members.substr(6, comma - 7);
  std::string rest = comma == std::string::npos ? "" : members.substr(comma + 1);
  if (stage.id == CodecId::kGzip) return ",{\"name\":\"gzip\",\"configuration\":{" + rest + "}}";
  if (stage.id == CodecId::kZstd) return ",{\"name\":\"zstd\",\"configuration\":{" + rest + ",\"checksum\":false}}";
  if (stage.id == CodecId::kBlosc) {
    static constexpr std::array<const char*, 3> kShuffles = {"noshuffle", "shuffle", "bitshuffle"};
    std::uint32_t compressor = ValueAt(stage, 6, 0);
    return std::string(",{\"name\":\"blosc\",\"configuration\":{\"cname\":\"") + kBloscNames[compressor < 6 ? compressor : 0] +
           "\",\"clevel\":" + std::to_string(std::min(ValueAt(stage, 4, 5), 9u)) + ",\"shuffle\":\"" + kShuffles[std::min(ValueAt(stage, 5, 1), 2u)] +
           "\",\"typesize\":" + std::to_string(std::max(1u, element_bytes)) + ",\"blocksize\":0}}";
  }
  return ",{\"name\":\"numcodecs." + name + "\",\"configuration\":{" + rest + "}}";
}

}  // namespace

Result<DeclaredCodecs> DeclareCodecs(const std::vector<CodecSpec>& stages, std::uint32_t element_bytes, bool zlib_in_filters) {
  DeclaredCodecs declared;
  declared.stages = stages;
  // Clients read the same bytes without the checksum that stands behind them; fletcher32 itself few of them have.
  if (!declared.stages.empty() && declared.stages.back().id == CodecId::kFletcher32) {
    declared.stages.pop_back();
    declared.cut_bytes = 4;
  }
  // A shuffle of single bytes does nothing, and some clients refuse it.
  std::erase_if(declared.stages, [&](const CodecSpec& stage) { return stage.id == CodecId::kShuffle && ValueAt(stage, 0, element_bytes) <= 1; });
  std::vector<std::string> texts;
  bool compressed = false;
  for (const CodecSpec& stage : declared.stages) {
    // HDF5 shuffles what it can of any length and leaves the rest; numcodecs refuses what is no multiple of the element.
    if (stage.id == CodecId::kShuffle && compressed) return Fail(ErrorCode::kUnsupported, "Zarr clients cannot undo a shuffle of compressed bytes");
    compressed = compressed || IsCompressor(stage.id);
    std::string members = Numcodecs(stage, element_bytes);
    if (members.empty()) {
      const Codec* known = FindCodec(stage.id);
      std::string title = known != nullptr ? known->title : stage.name.empty() ? Hdf5FilterTitle(stage.hdf5_filter) : stage.name;
      return Fail(ErrorCode::kUnsupported, "Zarr clients have no codec for filter " + std::to_string(stage.hdf5_filter) + " (" + title + ")");
    }
    declared.v3 += V3(stage, members, element_bytes);
    texts.push_back("{" + members + "}");
  }
  // Readers undo the compressor first, then the filters from the last to the first.
  bool zlib_filter = zlib_in_filters && !texts.empty() && declared.stages.back().id == CodecId::kDeflate;
  if (!texts.empty() && IsCompressor(declared.stages.back().id) && !zlib_filter) {
    declared.compressor = texts.back();
    texts.pop_back();
  }
  if (!texts.empty()) {
    declared.filters = "[";
    for (std::size_t k = 0; k < texts.size(); ++k) declared.filters += (k == 0 ? "" : ",") + texts[k];
    declared.filters += "]";
  }
  return declared;
}

namespace {

/// A stage by its numcodecs id and the object that holds its parameters.
CodecSpec CodecFrom(std::string id, const Value& parameters, std::uint32_t element_bytes) {
  CodecSpec stage;
  stage.name = std::move(id);
  auto number = [&](const char* key, std::int64_t otherwise) {
    const Value* found = JsonMember(parameters, key);
    const auto* integer = found == nullptr ? nullptr : found->As<std::int64_t>();
    return static_cast<std::uint32_t>(integer == nullptr ? otherwise : std::clamp<std::int64_t>(*integer, INT32_MIN, INT32_MAX));
  };
  if (const Codec* codec = FindCodecByZarrV2(stage.name)) {
    stage.id = codec->id;
    stage.hdf5_filter = codec->hdf5_filter;
  } else if (stage.name == "delta") {
    stage.id = CodecId::kDelta;
  } else if (stage.name == "fixedscaleoffset") {
    stage.id = CodecId::kFixedScaleOffset;
  }
  switch (stage.id) {
    case CodecId::kShuffle: stage.values = {number("elementsize", 4)}; break;
    case CodecId::kDeflate:
    case CodecId::kGzip:
    case CodecId::kZstd:
    case CodecId::kBzip2: stage.values = {number("level", 1)}; break;
    case CodecId::kFletcher32:
    case CodecId::kLz4: break;
    case CodecId::kBlosc: {
      std::uint32_t compressor = 0, shuffle = number("shuffle", 1);
      if (const auto* name = JsonText(parameters, "cname")) {
        auto at = std::find_if(kBloscNames.begin(), kBloscNames.end(), [&](const char* n) { return *name == n; });
        if (at != kBloscNames.end()) compressor = static_cast<std::uint32_t>(at - kBloscNames.begin());
      }
      if (const auto* name = JsonText(parameters, "shuffle")) shuffle = *name == "noshuffle" ? 0 : *name == "bitshuffle" ? 2 : 1;
      stage.values = {2, 2, number("typesize", element_bytes), 0, number("clevel", 5), shuffle, compressor};
      break;
    }
    default: AppendJson(parameters, stage.config); break;
  }
  return stage;
}

}  // namespace

Result<CodecSpec> CodecFromNumcodecs(const Value& json, std::uint32_t element_bytes) {
  const auto* id = JsonText(json, "id");
  if (id == nullptr) return Fail(ErrorCode::kCorrupt, "a codec without an id");
  return CodecFrom(*id, json, element_bytes);
}

Result<CodecSpec> CodecFromZarr3(const Value& json, std::uint32_t element_bytes) {
  const auto* name = json.As<std::string>();
  if (name == nullptr) name = JsonText(json, "name");
  if (name == nullptr) return Fail(ErrorCode::kCorrupt, "a codec without a name");
  static const Value kNone{ValueRecord()};
  const Value* configuration = JsonMember(json, "configuration");
  std::string_view id = *name;
  if (id.starts_with("numcodecs.")) id.remove_prefix(10);
  return CodecFrom(std::string(id), configuration == nullptr ? kNone : *configuration, element_bytes);
}

}  // namespace rutter
