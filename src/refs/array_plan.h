#pragma once
// How one array is carried by a reference document: as references, as inline data, as text, or not at all.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/data_access.h"
#include "model/map.h"
#include "refs/reference_writer.h"
#include "refs/zarr_codecs.h"

namespace rutter {

class LindiReferences;

/// One chunk of a plan, in C order of the grid.
struct PlannedChunk {
  std::uint64_t number = 0;
  std::uint64_t offset = 0;  ///< In the source, or in ArrayPlan::inline_data.
  std::uint64_t length = 0;
  std::uint32_t source = 0;  ///< kInline: in inline_data.
  static constexpr std::uint32_t kInline = 0xFFFFFFFF;
};

/// What the writers need to know of one array; the same for every dialect.
struct ArrayPlan {
  Shape shape, chunk_shape;
  std::string dtype;                 ///< Zarr v2 "dtype" JSON: "\"<i2\"" or a structured list.
  DtypePtr element;                  ///< What one element of the document is: the stored type, its base, or its native form.
  bool native = false;               ///< The elements were converted to their native type.
  bool complete = true;              ///< No chunk is missing: the fill value stands for nothing.
  std::uint64_t past_end = 0;        ///< Chunks that end behind their source.
  bool loose_text = false;           ///< Fixed strings whose padding clients may show.
  bool column_major = false;
  DeclaredCodecs codecs;
  std::string fill_value = "null";   ///< v2 JSON.
  std::string fill_value_v3 = "0";
  /// "" = numbers; else the object codec of Array::object_codec: "vlen-utf8", "json2", "rutter-json".
  std::string object_codec;
  std::vector<PlannedChunk> chunks;  ///< Sorted; empty where `stream` is set.
  std::string inline_data;
  /// More chunks than are worth holding: they are streamed from this array's index when they are written.
  std::shared_ptr<const Array> stream;
};

/// Chunks that are kept as rows; beyond, the index is walked twice.
constexpr std::uint64_t kMaxPlannedRows = 8'000'000;

/// `sources` are those of the array's map; `lindi` is null but for that dialect. Errors: why the array cannot be carried (kUnsupported, kLimit, or its own damage).
Result<ArrayPlan> PlanArray(const Array& array, const std::vector<Source>& sources, const DataAccess& data, const WriteOptions& options,
                            const LindiReferences* lindi);

/// The shape that an array's plan has, known before it is made. The array's type must not be null.
Shape PlannedShape(const Array& array, const WriteOptions& options, const LindiReferences* lindi);

/// The chunk shape of a plan's grid.
Shape PlanGrid(const ArrayPlan& plan);

}  // namespace rutter
