#include "formats/hdf5/chunk_index/geometry.h"

#include <string>

namespace rutter::hdf5 {

Status ChunkEmitter::Refuse(std::span<const std::uint64_t> index, std::uint64_t address, std::uint64_t bytes) const {
  if (left_ == 0) {
    return Fail(geometry_.file->MakeErrorAt(ErrorCode::kLimit,
                                            "more than " + std::to_string(geometry_.file->limits().chunks_located) +
                                                " chunks (Limits::chunks_located)",
                                            address, structure_, spec_));
  }
  std::string place;
  for (std::uint64_t i : index) place += (place.empty() ? "" : ", ") + std::to_string(i);
  return Fail(geometry_.file->MakeErrorAt(ErrorCode::kTruncated,
                                          "chunk (" + place + ") of " + std::to_string(bytes) +
                                              " bytes ends behind the file's " + std::to_string(end_) + " bytes",
                                          address, structure_, spec_));
}

bool NextInBox(const Box& box, std::span<std::uint64_t> at) {
  const std::size_t rank = at.size();
  // The first axis along which `at` has left the box decides.
  std::size_t k = 0;
  while (k < rank && at[k] >= box.start[k] && at[k] - box.start[k] < box.shape[k]) ++k;
  if (k == rank) return true;
  if (at[k] >= box.start[k]) {
    // Behind the box along axis k: step the axes before it.
    do {
      if (k == 0) return false;
      --k;
    } while (at[k] - box.start[k] + 1 >= box.shape[k]);
    ++at[k];
    ++k;
  }
  for (; k < rank; ++k) at[k] = box.start[k];
  return true;
}

}  // namespace rutter::hdf5
