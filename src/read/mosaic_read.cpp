// Virtual datasets: every piece that the selection meets is read from its own array.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "read/convert_numbers.h"
#include "read/mosaic_mapping.h"
#include "read/read_job.h"

namespace rutter {
namespace {

constexpr unsigned kMaxDepth = 16;                   // mosaics of mosaics
constexpr std::uint64_t kBatchBytes = 16 << 20;      // working memory of conversions and of batches
constexpr std::uint64_t kSmallElements = 64 << 10;   // parts from here on are read on their own

/// Reads parts of one source array into the mosaic's output. Small parts are gathered: their bounding box is read once,
/// so that a chunk of the source is not decoded for every row of it.
class PieceReader {
 public:
  PieceReader(ReadJob& job, SourcePool& pool, const Array& source, const Dtype& native, unsigned depth)
      : job_(job), pool_(pool), source_(source), native_(native), source_native_(NativeType(source.dtype)), depth_(depth),
        same_(SameDtype(*source_native_, native)) {}

  Status Add(const Selection& part) {
    std::uint64_t elements = part.NumElements();
    if (elements >= kSmallElements) {
      RUTTER_TRY(Flush());
      return ReadPart(part);
    }
    Shape low = low_, high = high_;
    if (batch_.empty()) {
      low.assign(part.rank, ~0ull);
      high.assign(part.rank, 0);
    }
    std::uint64_t box_elements = 1;
    for (std::size_t k = 0; k < part.rank; ++k) {
      const SelectedAxis& axis = part.axes[k];
      low[k] = std::min(low[k], axis.start);
      high[k] = std::max(high[k], axis.start + (axis.count - 1) * axis.step);
      box_elements = CheckedMul(box_elements, high[k] - low[k] + 1).value_or(~0ull);
    }
    auto box_bytes = CheckedMul(box_elements, std::max<std::uint64_t>(1, native_.size_bytes));
    bool wasteful = box_elements / 8 > batch_elements_ + elements + 512 || !box_bytes || *box_bytes > kBatchBytes;
    if (wasteful && !batch_.empty()) {
      RUTTER_TRY(Flush());
      return Add(part);
    }
    if (wasteful) return ReadPart(part);
    low_ = std::move(low);
    high_ = std::move(high);
    batch_elements_ += elements;
    batch_.push_back(part);
    return {};
  }

  Status Flush() {
    if (batch_.empty()) return {};
    std::vector<Selection> batch = std::exchange(batch_, {});
    batch_elements_ = 0;
    if (batch.size() == 1) return ReadPart(batch[0]);
    Selection box;
    box.rank = batch[0].rank;
    std::uint64_t elements = 1;
    for (std::size_t k = box.rank; k-- > 0;) {
      box.axes[k] = {low_[k], high_[k] - low_[k] + 1, 1, static_cast<std::int64_t>(elements * native_.size_bytes)};
      elements *= box.axes[k].count;
    }
    std::vector<std::byte> memory(static_cast<std::size_t>(elements * native_.size_bytes));
    box.to = memory.data();
    RUTTER_TRY(ReadPart(box));
    for (const Selection& part : batch) {
      StridedBox copy;
      std::int64_t from = 0;
      for (std::size_t k = 0; k < part.rank; ++k) {
        const SelectedAxis& axis = part.axes[k];
        from += static_cast<std::int64_t>(axis.start - low_[k]) * box.axes[k].to;
        copy.Add(axis.count, static_cast<std::int64_t>(axis.step) * box.axes[k].to, axis.to);
      }
      CopyStrided(copy, memory.data() + from, part.to, static_cast<std::size_t>(native_.size_bytes));
    }
    return {};
  }

 private:
  Status ReadPart(const Selection& part) {
    if (same_) return ReadSelection(job_, pool_, source_, part, depth_ + 1);
    // Another type: block by block through memory of the source's native type.
    std::uint64_t elements = part.NumElements();
    std::uint64_t widest = std::max<std::uint64_t>({1, source_native_->size_bytes, native_.size_bytes});
    if (elements > 1 && elements > kBatchBytes / widest) {
      std::size_t longest = 0;
      for (std::size_t k = 1; k < part.rank; ++k) {
        if (part.axes[k].count > part.axes[longest].count) longest = k;
      }
      Selection half = part;
      SelectedAxis& axis = half.axes[longest];
      std::uint64_t done = axis.count / 2;
      axis.count = done;
      RUTTER_TRY(ReadPart(half));
      axis.count = part.axes[longest].count - done;
      axis.start += done * axis.step;
      half.to += static_cast<std::int64_t>(done) * axis.to;
      return ReadPart(half);
    }
    std::vector<std::byte> stored(static_cast<std::size_t>(elements * source_native_->size_bytes));
    std::vector<std::byte> converted(static_cast<std::size_t>(elements * native_.size_bytes));
    Selection packed = part;
    packed.to = stored.data();
    StridedBox scatter;
    scatter.rank = part.rank;
    std::uint64_t before = 1;
    for (std::size_t k = part.rank; k-- > 0;) {
      packed.axes[k].to = static_cast<std::int64_t>(before * source_native_->size_bytes);
      scatter.axes[k] = {part.axes[k].count, static_cast<std::int64_t>(before * native_.size_bytes), part.axes[k].to};
      before *= part.axes[k].count;
    }
    RUTTER_TRY(ReadSelection(job_, pool_, source_, packed, depth_ + 1));
    RUTTER_TRY(ConvertNative(*source_native_, native_, stored.data(), elements, converted.data()));
    CopyStrided(scatter, converted.data(), part.to, static_cast<std::size_t>(native_.size_bytes));
    return {};
  }

  ReadJob& job_;
  SourcePool& pool_;
  const Array& source_;
  const Dtype& native_;
  DtypePtr source_native_;
  unsigned depth_;
  bool same_;
  std::vector<Selection> batch_;
  std::uint64_t batch_elements_ = 0;
  Shape low_, high_;
};

}  // namespace

Status ForEachPiece(ReadJob& job, SourcePool& pool, const MosaicIndex& index, const Selection& selection, unsigned depth,
                    const PieceVisitor& visit) {
  if (depth >= kMaxDepth) return Fail(ErrorCode::kLimit, "virtual datasets nested more than " + std::to_string(kMaxDepth) + " deep");
  for (const MosaicPiece& piece : index.pieces()) {
    if (!MayMeet(piece.target, selection)) continue;
    RUTTER_TRY(job.CheckCancelled());
    if (++job.mosaic_pieces > job.limits.virtual_mappings) return Fail(ErrorCode::kLimit, "more pieces than Limits::virtual_mappings in one read");
    RUTTER_ASSIGN(auto source, piece.open());
    if (source == nullptr || source->array == nullptr) continue;  // a missing source reads as the fill value
    // The model keeps a piece's open sources without their type (MosaicSource::pool).
    auto opened = std::static_pointer_cast<std::vector<std::shared_ptr<ByteSource>>>(source->pool);
    std::optional<SourcePool> own_pool;
    if (opened != nullptr) own_pool.emplace(*opened);
    Status status = source->array->is_null ? Status() : visit(piece, *source->array, own_pool ? *own_pool : pool);
    if (!status) {
      Error error = std::move(status).error();
      if (error.where.path.empty()) error.where.path = piece.source_name;
      return Fail(std::move(error));
    }
  }
  return {};
}

Status ReadMosaic(ReadJob& job, SourcePool& pool, const Array& array, const MosaicIndex& index, const Selection& selection, unsigned depth) {
  if (job.as_stored) return Fail(ErrorCode::kUnsupported, "the pieces of a virtual dataset are not stored as it declares");
  DtypePtr native = NativeType(array.dtype);
  RUTTER_ASSIGN(auto transfer, Transfer::ToNativeType(*array.dtype, *native));
  RUTTER_ASSIGN(auto fill, OutputFill(array, transfer));
  if (fill.empty()) return {};
  FillSelection(selection, fill);
  return ForEachPiece(job, pool, index, selection, depth, [&](const MosaicPiece& piece, const Array& source, SourcePool& source_pool) -> Status {
    PieceReader reader(job, source_pool, source, *native, depth);
    RUTTER_TRY(MapPiece(piece, array.shape, source.shape, selection, [&](const Selection& part) { return reader.Add(part); }));
    return reader.Flush();
  });
}

}  // namespace rutter
