#pragma once
// A bound on the memory that Values take: one stored byte can name a gigabyte elsewhere.

#include <atomic>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "model/value.h"

namespace rutter {

/// Roughly the memory that a value holds, itself included. Depth is the datatype's, bounded when it was decoded.
inline std::uint64_t ValueMemory(const Value& value) {
  std::uint64_t bytes = sizeof(Value);
  if (const auto* text = value.As<std::string>()) bytes += text->size();
  if (const auto* data = value.As<Bytes>()) bytes += data->data.size();
  if (const auto* list = value.As<ValueList>()) {
    for (const Value& item : *list) bytes += ValueMemory(item);
  }
  if (const auto* record = value.As<ValueRecord>()) {
    for (const auto& [name, item] : *record) bytes += sizeof(std::string) + name.size() + ValueMemory(item);
  }
  if (const auto* reference = value.As<Reference>()) {
    const ElementSelection& selection = reference->selection;
    bytes += reference->path.size() + selection.axes.size() * sizeof(HyperslabAxis);
    for (const Box& box : selection.boxes) bytes += sizeof(Box) + (box.start.size() + box.shape.size()) * 8;
    for (const Shape& point : selection.points) bytes += sizeof(Shape) + point.size() * 8;
  }
  return bytes;
}

/// Counts down; thread-safe.
class ValueBudget {
 public:
  explicit ValueBudget(std::uint64_t bytes) : limit_(bytes) {}

  Status Take(std::uint64_t bytes) {
    std::uint64_t before = used_.fetch_add(bytes, std::memory_order_relaxed);
    if (before <= limit_ && bytes <= limit_ - before) return {};
    return Fail(ErrorCode::kLimit, "the values take more than " + std::to_string(limit_) + " bytes of memory; read a smaller slice");
  }

 private:
  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
};

}  // namespace rutter
