#include "formats/hdf5/messages/storage_messages.h"

namespace rutter::hdf5 {

Result<ExternalFiles> DecodeExternalFiles(ByteReader r, const Sizes& sizes) {
  ExternalFiles files;
  r.Version(1);
  r.Skip(3);  // reserved
  const std::uint16_t allocated = r.U16();
  const std::uint16_t used = r.U16();
  if (r.ok() && used > allocated) r.Fail(ErrorCode::kCorrupt, "more slots in use than there are");
  std::optional<std::uint64_t> heap = r.Address(sizes.offsets);
  if (r.ok() && !heap) r.Fail(ErrorCode::kCorrupt, "the heap of names has no address");
  files.heap_address = heap.value_or(0);
  if (r.Fits(used, 3u * sizes.lengths)) {
    files.slots.resize(used);
    for (ExternalFileSlot& slot : files.slots) {
      slot.name_offset = r.Uint(sizes.lengths);
      slot.file_offset = r.Uint(sizes.lengths);
      slot.bytes = r.Address(sizes.lengths).value_or(~0ull);  // all ones in the file's width: unlimited
    }
  }
  return r.Finish(std::move(files));
}

}  // namespace rutter::hdf5
