#pragma once
// Arrays over memory for the tests of the reading engine: every layout of the same numbers.

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <zlib.h>

#include "read/reader.h"

namespace rutter::test {

using ByteList = std::vector<std::byte>;

inline ByteList Deflate(const ByteList& in) {
  uLongf size = compressBound(in.size());
  ByteList out(size);
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(in.data()), in.size(), 1);
  out.resize(size);
  return out;
}

inline ByteList Shuffle(const ByteList& in, std::size_t element) {
  ByteList out(in.size());
  std::size_t count = in.size() / element;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t b = 0; b < element; ++b) out[b * count + i] = in[i * element + b];
  }
  return out;
}

inline std::vector<CodecSpec> ShuffleDeflate(std::uint32_t element) {
  CodecSpec shuffle, deflate;
  shuffle.id = CodecId::kShuffle;
  shuffle.values = {element};
  deflate.id = CodecId::kDeflate;
  deflate.values = {1};
  return {shuffle, deflate};
}

inline std::uint64_t Count(const Shape& shape) {
  std::uint64_t n = 1;
  for (auto extent : shape) n *= extent;
  return n;
}

/// Steps to the next index in C order; false after the last.
inline bool Next(Shape& index, const Shape& shape) {
  for (std::size_t k = shape.size(); k-- > 0;) {
    if (++index[k] < shape[k]) return true;
    index[k] = 0;
  }
  return false;
}

inline std::uint64_t Number(const Shape& index, const Shape& shape) {
  std::uint64_t n = 0;
  for (std::size_t k = 0; k < shape.size(); ++k) n = n * shape[k] + index[k];
  return n;
}

/// How the elements of a sample are laid down.
struct Layout {
  bool column_major = false;
  bool encoded = false;       ///< shuffle + deflate; else raw chunks
  double missing = 0;         ///< share of chunks never stored
  double masked = 0;          ///< share of chunks with a filter mask
  bool inline_data = false;
};

/// An array with what it should read as (native, C order).
struct Sample {
  Array array;
  ByteList expected;
  std::vector<std::shared_ptr<ByteSource>> sources;
  std::shared_ptr<SourcePool> pool() const { return std::make_shared<SourcePool>(sources); }
};

/// Random stored elements of `dtype`, native ones beside them.
struct Elements {
  ByteList stored, native;
};

inline Elements RandomElements(const DtypePtr& dtype, std::uint64_t count, std::mt19937& random) {
  Elements elements;
  elements.stored.resize(count * dtype->size_bytes);
  for (auto& byte : elements.stored) byte = static_cast<std::byte>(random() & 0x3F);  // no NaN, few digits
  DtypePtr native = NativeType(dtype);
  elements.native.resize(count * native->size_bytes);
  (void)ToNative(*dtype, *native, elements.stored, count, elements.native);
  return elements;
}

/// A file under a name of its own (no View: the engine must read).
class HiddenSource : public ByteSource {
 public:
  explicit HiddenSource(ByteList bytes, std::string name = "hidden.bin") : name_(std::move(name)), bytes_(std::move(bytes)) {}
  const std::string& name() const override { return name_; }
  std::uint64_t size() const override { return bytes_.size(); }
  Fingerprint fingerprint() const override { return {bytes_.size(), std::nullopt, {}, {}}; }
  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) return Fail(ErrorCode::kTruncated, "past the end");
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    requests_.fetch_add(1);
    bytes_read_.fetch_add(out.size());
    return {};
  }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  std::string name_;
  ByteList bytes_;
  std::atomic<std::uint64_t> requests_{0}, bytes_read_{0};
};

/// A chunked array of random numbers.
inline Sample MakeChunked(const DtypePtr& dtype, const Shape& shape, const Shape& chunk_shape, const Layout& layout, std::mt19937& random,
                          bool hidden = true) {
  Sample sample;
  Array& array = sample.array;
  array.dtype = dtype;
  array.shape = shape;
  array.chunk_shape = chunk_shape;
  array.column_major = layout.column_major;
  auto size = static_cast<std::size_t>(dtype->size_bytes);
  if (layout.encoded) array.codecs = ShuffleDeflate(static_cast<std::uint32_t>(size));
  Elements fill = RandomElements(dtype, 1, random);
  if (random() % 2 == 0) {
    array.fill_value = fill.stored;
  } else {
    std::fill(fill.stored.begin(), fill.stored.end(), std::byte{0});
    std::fill(fill.native.begin(), fill.native.end(), std::byte{0});
  }
  Elements elements = RandomElements(dtype, Count(shape), random);
  std::size_t native_size = fill.native.size();
  Shape grid = array.ChunkGrid();
  ByteList file(100), inlined;
  std::vector<TableIndex::Row> rows;
  if (Count(shape) > 0) {
    Shape cell(grid.size(), 0);
    do {
      bool missing = std::uniform_real_distribution<>(0, 1)(random) < layout.missing;
      ByteList chunk(Count(chunk_shape) * size);
      for (auto& byte : chunk) byte = static_cast<std::byte>(random());  // overhang holds anything
      Shape inside(shape.size(), 0);
      do {
        Shape at(shape.size());
        bool exists = true;
        for (std::size_t k = 0; k < at.size(); ++k) {
          at[k] = cell[k] * chunk_shape[k] + inside[k];
          exists = exists && at[k] < shape[k];
        }
        if (!exists) continue;
        std::uint64_t from = Number(at, shape);
        if (missing) {
          std::copy(fill.native.begin(), fill.native.end(), elements.native.begin() + static_cast<std::ptrdiff_t>(from * native_size));
          continue;
        }
        std::uint64_t place = 0;
        if (layout.column_major) {
          for (std::size_t k = inside.size(); k-- > 0;) place = place * chunk_shape[k] + inside[k];
        } else {
          place = Number(inside, chunk_shape);
        }
        std::memcpy(chunk.data() + place * size, elements.stored.data() + from * size, size);
      } while (Next(inside, chunk_shape));
      if (missing) continue;
      TableIndex::Row row;
      row.chunk = Number(cell, grid);
      if (layout.encoded) {
        bool masked = std::uniform_real_distribution<>(0, 1)(random) < layout.masked;
        std::uint32_t choice = masked ? random() % 4 : 0;
        row.filter_mask = choice == 3 ? ~0u : choice;
        if (choice == 0 || choice == 2) chunk = Shuffle(chunk, size);
        if (choice == 0 || choice == 1) chunk = Deflate(chunk);
        if (choice == 1 || choice == 2) row.filter_mask = choice;
      }
      row.length = chunk.size();
      ByteList& target = layout.inline_data ? inlined : file;
      row.source = layout.inline_data ? TableIndex::kInline : 0;
      row.offset = target.size();
      target.insert(target.end(), chunk.begin(), chunk.end());
      rows.push_back(row);
    } while (Next(cell, grid));
  }
  sample.expected = elements.native;
  array.index = std::make_shared<TableIndex>(grid, std::move(rows), std::move(inlined));
  if (hidden) {
    sample.sources = {std::make_shared<HiddenSource>(std::move(file))};
  } else {
    sample.sources = {MakeMemorySource("memory.bin", std::move(file))};
  }
  return sample;
}

/// The slow way: element by element from the whole array's native bytes.
inline ByteList NaiveSlice(const ByteList& whole, const Shape& shape, const Slice& slice, std::size_t size) {
  ByteList out;
  Shape counts;
  for (const AxisSlice& axis : slice.axes) counts.push_back(axis.count);
  if (Count(counts) == 0) return out;
  Shape at(counts.size(), 0);
  do {
    Shape index(counts.size());
    for (std::size_t k = 0; k < at.size(); ++k) {
      index[k] = slice.axes[k].start + static_cast<std::uint64_t>(static_cast<std::int64_t>(at[k]) * slice.axes[k].step);
    }
    auto from = whole.begin() + static_cast<std::ptrdiff_t>(Number(index, shape) * size);
    out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(size));
  } while (Next(at, counts));
  return out;
}

inline Slice RandomSlice(const Shape& shape, std::mt19937& random) {
  Slice slice;
  for (std::uint64_t extent : shape) {
    AxisSlice axis;
    if (extent > 0) {
      std::uint64_t a = random() % extent, b = random() % extent;
      std::uint64_t low = std::min(a, b), high = std::max(a, b);
      std::uint64_t step = random() % 3 == 0 ? 1 + random() % 5 : 1;
      axis.count = (high - low) / step + 1;
      axis.start = low;
      axis.step = static_cast<std::int64_t>(step);
      switch (random() % 6) {
        case 0: axis = {0, extent, 1, false}; break;
        case 1: axis = {a, 1, 1, true}; break;
        case 2:
          axis.start = low + (axis.count - 1) * step;
          axis.step = -axis.step;
          break;
        default: break;
      }
    }
    slice.axes.push_back(axis);
  }
  return slice;
}

inline DtypePtr RandomDtype(std::mt19937& random) {
  auto compound = std::make_shared<Dtype>();
  switch (random() % 10) {
    case 0: return MakeInteger(1, false);
    case 1: return MakeInteger(2, true);
    case 2: return MakeInteger(2, true, ByteOrder::kBig);
    case 3: return MakeFloat(4);
    case 4: return MakeFloat(8, ByteOrder::kBig);
    case 5: return MakeComplex(8, ByteOrder::kBig);
    case 6: return MakeFixedString(5, CharSet::kAscii, StringPadding::kSpacePadded);
    case 7: {
      compound->type_class = TypeClass::kCompound;
      compound->size_bytes = 12;
      compound->members = {{"a", 1, MakeInteger(2, true, ByteOrder::kBig), 0}, {"b", 4, MakeFloat(8), 0}};
      return compound;
    }
    case 8: {
      auto narrow = std::make_shared<Dtype>(*MakeInteger(4, true, ByteOrder::kBig));
      narrow->precision = 17;
      narrow->bit_offset = 3;
      return narrow;
    }
    default: return MakeInteger(4, true, ByteOrder::kBig);
  }
}

}  // namespace rutter::test
