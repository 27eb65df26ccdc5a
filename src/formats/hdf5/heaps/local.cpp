#include "formats/hdf5/heaps/local.h"

#include <cstring>
#include <string>

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSpec = "HDF5 4.0, III.D Local Heaps";
constexpr std::string_view kHeader = "local heap header";
constexpr std::string_view kData = "local heap data segment";

}  // namespace

Result<LocalHeap> LocalHeap::Open(File& file, std::uint64_t address) {
  const Sizes& sizes = file.sizes();
  RUTTER_ASSIGN(ByteReader r, file.Open(address, 8 + 2u * sizes.lengths + sizes.offsets, kHeader, kSpec));
  r.Signature("HEAP");
  r.Version(0);
  r.Skip(3);  // reserved
  std::uint64_t data_bytes = r.Uint(sizes.lengths);
  r.Skip(sizes.lengths);  // head of the free list: of use to writers only
  std::optional<std::uint64_t> data_address = r.Address(sizes.offsets);
  RUTTER_TRY(r.Check());
  LocalHeap heap;
  heap.file_ = &file;
  if (data_bytes == 0) return heap;
  if (!data_address) return Fail(file.MakeErrorAt(ErrorCode::kCorrupt, "the data segment has no address", address, kHeader, kSpec));
  heap.data_address_ = *data_address;
  RUTTER_ASSIGN(heap.data_, file.Fetch(*data_address, data_bytes, kData, kSpec));
  return heap;
}

Result<std::string_view> LocalHeap::Name(std::uint64_t offset) const {
  if (offset >= data_.size()) {
    return Fail(file_->MakeErrorAt(ErrorCode::kCorrupt,
                                   "name offset " + std::to_string(offset) + " is outside the " + std::to_string(data_.size()) +
                                       " bytes of the segment",
                                   data_address_, kData, kSpec));
  }
  auto rest = data_.subspan(offset);
  const void* nul = std::memchr(rest.data(), 0, rest.size());
  if (nul == nullptr) {
    return Fail(file_->MakeErrorAt(ErrorCode::kCorrupt, "no NUL ends a name", data_address_ + offset, kData, kSpec));
  }
  auto length = static_cast<std::size_t>(static_cast<const std::byte*>(nul) - rest.data());
  return std::string_view(reinterpret_cast<const char*>(rest.data()), length);
}

}  // namespace rutter::hdf5
