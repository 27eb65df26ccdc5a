#include "formats/npy/format.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "formats/npy/header.h"
#include "model/make_node.h"

namespace rutter {
namespace {

using npy::Header;
using npy::Preamble;

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::string_view kZipMagic = "PK\x03\x04";

std::string_view AsText(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// A zip whose first member is an .npy: np.savez wrote it.
bool IsNpz(std::string_view head, std::string_view name) {
  constexpr std::size_t kNameLengthAt = 26, kNameAt = 30;
  if (!head.starts_with(kZipMagic)) return false;
  if (name.ends_with(".npz")) return true;
  if (head.size() < kNameAt) return false;
  std::size_t length = static_cast<unsigned char>(head[kNameLengthAt]) + 256u * static_cast<unsigned char>(head[kNameLengthAt + 1]);
  return head.substr(kNameAt, length).ends_with(".npy");
}

Error ErrorAt(ErrorCode code, std::string message, const std::string& source) {
  Error error = MakeError(code, std::move(message));
  error.where.source = source;
  error.where.structure = "NPY header";
  error.where.spec = npy::kSpec;
  return error;
}

/// CF's words for the units that it has; empty for the others.
std::string_view CfUnit(std::string_view numpy_unit) {
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"D", "days"}, {"h", "hours"}, {"m", "minutes"}, {"s", "seconds"}, {"ms", "milliseconds"}, {"us", "microseconds"}, {"ns", "nanoseconds"}};
  for (const auto& [unit, word] : kWords) {
    if (unit == numpy_unit) return word;
  }
  return {};
}

class NpyFile : public FormatFile {
 public:
  NpyFile(std::shared_ptr<ByteSource> source, Preamble preamble, Header header)
      : source_(std::move(source)), preamble_(preamble), header_(std::move(header)) {}

  Result<Map> Describe() override;
  std::vector<std::shared_ptr<ByteSource>> Sources() const override { return {source_}; }
  Result<nlohmann::json> Inspect() override;

 private:
  std::uint64_t DataOffset() const { return preamble_.dictionary_offset + preamble_.dictionary_bytes; }
  /// Shape, strides and the chunk grid; a failure stays on the array.
  void PlaceElements(Array& array, Map& map) const;

  std::shared_ptr<ByteSource> source_;
  Preamble preamble_;
  Header header_;
};

void NpyFile::PlaceElements(Array& array, Map& map) const {
  const Shape& shape = header_.shape;
  std::uint64_t element_bytes = array.dtype->size_bytes;
  std::size_t rank = shape.size();
  array.shape = shape;
  array.chunk_shape.assign(rank, 1);
  if (element_bytes == 0) {
    array.failure = ErrorAt(ErrorCode::kUnsupported, "elements of zero bytes", source_->name());
    return;
  }
  auto elements = CheckedProduct(shape);
  auto bytes = elements ? CheckedMul(*elements, element_bytes) : std::nullopt;
  if (!bytes) {
    array.failure = ErrorAt(ErrorCode::kCorrupt, "the shape needs more than 2^64 bytes", source_->name());
    return;
  }
  std::uint64_t stored = source_->size() - DataOffset();
  if (*bytes > stored) {
    array.failure = ErrorAt(ErrorCode::kTruncated,
                            "the shape needs " + std::to_string(*bytes) + " bytes, " + std::to_string(stored) + " follow the header",
                            source_->name());
    array.failure->where.offset = DataOffset();
    array.failure->hint = "the file was cut short; copy it again from where it came";
    return;
  }
  if (*bytes < stored) {
    map.notes.push_back(std::to_string(stored - *bytes) + " bytes follow the array and are not part of it");
  }
  // The bytes are in C order of the axes taken backwards where the file is in Fortran order.
  array.column_major = header_.fortran_order && rank > 1;
  Shape slowest_first = shape;
  if (array.column_major) std::reverse(slowest_first.begin(), slowest_first.end());
  Shape chunks = ChooseFlatChunks(slowest_first, element_bytes);
  std::vector<std::uint64_t> strides(rank, element_bytes);
  if (*bytes > 0) {
    for (std::size_t k = rank; k-- > 1;) strides[k - 1] = strides[k] * slowest_first[k];
  }
  if (array.column_major) {
    std::reverse(chunks.begin(), chunks.end());
    std::reverse(strides.begin(), strides.end());
  }
  array.chunk_shape = std::move(chunks);
  std::vector<Extent> extents = {{0, 0, DataOffset(), *bytes}};
  array.index = std::make_shared<FlatIndex>(std::move(extents), std::move(strides), shape, array.chunk_shape, element_bytes);
}

Result<Map> NpyFile::Describe() {
  Map map;
  map.format = "npy";
  Fingerprint fingerprint = source_->fingerprint();
  map.sources.push_back({source_->name(), source_->size(), fingerprint.mtime_ns, fingerprint.etag, fingerprint.last_modified});
  auto array = std::make_unique<Array>();
  const npy::Descr& descr = header_.descr;
  if (descr.has_objects) {
    Dtype opaque;
    opaque.type_class = TypeClass::kOpaque;
    opaque.size_bytes = 8;
    opaque.tag = "pickled Python object";
    array->dtype = std::make_shared<Dtype>(std::move(opaque));
    array->shape = header_.shape;
    array->chunk_shape.assign(header_.shape.size(), 1);
    array->failure = ErrorAt(ErrorCode::kUnsupported, "an array of pickled Python objects has no elements of a fixed size", source_->name());
    array->failure->hint =
        "if you trust the file, load it with np.load(path, allow_pickle=True) and save it with a numeric or string dtype";
  } else {
    array->dtype = descr.dtype;
    PlaceElements(*array, map);
  }
  for (std::size_t k = 0; k < header_.shape.size(); ++k) array->dimension_names.push_back("dim_" + std::to_string(k));

  Node& node = AddArray(map.root, "data", std::move(array));
  if (descr.needs_numpy_dtype) node.attributes.push_back(MakeTextAttribute("numpy_dtype", header_.descr_text));
  std::string_view unit = descr.date_step == 1 ? CfUnit(descr.date_unit) : std::string_view();
  if (descr.date_kind != 0 && !unit.empty()) {
    std::string units(unit);
    if (descr.date_kind == 'M') units += " since 1970-01-01";
    node.attributes.push_back(MakeTextAttribute("units", std::move(units)));
    if (descr.date_kind == 'M') node.attributes.push_back(MakeTextAttribute("calendar", "proleptic_gregorian"));
  }
  return map;
}

Result<nlohmann::json> NpyFile::Inspect() {
  nlohmann::json report;
  report["format"] = "npy";
  report["version"] = std::to_string(preamble_.major) + "." + std::to_string(preamble_.minor);
  report["dictionary"] = {{"offset", preamble_.dictionary_offset}, {"length", preamble_.dictionary_bytes}};
  report["descr"] = header_.descr_text;
  report["fortran_order"] = header_.fortran_order;
  report["shape"] = header_.shape;
  report["data_offset"] = DataOffset();
  report["size"] = source_->size();
  return report;
}

Confidence SniffNpy(std::span<const std::byte> head, std::string_view name) {
  std::string_view text = AsText(head);
  if (text.starts_with(kMagic)) return Confidence::kCertain;
  if (IsNpz(text, name)) return Confidence::kLikely;
  return Confidence::kNo;
}

Result<std::unique_ptr<FormatFile>> OpenNpy(std::shared_ptr<ByteSource> source, const OpenOptions& options) {
  std::vector<std::byte> head(static_cast<std::size_t>(std::min<std::uint64_t>(source->size(), npy::kMaxPreambleBytes)));
  RUTTER_TRY(source->ReadAt(0, head));
  if (AsText(head).starts_with(kZipMagic)) {
    Error error = ErrorAt(ErrorCode::kUnsupported, "an .npz is a zip archive of .npy files, not an .npy file", source->name());
    error.hint = "unpack it (unzip) and open the .npy files in it";
    return Fail(std::move(error));
  }
  RUTTER_ASSIGN(Preamble preamble, npy::DecodePreamble(head, source->name()));
  if (preamble.dictionary_bytes > options.limits.metadata_bytes) {
    return Fail(ErrorAt(ErrorCode::kLimit, "the header is longer than Limits::metadata_bytes", source->name()));
  }
  if (!RangeInside(preamble.dictionary_offset, preamble.dictionary_bytes, source->size())) {
    return Fail(ErrorAt(ErrorCode::kTruncated, "the header is longer than the file", source->name()));
  }
  std::vector<std::byte> dictionary(static_cast<std::size_t>(preamble.dictionary_bytes));
  RUTTER_TRY(source->ReadAt(preamble.dictionary_offset, dictionary));
  RUTTER_ASSIGN(Header header, npy::DecodeDictionary(AsText(dictionary), preamble, source->name(), options.limits));
  return std::unique_ptr<FormatFile>(std::make_unique<NpyFile>(std::move(source), preamble, std::move(header)));
}

}  // namespace

const Format kNpyFormat = {"npy", "NumPy NPY", SniffNpy, OpenNpy};

}  // namespace rutter
