#include "formats/hdf5/chunk_index/simple_indexes.h"

namespace rutter::hdf5 {
namespace {

constexpr std::string_view kSingleSpec = "HDF5 4.0, Appendix C, The Single Chunk Index";
constexpr std::string_view kImplicitSpec = "HDF5 4.0, Appendix C, The Implicit Index";

}  // namespace

Status SingleChunkIndex::Locate(const Box& box, const ChunkSink& sink) const {
  if (box.Empty()) return {};
  Shape index(geometry_.rank(), 0);
  for (std::size_t k = 0; k < index.size(); ++k) {
    if (box.start[k] != 0) return {};
  }
  return ChunkEmitter(geometry_, sink, "single chunk", kSingleSpec).Emit(index, address_, bytes_, mask_);
}

Status ImplicitIndex::Locate(const Box& box, const ChunkSink& sink) const {
  if (box.Empty()) return {};
  ChunkEmitter emitter(geometry_, sink, "implicit chunk index", kImplicitSpec);
  Shape index = box.start;
  do {
    // The number is below the product of the maximal grid, which was checked to fit when the index was made.
    std::uint64_t number = 0;
    for (std::size_t k = 0; k < index.size(); ++k) number = number * *geometry_.MaxGrid(k) + index[k];
    auto offset = CheckedMul(number, geometry_.chunk_bytes);
    auto address = offset ? CheckedAdd(address_, *offset) : std::nullopt;
    RUTTER_TRY(emitter.Emit(index, address.value_or(~0ull), geometry_.chunk_bytes, 0));
    ++index.back();
  } while (NextInBox(box, index));
  return {};
}

std::optional<std::uint64_t> ImplicitIndex::StoredBytes() const {
  std::uint64_t chunks = 1;
  for (std::size_t k = 0; k < geometry_.rank(); ++k) {
    auto product = CheckedMul(chunks, *geometry_.MaxGrid(k));
    if (!product) return std::nullopt;
    chunks = *product;
  }
  return CheckedMul(chunks, geometry_.chunk_bytes);
}

}  // namespace rutter::hdf5
