#include "formats/hdf5/virtual_sources.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "formats/hdf5/describe.h"

namespace rutter::hdf5 {
namespace {

constexpr std::size_t kRecentSources = 16;
constexpr std::size_t kMaxNesting = 8;
constexpr std::size_t kMaxNestedSetups = 1'000;
constexpr std::string_view kStructure = "virtual dataset";

/// The virtual datasets that this thread is setting up, each inside the one before.
struct Nesting {
  std::vector<std::pair<std::string, std::uint64_t>> chain;  ///< File and object address.
  std::size_t setups = 0;                                    ///< Since the chain was empty.
};
thread_local Nesting nesting;

/// No such file, no such object, or an object that is no dataset.
bool IsMissing(const Error& error) {
  return error.code == ErrorCode::kNotFound || error.code == ErrorCode::kInvalidArgument;
}

}  // namespace

VirtualNesting::VirtualNesting(const File& file, std::uint64_t object_address) {
  std::pair<std::string, std::uint64_t> self{file.name(), object_address};
  if (nesting.chain.empty()) nesting.setups = 0;
  if (std::find(nesting.chain.begin(), nesting.chain.end(), self) != nesting.chain.end()) {
    status_ = Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "virtual datasets that lead to each other in a circle", object_address,
                                    kStructure, {}));
  } else if (nesting.chain.size() >= kMaxNesting || ++nesting.setups > kMaxNestedSetups) {
    status_ = Fail(file.MakeErrorAt(ErrorCode::kLimit, "virtual datasets of virtual datasets, too many of them", object_address,
                                    kStructure, {}));
  }
  nesting.chain.push_back(std::move(self));
}

VirtualNesting::~VirtualNesting() { nesting.chain.pop_back(); }

Result<std::shared_ptr<ByteSource>> VirtualSources::FindFile(const std::string& name) const {
  if (name == ".") return file_->source();
  auto found = file_->opener()->Open(name, file_->name());
  if (found || !name.starts_with('/')) return found;
  if (found.error().code != ErrorCode::kNotFound && found.error().code != ErrorCode::kPolicy) return found;
  const std::string last = name.substr(name.rfind('/') + 1);
  if (last.empty()) return found;
  auto beside = file_->opener()->Open(last, file_->name());
  // Where there is nothing beside either, the refusal says more than "not found".
  if (!beside && found.error().code == ErrorCode::kPolicy) return found;
  return beside;
}

Result<std::shared_ptr<const MosaicSource>> VirtualSources::Open(const VirtualSourceName& name) {
  {
    std::lock_guard lock(mutex_);
    auto known = std::find_if(recent_.begin(), recent_.end(), [&](const auto& entry) { return entry.first == name; });
    if (known != recent_.end()) {
      recent_.splice(recent_.begin(), recent_, known);
      return recent_.front().second;
    }
  }
  std::shared_ptr<const MosaicSource> result;
  auto source = FindFile(name.file);
  if (!source && !IsMissing(source.error())) return Fail(std::move(source).error());
  if (source) {
    RUTTER_ASSIGN(OpenedFile opened, OpenHdf5(*source, file_->opener(), file_->limits()));
    auto dataset = OpenDataset(opened, name.dataset);
    if (!dataset && !IsMissing(dataset.error())) return Fail(std::move(dataset).error());
    if (dataset) result = *std::move(dataset);
  }
  std::lock_guard lock(mutex_);
  recent_.emplace_front(name, result);
  if (recent_.size() > kRecentSources) recent_.pop_back();
  return result;
}

Result<std::optional<Shape>> VirtualSources::OpenShape(const VirtualSourceName& name) {
  RUTTER_ASSIGN(auto source, Open(name));
  if (!source) return std::optional<Shape>();
  if (source->array->failure) return Fail(*source->array->failure);
  return std::optional<Shape>(source->array->shape);
}

}  // namespace rutter::hdf5
