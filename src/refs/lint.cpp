#include "refs/lint.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace rutter {
namespace {

using Json = nlohmann::ordered_json;

bool PlainName(std::string_view name) {
  for (char c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
    if (!plain) return false;
  }
  return true;
}

/// Which clients lack a numcodecs id, by clients' own registries (docs/maps.md, "Codec reach"); nullptr = all have it.
const char* MissingIn(const std::string& codec) {
  static const std::map<std::string, const char*> kMissing = {
      {"fletcher32", "zarrita, GDAL"}, {"bz2", "zarrita, GDAL"},        {"lzma", "zarrita"},    {"lz4", "neuroglancer, TensorStore"},
      {"vlen-bytes", "zarr-python 3 (as strings), zarrita"},             {"vlen-array", "zarr-python 3, zarrita"}, {"json2", "zarr-python 3"}};
  static const std::set<std::string> kEverywhere = {"zlib", "gzip", "zstd", "blosc", "shuffle", "vlen-utf8", "delta", "fixedscaleoffset"};
  if (auto found = kMissing.find(codec); found != kMissing.end()) return found->second;
  return kEverywhere.contains(codec) ? nullptr : "every client without a plug-in for it";
}

class Linter {
 public:
  explicit Linter(std::size_t max_findings) : max_(max_findings) {}

  void Run(const Json& document) {
    if (!document.is_object()) return Add("", "all", "the document is no JSON object");
    auto first = document.begin();
    if (!document.contains("version")) return Add("", "GDAL, Kerchunk.jl", "no \"version\": a version 0 document");
    if (first.key() != "version") Add("version", "GDAL", "\"version\" is not the first member");
    if (document.contains("templates")) Add("templates", "GDAL, VirtualiZarr", "templates are in use");
    if (document.contains("gen")) Add("gen", "fsspec (silently), GDAL, Kerchunk.jl", "gen is in use");
    auto refs = document.find("refs");
    if (refs == document.end() || !refs->is_object()) return Add("refs", "all", "no \"refs\" object");
    if (!refs->contains(".zgroup") && !refs->contains("zarr.json")) Add(".zgroup", "GDAL, xarray", "the root group has no .zgroup");
    for (const auto& [key, value] : refs->items()) Key(*refs, key, value);
  }

  std::vector<LintFinding> Take() { return std::move(findings_); }

 private:
  void Add(std::string key, std::string clients, std::string message) {
    if (findings_.size() < max_) findings_.push_back({std::move(key), std::move(clients), std::move(message)});
  }

  void Key(const Json& refs, const std::string& key, const Json& value) {
    if (!PlainName(key)) Add(key, "zarrita", "the name holds other characters than letters, digits, _ - .");
    std::string last = key.substr(key.rfind('/') + 1);
    if (last == ".zarray" || last == ".zgroup" || last == ".zattrs" || last == "zarr.json") {
      if (value.is_object()) Add(key, "zarrita, VirtualiZarr, old fsspec", "metadata is a JSON object, not a string");
      if (last == ".zarray") ArrayMetadata(refs, key, value);
      return;
    }
    if (!value.is_array()) return;
    if (value.size() != 3) return Add(key, "zarrita, LINDI, Neurosift", "a reference without offset and length");
    if (!value[0].is_string() || !value[1].is_number_unsigned() || !value[2].is_number_unsigned()) return Add(key, "all", "a malformed reference");
    std::string url = value[0].get<std::string>();
    bool absolute = url.starts_with("/") || url.find("://") != std::string::npos;
    if (!absolute && relative_.insert(url).second) Add(key, "fsspec, zarrita, GDAL (each resolves it elsewhere)", "the URL " + url + " is relative");
    if (value[2].get<std::uint64_t>() == 0) Add(key, "GDAL, fsspec parquet", "a reference of no bytes");
    if (value[2].get<std::uint64_t>() > 0xFFFFFFFFull) Add(key, "GDAL", "a reference of 4 GiB or more");
  }

  void ArrayMetadata(const Json& refs, const std::string& key, const Json& value) {
    Json metadata = value.is_string() ? Json::parse(value.get<std::string>(), nullptr, false) : value;
    if (!metadata.is_object()) return Add(key, "all", "the metadata is no JSON object");
    std::string attributes = key.substr(0, key.size() - 5) + "attrs";
    Json parsed;
    if (auto found = refs.find(attributes); found != refs.end()) {
      parsed = found->is_string() ? Json::parse(found->get<std::string>(), nullptr, false) : *found;
    }
    if (!parsed.is_object() || !parsed.contains("_ARRAY_DIMENSIONS")) Add(attributes, "xarray, VirtualiZarr", "no _ARRAY_DIMENSIONS");
    auto filters = metadata.find("filters");
    if (filters != metadata.end() && filters->is_array()) {
      if (filters->empty()) Add(key, "zarr-python 3", "\"filters\" is [], not null");
      for (const Json& filter : *filters) Codec(key, filter);
      for (const Json& filter : *filters) Shuffle(key, filter, metadata.value("dtype", Json()));
    }
    if (auto compressor = metadata.find("compressor"); compressor != metadata.end() && compressor->is_object()) Codec(key, *compressor);
    if (metadata.value("dimension_separator", ".") != ".") Add(key, "parquet references, VirtualiZarr, Neurosift", "the separator is not \".\"");
  }

  void Codec(const std::string& key, const Json& codec) {
    std::string id = codec.is_object() ? codec.value("id", "") : "";
    if (const char* clients = MissingIn(id)) Add(key, clients, "the codec " + id);
    if (id == "blosc" && codec.value("cname", "") == "snappy") Add(key, "zarr-python, xarray", "the codec blosc with snappy");
  }

  /// zarrita shuffles by the array's type whatever the codec says; the elements of HDF5 array types are several of it.
  void Shuffle(const std::string& key, const Json& codec, const Json& dtype) {
    if (!codec.is_object() || codec.value("id", "") != "shuffle" || !dtype.is_string()) return;
    const std::string descr = dtype.get<std::string>();
    const std::size_t digits = descr.find_first_of("0123456789");
    if (digits == std::string::npos || descr.find_first_of("OUMm") != std::string::npos) return;
    const std::string shuffled = std::to_string(codec.value("elementsize", std::uint64_t{4}));
    if (descr.substr(digits) != shuffled) Add(key, "zarrita (other values)", "shuffled by " + shuffled + " bytes, and the elements have " + descr.substr(digits));
  }

  std::size_t max_;
  std::vector<LintFinding> findings_;
  std::set<std::string> relative_;
};

}  // namespace

Result<std::vector<LintFinding>> LintReferences(std::string_view document, std::size_t max_findings) {
  Json parsed = Json::parse(document.begin(), document.end(), nullptr, false);
  if (parsed.is_discarded()) return Fail(ErrorCode::kCorrupt, "the map is not JSON");
  Linter linter(max_findings);
  // Values of unexpected types throw inside the JSON library; they are the document's fault.
  try {
    linter.Run(parsed);
  } catch (const Json::exception& exception) {
    return Fail(ErrorCode::kCorrupt, std::string("the map's JSON has members of the wrong type: ") + exception.what());
  }
  return linter.Take();
}

}  // namespace rutter
