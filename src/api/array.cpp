#include <utility>

#include "api/state.h"
#include "base/checked.h"
#include "io/atomic_file.h"
#include "read/json_output.h"
#include "read/write_slice.h"

namespace rutter::v1 {
namespace {

/// The options as the engine takes them; they point into `options`, which outlives the read.
::rutter::ReadOptions ToOwn(const ReadOptions& options) {
  ::rutter::ReadOptions own;
  own.threads = options.threads;
  own.max_memory_bytes = options.max_memory;
  own.cancel = options.cancel.flag().get();
  own.progress_bytes = options.progress.counter().get();
  return own;
}

std::string FolderOf(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Array::Array(std::shared_ptr<const State> state) : state_(std::move(state)) {}

const ArrayInfo& Array::info() const { return state_->info; }
const std::string& Array::path() const { return state_->path; }

namespace {

Error Located(::rutter::Error error, const std::string& path, const std::string& place) {
  if (error.where.path.empty()) error.where.path = path;
  if (error.where.source.empty()) error.where.source = place;
  return ToPublic(error);
}

}  // namespace

Status Array::Read(const Slice& slice, std::span<std::byte> out, const ReadOptions& options) const {
  return Guarded([&]() -> Status {
    auto status = state_->file->dataset.reader->Read(*state_->node->array, FromPublic(slice), out, ToOwn(options));
    if (status) return {};
    return Located(std::move(status).error(), state_->path, state_->file->place);
  });
}

Result<std::vector<std::byte>> Array::Read(const Slice& slice, const ReadOptions& options) const {
  return Guarded([&]() -> Result<std::vector<std::byte>> {
    const auto bytes = CheckedMul(NumElements(slice), state_->info.type.size_bytes);
    if (!bytes || *bytes > state_->file->options.limits.output_bytes) {
      return Located(MakeError(::rutter::ErrorCode::kLimit, "the slice is larger than memory"), state_->path, state_->file->place);
    }
    std::vector<std::byte> out(static_cast<std::size_t>(*bytes));
    Status status = Read(slice, out, options);
    if (!status) return status.error();
    return out;
  });
}

Result<std::string> Array::ReadJson(const Slice& slice, const ReadOptions& options) const {
  return Guarded([&]() -> Result<std::string> {
    std::string text;
    auto status = WriteJson(*state_->file->dataset.reader, *state_->node->array, state_->path, FromPublic(slice), ToOwn(options),
                            [&text](std::string_view part) -> ::rutter::Status {
                              text += part;
                              return {};
                            });
    if (!status) return Located(std::move(status).error(), state_->path, state_->file->place);
    return text;
  });
}

Status Array::Save(const Slice& slice, const std::string& output, const ReadOptions& options) const {
  return Guarded([&]() -> Status {
    auto file = AtomicFile::Create(output);
    if (!file) return ToPublic(file.error());
    const WriteSliceOptions write{ToOwn(options), output.ends_with(".npy"), FolderOf(output)};
    auto status = WriteSlice(*state_->file->dataset.reader, *state_->node->array, FromPublic(slice), write,
                             [&](std::string_view bytes) { return (*file)->Write(bytes); });
    if (status) status = (*file)->Commit();
    if (!status) return Located(std::move(status).error(), state_->path, state_->file->place);
    return {};
  });
}

}  // namespace rutter::v1
