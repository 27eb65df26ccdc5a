#include "read/mosaic_chunks.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>
#include <system_error>
#include <utility>

#include "base/checked.h"
#include "io/url.h"
#include "read/mosaic_mapping.h"

namespace rutter {
namespace {

constexpr std::uint64_t kMaxRows = 4'000'000;
constexpr std::uint64_t kFlatChunkBytes = 4 << 20;  ///< Contiguous sources are split into chunks of at most this size.

tl::unexpected<Error> DoNotFit(const std::string& why) { return Fail(ErrorCode::kUnsupported, "a virtual dataset whose sources " + why); }

bool IsRun(const HyperslabAxis& axis) { return axis.count == 1 || axis.stride == axis.block; }
std::uint64_t Length(const HyperslabAxis& axis) { return axis.count * axis.block; }

/// The fill value as bytes, however it is spelled.
bool SameFill(const Array& a, const Array& b) {
  auto zeros = [](const std::vector<std::byte>& fill) { return std::all_of(fill.begin(), fill.end(), [](std::byte x) { return x == std::byte{0}; }); };
  return a.fill_value == b.fill_value || (zeros(a.fill_value) && zeros(b.fill_value));
}

/// Axes of equal rank and length correspond one to one, axes of one element included.
void PairAllAxes(SeparablePiece& piece) {
  if (piece.target.size() != piece.part.size()) return;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t k = 0; k < piece.target.size(); ++k) {
    if (Length(piece.target[k]) != Length(piece.part[k])) return;
    pairs.emplace_back(k, k);
  }
  piece.pairs = std::move(pairs);
}

/// The largest divisor of `n` up to `at_most`, or a smaller one where it would take long to find.
std::uint64_t LargestDivisor(std::uint64_t n, std::uint64_t at_most) {
  constexpr std::uint64_t kMostTries = 1 << 20;
  at_most = std::max<std::uint64_t>(1, std::min(n, at_most));
  const std::uint64_t first = CeilDiv(n, at_most);
  for (std::uint64_t d = first; d <= n / d && d - first < kMostTries; ++d) {
    if (n % d == 0) return n / d;
  }
  std::uint64_t best = 1;
  for (std::uint64_t d = 2; d <= at_most && d <= n / d && d < kMostTries; ++d) {
    if (n % d == 0) best = d;
  }
  return best;
}

class ChunkGatherer {
 public:
  ChunkGatherer(const Array& mosaic, SourceList& sources) : mosaic_(mosaic), sources_(sources) {}

  Result<std::unique_ptr<Array>> Run(const MosaicIndex& index) {
    if (!mosaic_.dtype->IsFixed() || mosaic_.column_major || mosaic_.is_null || mosaic_.shape.empty()) return DoNotFit("have no chunks of fixed-size elements");
    for (std::uint64_t n : mosaic_.shape) {
      if (n == 0) return DoNotFit("are asked for no element");
    }
    for (const MosaicPiece& piece : index.pieces()) RUTTER_TRY(AddPiece(piece));
    if (!flat_.empty()) RUTTER_TRY(AddFlatPieces());
    if (chunk_.empty()) return DoNotFit("hold nothing");
    std::sort(rows_.begin(), rows_.end(), [](const TableIndex::Row& a, const TableIndex::Row& b) { return a.chunk < b.chunk; });
    auto twice = std::adjacent_find(rows_.begin(), rows_.end(), [](const TableIndex::Row& a, const TableIndex::Row& b) { return a.chunk == b.chunk; });
    if (twice != rows_.end()) return DoNotFit("overlap");
    auto array = std::make_unique<Array>(mosaic_);
    array->chunk_shape = chunk_;
    array->codecs = codecs_;
    array->index = std::make_shared<TableIndex>(grid_, std::move(rows_), std::vector<std::byte>());
    return array;
  }

 private:
  /// A piece of a contiguous source.
  struct FlatPiece {
    SeparablePiece axes;
    Shape source_shape;
    std::vector<Extent> extents;  ///< Their sources are numbers of the list.
  };

  Status AddPiece(const MosaicPiece& piece) {
    RUTTER_ASSIGN(auto opened, piece.open());
    if (opened == nullptr || opened->array == nullptr || opened->array->is_null) return {};
    const Array& source = *opened->array;
    if (source.failure) return Fail(*source.failure);
    if (!SameDtype(*source.dtype, *mosaic_.dtype)) return DoNotFit("store elements of another type");
    if (source.column_major || !source.object_codec.empty()) return DoNotFit("lie in another order");
    RUTTER_ASSIGN(auto axes, AsSeparable(piece, mosaic_.shape, source.shape));
    if (!axes) return DoNotFit("are not boxes of it");
    for (const HyperslabAxis& axis : axes->target) {
      if (Length(axis) == 0) return {};
    }
    PairAllAxes(*axes);
    for (std::size_t k = 0; k < axes->target.size(); ++k) {
      const HyperslabAxis& axis = axes->target[k];
      if (axis.start + (axis.count - 1) * axis.stride + axis.block > mosaic_.shape[k]) return DoNotFit("reach beyond it");
    }
    if (dynamic_cast<const EmptyIndex*>(source.index.get()) != nullptr) return SameFill(source, mosaic_) ? Status() : DoNotFit("have another fill value");
    if (const auto* flat = dynamic_cast<const FlatIndex*>(source.index.get())) return KeepFlat(*opened, *flat, *std::move(axes));
    if (dynamic_cast<const MosaicIndex*>(source.index.get()) != nullptr) return DoNotFit("are virtual themselves");
    return AddChunks(*opened, *axes);
  }

  Result<std::uint32_t> NumberOf(const MosaicSource& source, std::uint32_t number) {
    if (number >= source.sources.size()) return Fail(ErrorCode::kInternal, "a chunk of a source that the mosaic's piece does not have");
    return sources_.Find(source.sources[number]);
  }

  Status SetGrid(Shape chunk) {
    chunk_ = std::move(chunk);
    grid_.resize(chunk_.size());
    for (std::size_t k = 0; k < chunk_.size(); ++k) grid_[k] = CeilDiv(mosaic_.shape[k], chunk_[k]);
    if (!CheckedProduct(grid_)) return Fail(ErrorCode::kLimit, "a virtual dataset of more than 2^64 chunks");
    return {};
  }

  /// Every axis begins and ends at borders of chunks, or goes element by element.
  Status CheckBorders(const SeparablePiece& axes) const {
    for (auto [k, j] : axes.pairs) {
      const HyperslabAxis &target = axes.target[k], &part = axes.part[j];
      if (chunk_[k] == 1) continue;
      if (!IsRun(target) || !IsRun(part)) return DoNotFit("are interleaved within chunks");
      const std::uint64_t length = Length(target);
      const bool ends = length % chunk_[k] == 0 || target.start + length == mosaic_.shape[k];
      if (target.start % chunk_[k] != 0 || part.start % chunk_[k] != 0 || !ends) return DoNotFit("meet inside chunks");
    }
    return {};
  }

  Status AddChunks(const MosaicSource& opened, const SeparablePiece& axes) {
    const Array& source = *opened.array;
    if (!flat_.empty()) return DoNotFit("are partly chunked and partly contiguous");
    Shape chunk(mosaic_.shape.size(), 1);
    std::vector<bool> paired(source.rank());
    for (auto [k, j] : axes.pairs) {
      chunk[k] = source.chunk_shape[j];
      paired[j] = true;
    }
    for (std::size_t j = 0; j < source.rank(); ++j) {
      if (!paired[j] && source.chunk_shape[j] != 1) return DoNotFit("have chunks of more axes than it");
    }
    if (chunk_.empty()) {
      RUTTER_TRY(SetGrid(std::move(chunk)));
      codecs_ = source.codecs;
    } else if (chunk != chunk_ || source.codecs != codecs_) {
      return DoNotFit("have chunks of different shapes or codecs");
    }
    RUTTER_TRY(CheckBorders(axes));
    Box box;
    std::uint64_t expected = 1;
    for (std::size_t j = 0; j < source.rank(); ++j) {
      const HyperslabAxis& part = axes.part[j];
      const std::uint64_t first = part.start / source.chunk_shape[j];
      const std::uint64_t last = (part.start + (part.count - 1) * part.stride + part.block - 1) / source.chunk_shape[j];
      box.start.push_back(first);
      box.shape.push_back(last - first + 1);
      expected = CheckedMul(expected, source.chunk_shape[j] == 1 ? Length(part) : last - first + 1).value_or(~0ull);
    }
    const std::size_t before = rows_.size();
    RUTTER_TRY(source.index->Locate(box, [&](std::span<const std::uint64_t> index, const ChunkRef& chunk_ref) -> Status {
      std::uint64_t number = 0;
      if (!TargetChunk(axes, index, number)) return {};
      if (chunk_ref.inline_data != nullptr || chunk_ref.length == ChunkRef::kWholeSource) return DoNotFit("hold chunks without a place");
      if (rows_.size() >= kMaxRows) return Fail(ErrorCode::kLimit, "a virtual dataset of more than " + std::to_string(kMaxRows) + " chunks");
      RUTTER_ASSIGN(std::uint32_t at, NumberOf(opened, chunk_ref.source));
      rows_.push_back({number, chunk_ref.offset, chunk_ref.length, at, chunk_ref.filter_mask});
      return {};
    }));
    if (rows_.size() - before != expected && !SameFill(source, mosaic_)) return DoNotFit("have another fill value");
    return {};
  }

  /// The chunk of the mosaic that a chunk of the source is; false where the piece leaves it out.
  bool TargetChunk(const SeparablePiece& axes, std::span<const std::uint64_t> index, std::uint64_t& number) const {
    Shape at(mosaic_.shape.size());
    for (std::size_t k = 0; k < at.size(); ++k) at[k] = axes.target[k].start / chunk_[k];
    for (auto [k, j] : axes.pairs) {
      const HyperslabAxis &target = axes.target[k], &part = axes.part[j];
      if (chunk_[k] != 1) {
        at[k] += index[j] - part.start / chunk_[k];
        continue;
      }
      std::uint64_t position = index[j] - part.start;
      if (part.count > 1) {
        if (position % part.stride >= part.block) return false;
        position = position / part.stride * part.block + position % part.stride;
      }
      at[k] = target.start + position / target.block * target.stride + position % target.block;
    }
    number = 0;
    for (std::size_t k = 0; k < at.size(); ++k) number = number * grid_[k] + at[k];
    return true;
  }

  Status KeepFlat(const MosaicSource& opened, const FlatIndex& flat, SeparablePiece axes) {
    if (!chunk_.empty()) return DoNotFit("are partly chunked and partly contiguous");
    const Shape& shape = opened.array->shape;
    std::uint64_t stride = opened.array->dtype->size_bytes;
    for (std::size_t k = shape.size(); k-- > 0;) {
      if (flat.byte_strides()[k] != stride) return DoNotFit("lie in another order");
      stride *= shape[k];
    }
    FlatPiece piece{std::move(axes), shape, {flat.extents().begin(), flat.extents().end()}};
    for (Extent& extent : piece.extents) {
      RUTTER_ASSIGN(extent.source, NumberOf(opened, extent.source));
    }
    flat_.push_back(std::move(piece));
    return {};
  }

  /// True where every piece goes from end to end of axis `k`, in its source and in the mosaic.
  bool IsWholeAxis(std::size_t k) const {
    return std::all_of(flat_.begin(), flat_.end(), [&](const FlatPiece& piece) {
      for (auto [target, part] : piece.axes.pairs) {
        if (target != k) continue;
        return IsRun(piece.axes.target[k]) && IsRun(piece.axes.part[part]) && Length(piece.axes.target[k]) == mosaic_.shape[k] &&
               piece.source_shape[part] == mosaic_.shape[k];
      }
      return mosaic_.shape[k] == 1;
    });
  }

  /// What divides all starts and lengths along axis `k`; 1 where elements are interleaved.
  std::uint64_t CommonRun(std::size_t k) const {
    std::uint64_t run = 0;
    for (const FlatPiece& piece : flat_) {
      std::optional<std::size_t> part;
      for (auto [target, j] : piece.axes.pairs) {
        if (target == k) part = j;
      }
      const HyperslabAxis& target = piece.axes.target[k];
      if (!part || !IsRun(target) || !IsRun(piece.axes.part[*part])) return 1;
      run = std::gcd(run, std::gcd(target.start, std::gcd(Length(target), piece.axes.part[*part].start)));
    }
    return std::max<std::uint64_t>(1, run);
  }

  Status AddFlatPieces() {
    const std::size_t rank = mosaic_.shape.size();
    Shape chunk(rank, 1);
    std::uint64_t bytes = mosaic_.dtype->size_bytes;
    for (std::size_t k = rank; k-- > 0;) {
      const std::uint64_t run = k != 0 && IsWholeAxis(k) ? mosaic_.shape[k] : CommonRun(k);
      const std::uint64_t fits = bytes == 0 ? run : kFlatChunkBytes / bytes;
      const bool whole = run == mosaic_.shape[k] && run <= fits;
      chunk[k] = whole ? run : LargestDivisor(run, fits);
      bytes *= chunk[k];
      if (!whole) break;
    }
    RUTTER_TRY(SetGrid(std::move(chunk)));
    for (const FlatPiece& piece : flat_) RUTTER_TRY(AddFlatPiece(piece, bytes));
    return {};
  }

  Status AddFlatPiece(const FlatPiece& piece, std::uint64_t chunk_bytes) {
    RUTTER_TRY(CheckBorders(piece.axes));
    const std::size_t rank = piece.source_shape.size();
    Shape cells(rank, 1), step(rank, 1), strides(rank);
    for (auto [k, j] : piece.axes.pairs) {
      step[j] = chunk_[k];
      if (Length(piece.axes.part[j]) % chunk_[k] != 0) return DoNotFit("are cut by its end");
      cells[j] = Length(piece.axes.part[j]) / chunk_[k];
    }
    std::uint64_t stride = mosaic_.dtype->size_bytes;
    bool whole = true;  // all axes behind this one are whole, so that a chunk is one run of bytes
    for (std::size_t j = rank; j-- > 0;) {
      strides[j] = stride;
      stride *= piece.source_shape[j];
      if (step[j] > 1 && !whole) return DoNotFit("are not split into runs of bytes");
      whole = whole && step[j] == piece.source_shape[j];
    }
    Shape cell(rank, 0), place(rank);
    for (;;) {
      std::uint64_t begin = 0, number = 0;
      for (std::size_t j = 0; j < rank; ++j) {
        const HyperslabAxis& part = piece.axes.part[j];
        const std::uint64_t position = cell[j] * step[j];
        const std::uint64_t element = part.start + position / part.block * part.stride + position % part.block;
        place[j] = step[j] == 1 ? element : element / step[j];
        begin += element * strides[j];
      }
      if (!TargetChunk(piece.axes, place, number)) return Fail(ErrorCode::kInternal, "a piece of a mosaic without a place");
      RUTTER_TRY(AddRun(piece, number, begin, chunk_bytes));
      std::size_t j = rank;
      for (;;) {
        if (j == 0) return {};
        --j;
        if (++cell[j] < cells[j]) break;
        cell[j] = 0;
      }
    }
  }

  Status AddRun(const FlatPiece& piece, std::uint64_t number, std::uint64_t begin, std::uint64_t bytes) {
    auto after = std::upper_bound(piece.extents.begin(), piece.extents.end(), begin, [](std::uint64_t at, const Extent& e) { return at < e.stream_offset; });
    if (after == piece.extents.begin()) return DoNotFit("are not stored whole");
    const Extent& extent = *(after - 1);
    if (!RangeInside(begin - extent.stream_offset, bytes, extent.length)) return DoNotFit("are not stored whole");
    if (rows_.size() >= kMaxRows) return Fail(ErrorCode::kLimit, "a virtual dataset of more than " + std::to_string(kMaxRows) + " chunks");
    rows_.push_back({number, extent.offset + (begin - extent.stream_offset), bytes, extent.source, 0});
    return {};
  }

  const Array& mosaic_;
  SourceList& sources_;
  Shape chunk_, grid_;
  std::vector<CodecSpec> codecs_;
  std::vector<TableIndex::Row> rows_;
  std::vector<FlatPiece> flat_;
};

/// A map is read from anywhere, so what it names is absolute.
std::string AbsoluteUrl(const std::string& url) {
  if (HasScheme(url)) return url;
  std::error_code failure;
  auto absolute = std::filesystem::absolute(url, failure);
  return failure ? url : absolute.lexically_normal().string();
}

}  // namespace

SourceList::SourceList(std::vector<Source> sources) : sources_(std::move(sources)) {
  for (std::size_t k = 0; k < sources_.size(); ++k) by_url_.emplace(AbsoluteUrl(sources_[k].url), static_cast<std::uint32_t>(k));
}

Result<std::uint32_t> SourceList::Find(const Source& source) {
  std::string url = AbsoluteUrl(source.url);
  auto [found, is_new] = by_url_.emplace(url, static_cast<std::uint32_t>(sources_.size()));
  if (is_new) {
    sources_.push_back(source);
    sources_.back().url = std::move(url);
    return found->second;
  }
  const Source& known = sources_[found->second];
  if (known.size != source.size || known.mtime_ns != source.mtime_ns || known.etag != source.etag) {
    Error error = MakeError(ErrorCode::kSourceChanged, "the file was modified while it was mapped");
    error.where.source = url;
    error.hint = "map again";
    return Fail(std::move(error));
  }
  return found->second;
}

Result<std::unique_ptr<Array>> ChunksOfMosaic(const Array& mosaic, SourceList& sources) {
  const auto* index = dynamic_cast<const MosaicIndex*>(mosaic.index.get());
  if (index == nullptr || mosaic.dtype == nullptr || mosaic.failure) return Fail(ErrorCode::kInvalidArgument, "the array is no mosaic");
  return ChunkGatherer(mosaic, sources).Run(*index);
}

}  // namespace rutter
