#pragma once
// Rutter: maps scientific files and reads slices of them, local and remote. This header is all that a program needs.
//
//   auto file = rutter::File::Open("https://host/session.nwb");
//   if (!file) return Report(file.error());
//   auto array = file->OpenArray("/acquisition/ES/data");
//   auto bytes = array->Read(*rutter::ParseSlice("0:30000,10", array->info().shape));
//
// Nothing throws and nothing prints. Handles are cheap to copy, and copies share what they stand for. Every
// function may be called by any number of threads at once.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rutter/config.h"
#include "rutter/control.h"
#include "rutter/options.h"
#include "rutter/result.h"
#include "rutter/types.h"

namespace rutter {
RUTTER_V1 {

/// "0.1.0".
RUTTER_EXPORT const char* Version();

class File;

/// One array of an open file, which it keeps open.
class RUTTER_EXPORT Array {
 public:
  const ArrayInfo& info() const;
  const std::string& path() const;

  /// Reads a slice into `out`: C order, NumElements(slice) * info().type.size_bytes bytes exactly. `out` is not kept; after a
  /// failure its content is undefined. Chunks that were never stored give the fill value.
  /// Errors: kInvalidArgument (a slice outside the shape, another size of `out`, elements of no fixed size), kCorrupt,
  /// kTruncated, kUnsupported (a codec), kLimit, kIo, kPolicy, kSourceChanged, kCancelled.
  Status Read(const Slice& slice, std::span<std::byte> out, const ReadOptions& options = {}) const;
  /// The same into memory of its own.
  Result<std::vector<std::byte>> Read(const Slice& slice, const ReadOptions& options = {}) const;
  /// A slice of any type as one JSON object with "path", "shape", "dtype" and "values" (nested lists). Errors: as Read.
  Result<std::string> ReadJson(const Slice& slice, const ReadOptions& options = {}) const;
  /// Writes a slice of any size to a file, with no more memory than max_memory: a NumPy file where `output` ends in .npy, else
  /// the bytes alone. The file appears when it is whole. Where the chunks lie across the order of the output, a scratch file
  /// of the slice's size is made beside it. Errors: as Read; kUnsupported (types without a NumPy form).
  Status Save(const Slice& slice, const std::string& output, const ReadOptions& options = {}) const;

 private:
  friend class File;  // makes them
  struct State;
  explicit Array(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

/// An open data file or map.
class RUTTER_EXPORT File {
 public:
  /// Opens a local path or a URL: a data file of any format that rutter knows, or a map of one (a reference document).
  /// Errors: kNotFound, kIo, kUnsupported (no known format), kCorrupt, kTruncated, kLimit, kPolicy, kSourceChanged, kCancelled.
  static Result<File> Open(const std::string& place, const OpenOptions& options = {});

  const std::string& place() const;
  /// "hdf5", "npy", "spikeglx", "kerchunk", "lindi", ...
  const std::string& format() const;
  /// False where `place` is a map of a file.
  bool is_data_file() const;

  /// Every node below `path`, itself first, parents before children. Errors: kNotFound.
  Result<std::vector<NodeInfo>> List(std::string_view path = "/") const;
  /// The attributes of a node as one JSON object; those that cannot be read are null, and those that cannot be
  /// listed are not there (NodeInfo::attributes_failure). Errors: kNotFound.
  Result<std::string> AttributesJson(std::string_view path) const;
  /// Errors: kNotFound, kInvalidArgument (no array), what its mapping failed with.
  Result<Array> OpenArray(std::string_view path) const;

  /// Writes the map of the file to `output`, which appears when it is whole. Arrays that the kind of map cannot carry are in
  /// the report. Errors: kInvalidArgument (the ending names no kind), kIo, kLimit, kSourceChanged, kCancelled.
  Result<MapReport> WriteMap(const std::string& output, const MapOptions& options = {}) const;
  /// Are the sources those that were mapped, does every chunk lie inside them, does each decode? Errors: kCancelled.
  Result<CheckReport> Check(const CheckOptions& options = {}) const;

  Counters counters() const;

 private:
  friend class Array;  // keeps the file open
  struct State;
  explicit File(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace v1
}  // namespace rutter
