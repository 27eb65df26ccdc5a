#include "read/write_slice.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/checked.h"
#include "io/scratch_file.h"
#include "read/npy_writer.h"
#include "read/slice_blocks.h"

namespace rutter {
namespace {

constexpr std::uint64_t kPreferredBytes = 32 << 20;
constexpr std::uint64_t kMostDecodes = 2;       // of one chunk, before a scratch file is used
constexpr std::uint64_t kBatchBytes = 512 << 10;  // of stored chunks that a thread holds
using Write = std::function<Status(std::string_view)>;

/// How the memory of a write is shared out.
struct Shares {
  std::uint64_t decoding = 0;  ///< What Reader::Read may use beside its output.
  std::uint64_t output = 0;    ///< One piece of the output.
};

Shares ShareOut(const Array& array, std::uint64_t max_bytes) {
  const std::uint64_t usable = max_bytes - max_bytes / 8;  // sources keep the rest
  std::uint64_t one_chunk = 0;
  if (!array.codecs.empty()) {
    const auto elements = CheckedProduct(array.chunk_shape);
    const auto bytes = elements ? CheckedMul(*elements, array.dtype->size_bytes) : std::nullopt;
    one_chunk = CheckedMul(bytes.value_or(~0ull), 4).value_or(~0ull);
    one_chunk = CheckedAdd(one_chunk, kBatchBytes).value_or(~0ull);
  }
  const std::uint64_t decoding = std::max(usable / 2, std::min(one_chunk, usable - usable / 4));
  return {decoding, usable - decoding};
}

/// One axis of the slice, cut into runs of elements that lie in the same chunks.
struct CutAxis {
  std::uint64_t count = 0;
  std::uint64_t unit = 1;   ///< Elements of the slice in one chunk.
  std::uint64_t skip = 0;   ///< Elements that the first chunk would have held before the first one wanted.
  std::uint64_t box = 1;    ///< Elements of one box, a multiple of `unit` where memory allows.
  std::uint64_t extent() const { return count + skip; }
};

CutAxis Cut(const AxisSlice& axis, std::uint64_t chunk) {
  CutAxis cut;
  cut.count = axis.count;
  const std::uint64_t step = axis.step > 0 ? static_cast<std::uint64_t>(axis.step) : 0 - static_cast<std::uint64_t>(axis.step);
  cut.unit = std::max<std::uint64_t>(1, chunk / step);
  if (chunk % step == 0) {
    const std::uint64_t inside = axis.start % chunk;
    const std::uint64_t first = axis.step > 0 ? CeilDiv(chunk - inside, step) : inside / step + 1;
    if (first < axis.count) cut.skip = cut.unit - first;
  }
  cut.unit = std::min(cut.unit, cut.extent());
  cut.box = cut.unit;
  return cut;
}

/// Whole chunks, as many as fit: more of the fast axes first, so that rows of a box are long.
void SizeBoxes(std::vector<CutAxis>& axes, std::uint64_t element_bytes, std::uint64_t max_bytes) {
  auto bytes = [&] {
    std::uint64_t total = element_bytes;
    for (const CutAxis& axis : axes) total = CheckedMul(total, axis.box).value_or(~0ull);
    return total;
  };
  while (bytes() > max_bytes) {
    auto longest = std::max_element(axes.begin(), axes.end(), [](const CutAxis& a, const CutAxis& b) { return a.box < b.box; });
    if (longest->box == 1) return;
    longest->box = CeilDiv(longest->box, 2);
  }
  for (std::size_t k = axes.size(); k-- > 0;) {
    if (axes[k].box < axes[k].unit) continue;
    const std::uint64_t times = std::max<std::uint64_t>(1, max_bytes / std::max<std::uint64_t>(1, bytes()));
    axes[k].box = std::min(axes[k].extent(), CheckedMul(axes[k].box, times).value_or(axes[k].extent()));
  }
}

/// A slice whose chunks were decoded into a scratch file, box by box, in the order of the chunks.
struct Reordered {
  Array array;  ///< Of boxes; its elements from `slice` on are those wanted.
  Slice slice;
  std::shared_ptr<ScratchFile> file;
};

Result<Reordered> Reorder(const Reader& reader, const Array& array, const Slice& slice, const DtypePtr& native, const Shares& shares,
                          const WriteSliceOptions& options) {
  const std::uint64_t size = native->size_bytes;
  std::vector<CutAxis> axes;
  for (std::size_t k = 0; k < slice.axes.size(); ++k) axes.push_back(Cut(slice.axes[k], array.chunk_shape[k]));
  SizeBoxes(axes, size, shares.output);

  Reordered result;
  RUTTER_ASSIGN(result.file, ScratchFile::Create(options.scratch_folder));
  Shape box_shape, grid;
  for (const CutAxis& axis : axes) {
    result.array.shape.push_back(axis.extent());
    box_shape.push_back(axis.box);
    grid.push_back(CeilDiv(axis.extent(), axis.box));
    result.slice.axes.push_back({axis.skip, axis.count, 1, false});
  }
  std::vector<std::byte> box(static_cast<std::size_t>(*CheckedProduct(box_shape) * size));
  const std::uint64_t row_bytes = box.size() / box_shape[0];  // of one step along the slowest axis
  std::vector<TableIndex::Row> rows;
  ReadOptions read = options.read;
  read.max_memory_bytes = shares.decoding;
  read.keep_chunks = false;  // the cache lies beside the bound on memory
  Shape at(axes.size(), 0);
  for (std::uint64_t number = 0;; ++number) {
    Slice part = slice;
    std::uint64_t first_byte = 0, filled_rows = 0;
    for (std::size_t k = 0; k < axes.size(); ++k) {
      const std::uint64_t begin = at[k] * axes[k].box, end = std::min(begin + axes[k].box, axes[k].extent());
      const std::uint64_t from = std::max(begin, axes[k].skip);
      part.axes[k].start += (from - axes[k].skip) * static_cast<std::uint64_t>(part.axes[k].step);  // wraps to the right place for a negative step
      part.axes[k].count = end - from;
      first_byte = first_byte * axes[k].box + (from - begin);
      if (k == 0) filled_rows = end - begin;
    }
    const auto filled = std::span(box).first(static_cast<std::size_t>(filled_rows * row_bytes));
    RUTTER_TRY(reader.ReadSpread(array, part, box_shape, filled.subspan(static_cast<std::size_t>(first_byte * size)), read));
    rows.push_back({number, result.file->size(), filled.size(), 0, 0});
    RUTTER_TRY(result.file->Append(filled));
    std::size_t k = axes.size();
    while (k > 0 && ++at[k - 1] == grid[k - 1]) at[--k] = 0;
    if (k == 0) break;
  }
  result.array.dtype = native;
  result.array.chunk_shape = box_shape;
  result.array.index = std::make_shared<TableIndex>(grid, std::move(rows), std::vector<std::byte>());
  return result;
}

Status Stream(const Reader& reader, const Array& array, SliceBlocks blocks, std::uint64_t element_bytes, const ReadOptions& read, const Write& write) {
  std::vector<std::byte> bytes;
  while (auto block = blocks.Next()) {
    bytes.resize(static_cast<std::size_t>(block->NumElements() * element_bytes));
    RUTTER_TRY(reader.Read(array, *block, bytes, read));
    RUTTER_TRY(CheckCancelled(read.cancel));
    RUTTER_TRY(write({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
  }
  return {};
}

}  // namespace

Status WriteSlice(const Reader& reader, const Array& array, const Slice& slice, const WriteSliceOptions& options, const Write& write) {
  if (array.failure) return Fail(*array.failure);
  if (!array.dtype->IsFixed() || !array.object_codec.empty()) return NoNumpyForm(*array.dtype);
  const DtypePtr native = NativeType(array.dtype);
  if (options.npy) {
    RUTTER_ASSIGN(auto header, NpyHeader(*native, array.is_null ? Shape{0} : slice.ResultShape()));
    RUTTER_TRY(write(header));
  }
  const std::uint64_t size = native->size_bytes;
  if (array.is_null || size == 0) return {};
  const Shares shares = ShareOut(array, options.read.max_memory_bytes);
  ReadOptions read = options.read;
  read.max_memory_bytes = shares.decoding;
  read.keep_chunks = false;  // the cache lies beside the bound on memory
  SliceBlocks blocks(array, slice, size, std::min(kPreferredBytes, shares.output), shares.output);
  const bool decodes = !array.codecs.empty() && array.chunk_shape.size() == slice.axes.size() && slice.NumElements() != 0 &&
                       dynamic_cast<const FlatIndex*>(array.index.get()) == nullptr && dynamic_cast<const MosaicIndex*>(array.index.get()) == nullptr;
  if (decodes && blocks.MostDecodes() > 1) blocks = SliceBlocks(array, slice, size, shares.output, shares.output);
  if (!decodes || options.scratch_folder.empty() || blocks.MostDecodes() <= kMostDecodes) return Stream(reader, array, std::move(blocks), size, read, write);
  RUTTER_ASSIGN(auto reordered, Reorder(reader, array, slice, native, shares, options));
  Reader scratch(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{reordered.file}), Limits());
  read.progress_bytes = nullptr;  // counted when the chunks were decoded
  return Stream(scratch, reordered.array, SliceBlocks(reordered.array, reordered.slice, size, std::min(kPreferredBytes, shares.output), shares.output), size, read,
                write);
}

}  // namespace rutter
