#pragma once
// What stands behind the public handles, and the way between public types and the library's own.

#include <exception>
#include <memory>
#include <new>
#include <string>

#include "ops/open.h"
#include "rutter/rutter.h"

namespace rutter::v1 {

struct File::State {
  std::string place;
  OpenAnyOptions options;
  Dataset dataset;
};

struct Array::State {
  std::shared_ptr<const File::State> file;
  const Node* node = nullptr;  // an array that can be read, of file->dataset.map
  std::string path;
  ArrayInfo info;
};

Error ToPublic(const ::rutter::Error& error);
ArrayInfo DescribeArray(const ::rutter::Array& array);
::rutter::Slice FromPublic(const Slice& slice);

/// Runs `work`; no exception leaves the library.
template <class Work>
auto Guarded(Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return ToPublic(MakeError(::rutter::ErrorCode::kLimit, "out of memory"));
  } catch (const std::exception& problem) {
    return ToPublic(MakeError(::rutter::ErrorCode::kInternal, problem.what()));
  }
}

}  // namespace rutter::v1
