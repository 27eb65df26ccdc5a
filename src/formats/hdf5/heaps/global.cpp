#include "formats/hdf5/heaps/global.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/rare.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.E Global Heap";
constexpr std::string_view kStructure = "global heap collection";

std::uint64_t AlignTo8(std::uint64_t n) { return (n + 7) & ~7ull; }

}  // namespace

struct GlobalHeap::Collection {
  struct Entry {
    std::uint16_t index = 0;
    std::span<const std::byte> bytes;
  };
  std::uint64_t address = 0;
  std::vector<Entry> entries;  ///< Sorted by index.
  Rare<Error> failure;         ///< Why the collection cannot be read; kept, so that it is tried once.

  Status Read(File& file, std::uint64_t& parsed_bytes);
};

Status GlobalHeap::Collection::Read(File& file, std::uint64_t& parsed_bytes) {
  const unsigned width = file.sizes().lengths;
  const std::uint64_t collection_header_bytes = AlignTo8(8 + width), object_header_bytes = AlignTo8(8 + width);
  RUTTER_ASSIGN(ByteReader head, file.Open(address, 8 + width, kStructure, kSpec));
  head.Signature("GCOL");
  head.Version(1);
  head.Skip(3);  // reserved
  std::uint64_t collection_bytes = head.Uint(width);
  if (head.ok() && collection_bytes < collection_header_bytes) head.Fail(ErrorCode::kCorrupt, "a size below that of its header");
  RUTTER_TRY(head.Check());
  RUTTER_ASSIGN(ByteReader r, file.Open(address, collection_bytes, kStructure, kSpec));
  if (collection_bytes > file.end() - std::min(parsed_bytes, file.end())) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "the collections are together larger than the file", address, kStructure,
                                 kSpec));
  }
  parsed_bytes += collection_bytes;

  r.Skip(collection_header_bytes);
  // A tail that is too small for an object header is free space.
  while (r.ok() && r.remaining() >= object_header_bytes) {
    std::uint16_t index = r.U16();
    r.Skip(2);  // reference count
    r.Skip(4);  // reserved
    std::uint64_t bytes = r.Uint(width);
    r.Skip(object_header_bytes - 8 - width);
    if (index == 0) {  // The free space, whose size counts its header.
      if (bytes < object_header_bytes) {
        r.Fail(ErrorCode::kCorrupt, "the free space is smaller than its header");
      } else {
        r.Skip(bytes - object_header_bytes);
      }
      continue;
    }
    auto data = r.Take(bytes);
    r.Skip(std::min<std::uint64_t>(AlignTo8(bytes) - bytes, r.remaining()));
    entries.push_back({index, data});
  }
  RUTTER_TRY(r.Check());
  auto by_index = [](const Entry& a, const Entry& b) { return a.index < b.index; };
  if (!std::is_sorted(entries.begin(), entries.end(), by_index)) std::sort(entries.begin(), entries.end(), by_index);
  auto same_index = [](const Entry& a, const Entry& b) { return a.index == b.index; };
  if (auto twice = std::adjacent_find(entries.begin(), entries.end(), same_index); twice != entries.end()) {
    return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "object " + std::to_string(twice->index) + " stands twice", address,
                                 kStructure, kSpec));
  }
  return {};
}

GlobalHeap::GlobalHeap(File& file) : file_(file) {}
GlobalHeap::~GlobalHeap() = default;

const GlobalHeap::Collection& GlobalHeap::Load(std::uint64_t address) {
  std::lock_guard lock(mutex_);
  auto& slot = collections_[address];
  if (slot == nullptr) {
    auto read = std::make_unique<Collection>();
    read->address = address;
    if (Status status = read->Read(file_, parsed_bytes_); !status) {
      read->entries.clear();
      read->failure = std::move(status).error();
    }
    slot = std::move(read);
  }
  recent_[RecentSlot(address)].store(slot.get(), std::memory_order_release);
  return *slot;
}

Result<std::span<const std::byte>> GlobalHeap::Object(std::uint64_t address, std::uint32_t index) {
  const Collection* collection = recent_[RecentSlot(address)].load(std::memory_order_acquire);
  if (collection == nullptr || collection->address != address) collection = &Load(address);
  if (collection->failure) return Fail(*collection->failure);
  const auto& entries = collection->entries;
  auto found = std::lower_bound(entries.begin(), entries.end(), index,
                                [](const Collection::Entry& entry, std::uint32_t wanted) { return entry.index < wanted; });
  if (found == entries.end() || found->index != index) {
    return Fail(file_.MakeErrorAt(ErrorCode::kCorrupt, "there is no object " + std::to_string(index), address, kStructure, kSpec));
  }
  return found->bytes;
}

}  // namespace rutter::hdf5
