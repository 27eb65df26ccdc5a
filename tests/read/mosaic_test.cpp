// Virtual datasets against an element-by-element model of them.

#include <doctest/doctest.h>

#include <map>

#include "read/sample_arrays.h"

using namespace rutter;
using namespace rutter::test;

namespace {

using Kind = ElementSelection::Kind;

/// The C-order numbers of the selected elements, in selection order.
std::vector<std::uint64_t> Enumerate(const ElementSelection& selection, const Shape& shape) {
  std::vector<std::uint64_t> numbers;
  if (selection.kind == Kind::kPoints) {
    for (const Shape& point : selection.points) numbers.push_back(Number(point, shape));
    return numbers;
  }
  if (Count(shape) == 0 || selection.kind == Kind::kNone) return numbers;
  Shape at(shape.size(), 0);
  do {
    bool in = selection.kind == Kind::kAll;
    if (selection.kind == Kind::kRegular) {
      in = true;
      for (std::size_t k = 0; k < at.size(); ++k) {
        const HyperslabAxis& axis = selection.axes[k];
        bool here = false;
        for (std::uint64_t c = 0; c < axis.count; ++c) here = here || (at[k] >= axis.start + c * axis.stride && at[k] < axis.start + c * axis.stride + axis.block);
        in = in && here;
      }
    }
    for (const Box& box : selection.boxes) {
      bool here = true;
      for (std::size_t k = 0; k < at.size(); ++k) here = here && at[k] >= box.start[k] && at[k] < box.start[k] + box.shape[k];
      in = in || here;
    }
    if (in) numbers.push_back(Number(at, shape));
  } while (Next(at, shape));
  return numbers;
}

HyperslabAxis RandomAxis(std::uint64_t extent, std::mt19937& random) {
  HyperslabAxis axis;
  axis.block = 1 + random() % std::min<std::uint64_t>(3, extent);
  axis.stride = axis.block + random() % 3;
  axis.start = random() % (extent - axis.block + 1);
  axis.count = 1 + random() % ((extent - axis.start - axis.block) / axis.stride + 1);
  return axis;
}

std::vector<std::uint64_t> Lengths(const ElementSelection& selection) {
  std::vector<std::uint64_t> lengths;
  for (const HyperslabAxis& axis : selection.axes) lengths.push_back(axis.count * axis.block);
  return lengths;
}

MosaicPiece Piece(ElementSelection target, ElementSelection part, Array array, std::vector<std::shared_ptr<ByteSource>> sources) {
  MosaicPiece piece;
  piece.target = std::move(target);
  piece.part = std::move(part);
  piece.source_name = "b.h5:/data";
  auto source = std::make_shared<MosaicSource>();
  source->array = std::make_shared<Array>(std::move(array));
  source->pool = std::make_shared<std::vector<std::shared_ptr<ByteSource>>>(std::move(sources));
  piece.open = [source]() -> Result<std::shared_ptr<const MosaicSource>> { return std::shared_ptr<const MosaicSource>(source); };
  return piece;
}

Array Mosaic(const Shape& shape, std::vector<MosaicPiece> pieces) {
  Array array;
  array.dtype = MakeInteger(4, true);
  array.shape = shape;
  array.chunk_shape = shape;
  array.fill_value = {std::byte{5}, std::byte{0}, std::byte{0}, std::byte{0}};
  array.index = std::make_shared<MosaicIndex>(std::move(pieces));
  return array;
}

/// An int32 selection of either kind that selects `wanted` elements, or nullopt.
std::optional<ElementSelection> SelectionOf(std::uint64_t wanted, const Shape& shape, std::mt19937& random) {
  for (int attempt = 0; attempt < 30; ++attempt) {
    ElementSelection selection;
    selection.kind = Kind::kRegular;
    for (std::uint64_t extent : shape) selection.axes.push_back(RandomAxis(extent, random));
    if (Count(Lengths(selection)) == wanted) return selection;
  }
  ElementSelection points;
  points.kind = Kind::kPoints;
  for (std::uint64_t i = 0; i < wanted; ++i) {
    Shape point;
    for (std::uint64_t extent : shape) point.push_back(random() % extent);
    points.points.push_back(point);
  }
  return points;
}

}  // namespace

TEST_CASE("random virtual datasets are those of an element-by-element reader") {
  std::mt19937 random(21);
  int separable = 0;
  for (int round = 0; round < 600; ++round) {
    CAPTURE(round);
    Shape shape;
    std::size_t rank = 1 + random() % 3;
    for (std::size_t k = 0; k < rank; ++k) shape.push_back(1 + random() % 12);
    ByteList expected;
    for (std::uint64_t i = 0; i < Count(shape); ++i) expected.insert(expected.end(), {std::byte{5}, std::byte{0}, std::byte{0}, std::byte{0}});
    std::vector<MosaicPiece> pieces;
    for (std::uint64_t n = random() % 4; n > 0; --n) {
      ElementSelection target;
      target.kind = random() % 4 == 0 ? Kind::kAll : random() % 4 == 0 ? Kind::kBoxes : Kind::kRegular;
      if (target.kind == Kind::kRegular) {
        for (std::uint64_t extent : shape) target.axes.push_back(RandomAxis(extent, random));
      } else if (target.kind == Kind::kBoxes) {
        // Two boxes that do not overlap: halves of the first axis.
        Box low{Shape(rank, 0), shape}, high{Shape(rank, 0), shape};
        low.shape[0] = shape[0] / 2;
        high.start[0] = shape[0] / 2;
        high.shape[0] = shape[0] - shape[0] / 2;
        for (std::size_t k = 1; k < rank; ++k) high.shape[k] = 1 + random() % shape[k];
        target.boxes = {high, low};
      }
      std::vector<std::uint64_t> targets = Enumerate(target, shape);
      // A source of the same axes, with axes of one element put in, or of another structure.
      Shape source_shape;
      ElementSelection part;
      part.kind = Kind::kRegular;
      bool same_axes = target.kind == Kind::kRegular && random() % 3 != 0;
      if (same_axes) {
        ++separable;
        for (const HyperslabAxis& axis : target.axes) {
          if (random() % 3 == 0) {
            source_shape.push_back(1 + random() % 3);
            part.axes.push_back({random() % source_shape.back(), 1, 1, 1});
          }
          std::uint64_t length = axis.count * axis.block;
          HyperslabAxis own{random() % 3, 1, 1, length};
          if (random() % 2 == 0) own = {random() % 3, 1 + random() % 3, length, 1};
          if (length % 2 == 0 && random() % 3 == 0) own = {random() % 3, 2 + random() % 3, length / 2, 2};
          part.axes.push_back(own);
          source_shape.push_back(own.start + (own.count - 1) * own.stride + own.block + random() % 2);
        }
      } else {
        source_shape = {1 + random() % 9, 3 + random() % 9};
        auto selection = SelectionOf(targets.size(), source_shape, random);
        part = *selection;
      }
      Layout layout;
      layout.encoded = random() % 2 == 0;
      DtypePtr dtype = random() % 3 == 0 ? MakeInteger(2, true, ByteOrder::kBig) : random() % 2 == 0 ? MakeInteger(4, true, ByteOrder::kBig) : MakeInteger(4, true);
      Shape chunk;
      for (std::uint64_t extent : source_shape) chunk.push_back(1 + random() % extent);
      Sample source = MakeChunked(dtype, source_shape, chunk, layout, random);
      std::vector<std::uint64_t> parts = Enumerate(part, source_shape);
      REQUIRE(parts.size() == targets.size());
      for (std::size_t i = 0; i < parts.size(); ++i) {
        std::int32_t number = 0;
        if (dtype->size_bytes == 2) {
          std::int16_t narrow;
          std::memcpy(&narrow, source.expected.data() + parts[i] * 2, 2);
          number = narrow;
        } else {
          std::memcpy(&number, source.expected.data() + parts[i] * 4, 4);
        }
        std::memcpy(expected.data() + targets[i] * 4, &number, 4);
      }
      pieces.push_back(Piece(std::move(target), std::move(part), source.array, source.sources));
    }
    Array array = Mosaic(shape, std::move(pieces));
    Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{}), Limits());
    for (int i = 0; i < 5; ++i) {
      Slice slice = i == 0 ? WholeSlice(shape) : RandomSlice(shape, random);
      ByteList out(slice.NumElements() * 4, std::byte{0xEE});
      auto status = reader.Read(array, slice, out);
      if (!status) MESSAGE(status.error().ToString());
      REQUIRE(status);
      bool equal = out == NaiveSlice(expected, shape, slice, 4);
      REQUIRE(equal);
    }
    CHECK((*reader.ReadStored(array, 1 << 20) == expected));
  }
  CHECK(separable > 100);
}

TEST_CASE("a missing source reads as the fill value; other failures name the piece") {
  MosaicPiece gone;
  gone.source_name = "gone.h5:/d";
  gone.target = {Kind::kRegular, {{0, 1, 1, 2}}, {}, {}};
  gone.open = []() -> Result<std::shared_ptr<const MosaicSource>> { return std::shared_ptr<const MosaicSource>(); };
  Array array = Mosaic({4}, {gone});
  Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{}), Limits());
  ByteList out(16);
  REQUIRE(reader.Read(array, WholeSlice({4}), out));
  CHECK(out[0] == std::byte{5});
  gone.open = []() -> Result<std::shared_ptr<const MosaicSource>> { return Fail(ErrorCode::kPolicy, "outside"); };
  array = Mosaic({4}, {gone});
  auto status = reader.Read(array, WholeSlice({4}), out);
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::kPolicy);
  // Not asked for: not opened.
  out.resize(8);
  CHECK(reader.Read(array, {{{2, 2, 1, false}}}, out));
}

TEST_CASE("mappings that cannot be are refused") {
  std::mt19937 random(5);
  Sample source = MakeChunked(MakeInteger(4, true), {6}, {3}, {}, random);
  Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{}), Limits());
  auto code = [&](ElementSelection target, ElementSelection part) {
    Array array = Mosaic({8}, {Piece(std::move(target), std::move(part), source.array, source.sources)});
    ByteList out(32);
    auto status = reader.Read(array, WholeSlice({8}), out);
    return status ? ErrorCode{} : status.error().code;
  };
  auto slab = [](HyperslabAxis axis) { return ElementSelection{Kind::kRegular, {axis}, {}, {}}; };
  CHECK(code(slab({0, 1, 1, 4}), slab({0, 1, 1, 4})) == ErrorCode{});
  CHECK(code(slab({0, 1, 1, 4}), slab({0, 1, 1, 3})) == ErrorCode::kCorrupt);
  CHECK(code(slab({0, 1, 1, 4}), slab({4, 1, 1, 4})) == ErrorCode::kCorrupt);
  CHECK(code(slab({0, 1, 2, 2}), slab({0, 1, 1, 4})) == ErrorCode::kCorrupt);  // blocks overlap
  CHECK(code(slab({0, ~0ull, ~0ull - 1, 1}), slab({0, 1, 1, 4})) == ErrorCode::kCorrupt);
  CHECK(code(slab({0, 1, 1, 4}), slab({0, 1, HyperslabAxis::kUnlimited, 1})) == ErrorCode::kUnsupported);
  CHECK(code({Kind::kRegular, {{0, 1, 1, 2}, {0, 1, 1, 2}}, {}, {}}, slab({0, 1, 1, 4})) == ErrorCode::kCorrupt);
  CHECK(code(slab({0, 1, 1, 1}), {Kind::kPoints, {}, {}, {{6}}}) == ErrorCode::kCorrupt);
}

TEST_CASE("a mosaic that contains itself ends") {
  auto holder = std::make_shared<MosaicSource>();
  std::vector<MosaicPiece> pieces;
  for (int i = 0; i < 4; ++i) {
    MosaicPiece piece;
    piece.target.kind = piece.part.kind = Kind::kAll;
    piece.open = [holder]() -> Result<std::shared_ptr<const MosaicSource>> { return std::shared_ptr<const MosaicSource>(holder); };
    pieces.push_back(piece);
  }
  auto array = std::make_shared<Array>(Mosaic({4}, pieces));
  holder->array = array;
  Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{}), Limits());
  ByteList out(16);
  auto status = reader.Read(*array, WholeSlice({4}), out);
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::kLimit);
  holder->array = nullptr;  // the pieces own the holder
}

TEST_CASE("numbers of another type are converted by HDF5's rules") {
  Array source;
  source.shape = {6};
  source.chunk_shape = {6};
  source.dtype = MakeFloat(8);
  std::vector<double> numbers{1.9, -1.9, 3e9, -3e9, std::numeric_limits<double>::quiet_NaN(), 40000.5};
  ByteList file(48);
  std::memcpy(file.data(), numbers.data(), 48);
  source.index = std::make_shared<InlineIndex>(file);
  ElementSelection all;
  auto convert = [&](const DtypePtr& dtype, auto sample) {
    Array array = Mosaic({6}, {Piece(all, all, source, {})});
    array.dtype = dtype;
    array.fill_value.clear();
    std::vector<decltype(sample)> out(6);
    Reader reader(std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{}), Limits());
    auto status = reader.Read(array, WholeSlice({6}), std::as_writable_bytes(std::span(out)));
    REQUIRE(status);
    return out;
  };
  CHECK(convert(MakeInteger(4, true), std::int32_t{}) == std::vector<std::int32_t>{1, -1, INT32_MAX, INT32_MIN, 0, 40000});
  CHECK(convert(MakeInteger(2, false), std::uint16_t{}) == std::vector<std::uint16_t>{1, 0, 65535, 0, 0, 40000});
  CHECK(convert(MakeInteger(8, true), std::int64_t{})[2] == 3'000'000'000);
  CHECK(convert(MakeFloat(4), float{})[0] == 1.9f);
}
