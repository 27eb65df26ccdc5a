#include "read/reader.h"

#include <doctest/doctest.h>

#include "read/sample_arrays.h"

using namespace rutter;
using namespace rutter::test;

namespace {

void CheckSlices(const Sample& sample, std::mt19937& random, int slices) {
  Reader reader(sample.pool(), Limits());
  std::size_t size = static_cast<std::size_t>(NativeType(sample.array.dtype)->size_bytes);
  for (int i = 0; i < slices; ++i) {
    Slice slice = i == 0 ? WholeSlice(sample.array.shape) : RandomSlice(sample.array.shape, random);
    ByteList out(slice.NumElements() * size, std::byte{0xEE});
    ReadOptions options;
    options.threads = 1 + random() % 3;
    std::atomic<std::uint64_t> progress{0};
    options.progress_bytes = &progress;
    auto status = reader.Read(sample.array, slice, out, options);
    if (!status) MESSAGE(status.error().ToString());
    REQUIRE(status);
    bool equal = out == NaiveSlice(sample.expected, sample.array.shape, slice, size);
    REQUIRE(equal);
    CHECK(progress.load() == out.size());
  }
}

Shape RandomShape(std::mt19937& random, std::size_t rank, std::uint64_t most) {
  Shape shape;
  for (std::size_t k = 0; k < rank; ++k) shape.push_back(1 + random() % most);
  return shape;
}

}  // namespace

TEST_CASE("random slices of random chunked arrays are those of a naive reader") {
  std::mt19937 random(1);
  for (int round = 0; round < 400; ++round) {
    std::size_t rank = random() % 5;
    Shape shape = RandomShape(random, rank, rank > 2 ? 9 : 40), chunk = RandomShape(random, rank, rank > 2 ? 5 : 16);
    Layout layout;
    layout.column_major = random() % 3 == 0;
    layout.encoded = random() % 3 != 0;
    layout.missing = random() % 3 == 0 ? 0.4 : random() % 8 == 0 ? 1.0 : 0;
    layout.masked = random() % 2 == 0 ? 0.3 : 0;
    layout.inline_data = random() % 5 == 0;
    CAPTURE(round);
    Sample sample = MakeChunked(RandomDtype(random), shape, chunk, layout, random, random() % 2 == 0);
    CheckSlices(sample, random, 6);
  }
}

TEST_CASE("random slices of flat arrays in either order, over one source or several") {
  std::mt19937 random(2);
  for (int round = 0; round < 400; ++round) {
    std::size_t rank = random() % 4;
    Shape shape = RandomShape(random, rank, rank > 2 ? 12 : 60);
    DtypePtr dtype = RandomDtype(random);
    auto size = static_cast<std::size_t>(dtype->size_bytes);
    Elements elements = RandomElements(dtype, Count(shape), random);
    bool column_major = random() % 2 == 0;
    std::uint64_t pad = random() % 2 == 0 ? random() % 9000 : 0;  // bytes between rows
    std::vector<std::uint64_t> strides(rank);
    std::uint64_t stride = size;
    for (std::size_t n = 0; n < rank; ++n) {
      std::size_t k = column_major ? n : rank - 1 - n;
      strides[k] = stride;
      stride = stride * shape[k] + (n == 0 ? pad : 0);
    }
    ByteList stream(stride + size);
    Shape at(rank, 0);
    do {
      std::uint64_t place = 0;
      for (std::size_t k = 0; k < rank; ++k) place += at[k] * strides[k];
      std::memcpy(stream.data() + place, elements.stored.data() + Number(at, shape) * size, size);
    } while (Next(at, shape));

    Sample sample;
    sample.expected = elements.native;
    sample.array.dtype = dtype;
    sample.array.shape = shape;
    sample.array.chunk_shape = shape;
    std::vector<Extent> extents;
    std::uint64_t done = 0;
    std::uint64_t pieces = 1 + random() % 3;
    for (std::uint64_t i = 0; i < pieces; ++i) {
      std::uint64_t length = i + 1 == pieces ? stream.size() - done : (stream.size() - done) / 2;
      ByteList file(7 * i);
      file.insert(file.end(), stream.begin() + static_cast<std::ptrdiff_t>(done), stream.begin() + static_cast<std::ptrdiff_t>(done + length));
      extents.push_back({done, static_cast<std::uint32_t>(i), 7 * i, length});
      sample.sources.push_back(random() % 3 == 0 ? MakeMemorySource("m", file) : std::make_shared<HiddenSource>(file));
      done += length;
    }
    sample.array.index = std::make_shared<FlatIndex>(extents, strides, shape, shape, size);
    CAPTURE(round);
    CheckSlices(sample, random, 6);
  }
}
