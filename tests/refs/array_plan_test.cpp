// How arrays are carried: which chunks become references, which go inline, and every reason for which an array is not mapped.

#include "refs/array_plan.h"

#include <doctest/doctest.h>

#include <utility>

#include "refs/array_metadata.h"
#include "small_map.h"

using namespace rutter;
using namespace rutter::test;

namespace {

struct Carrier {
  Map map = MapOf();
  FixedData data;
  WriteOptions options;

  Result<ArrayPlan> Plan(const Array& array) const { return PlanArray(array, map.sources, data, options, nullptr); }

  /// Why an array is not carried.
  std::string Reason(const Array& array) const {
    auto plan = Plan(array);
    return plan ? "carried" : ErrorCodeName(plan.error().code) + (": " + plan.error().message);
  }
};

DtypePtr Simple(TypeClass type_class, std::uint64_t size) {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = type_class;
  dtype->size_bytes = size;
  return dtype;
}

DtypePtr ArrayOf(std::vector<std::uint64_t> dims, DtypePtr base) {
  auto dtype = std::make_shared<Dtype>();
  dtype->type_class = TypeClass::kArray;
  dtype->size_bytes = base->size_bytes;
  for (std::uint64_t n : dims) dtype->size_bytes *= n;
  dtype->dims = std::move(dims);
  dtype->base = std::move(base);
  return dtype;
}

std::string Lines(const ArrayPlan& plan) {
  std::string out;
  for (const PlannedChunk& chunk : plan.chunks) {
    out += std::to_string(chunk.number) + (chunk.source == PlannedChunk::kInline ? " inline " : " at ") + std::to_string(chunk.offset) + " " + std::to_string(chunk.length) + "\n";
  }
  return out;
}

constexpr std::uint64_t kHuge = 1ull << 40;

}  // namespace

TEST_CASE("a last chunk that ends with its array goes inline, whole") {
  Carrier carrier;
  auto array = ChunkedArray(MakeInteger(1, false), {5, 2}, {2, 2}, {Stage(CodecId::kDeflate, {1})}, {{0, 10, 9, 0, 0}, {1, 20, 9, 0, 0}, {2, 30, 9, 0, 0}});
  int asked = 0;
  carrier.data.chunk = [&](const Array& read, const Shape& index) -> Result<std::vector<std::byte>> {
    ++asked;
    CHECK(index == Shape{2, 0});
    if (read.shape[0] > 5) return Fail(ErrorCode::kCorrupt, "2 bytes of 4");
    return BytesOf("ab\0\0");
  };
  auto plan = carrier.Plan(*array);
  REQUIRE(plan);
  CHECK(asked == 3);  // as a whole chunk, as far as the array goes, and to be encoded again
  REQUIRE(plan->chunks.size() == 3);
  CHECK(plan->chunks[1].source == 0);
  CHECK(plan->chunks[2].source == PlannedChunk::kInline);
  CHECK(plan->complete);

  // A chunk that is whole stays where it is, and so does one that cannot be read at all.
  carrier.data.chunk = [&](const Array&, const Shape&) -> Result<std::vector<std::byte>> { return BytesOf("abcd"); };
  CHECK(Lines(*carrier.Plan(*array)) == "0 at 10 9\n1 at 20 9\n2 at 30 9\n");
  carrier.data.chunk = [&](const Array&, const Shape&) -> Result<std::vector<std::byte>> { return Fail(ErrorCode::kCorrupt, "damage"); };
  CHECK(Lines(*carrier.Plan(*array)) == "0 at 10 9\n1 at 20 9\n2 at 30 9\n");
  // No chunk reaches beyond the array: nothing is read.
  auto even = ChunkedArray(MakeInteger(1, false), {4, 2}, {2, 2}, {Stage(CodecId::kDeflate, {1})}, {{0, 10, 9, 0, 0}, {1, 20, 9, 0, 0}});
  carrier.data.chunk = nullptr;
  CHECK(Lines(*carrier.Plan(*even)) == "0 at 10 9\n1 at 20 9\n");
}

TEST_CASE("unencoded chunks are referenced with exactly the bytes of a chunk") {
  Carrier carrier;
  carrier.data.chunk = [&](const Array&, const Shape&) -> Result<std::vector<std::byte>> { return BytesOf("ab__"); };
  auto array = ChunkedArray(MakeInteger(1, false), {10}, {4}, {}, {{0, 100, 4, 0, 0}, {1, 200, 9, 0, 0}, {2, 300, 2, 0, 0}});
  auto plan = carrier.Plan(*array);
  REQUIRE(plan);
  CHECK(Lines(*plan) == "0 at 100 4\n1 at 200 4\n2 inline 0 4\n");
  CHECK(plan->inline_data == "ab__");
}

TEST_CASE("where nothing is stored, chunks are of a size that clients can visit and hold") {
  Carrier carrier;
  auto empty = [](DtypePtr dtype, Shape shape, Shape chunk) {
    auto array = ChunkedArray(std::move(dtype), std::move(shape), std::move(chunk), {}, {});
    array->index = std::make_shared<EmptyIndex>();
    return array;
  };
  DtypePtr i4 = MakeInteger(4, true);
  CHECK(carrier.Plan(*empty(i4, {8'589'934'592, 268'435'457}, {1, 17}))->chunk_shape == Shape{1, 262'144});
  CHECK(carrier.Plan(*empty(i4, {1ull << 33}, {1ull << 33}))->chunk_shape == Shape{262'144});
  CHECK(carrier.Plan(*empty(i4, {100, 1'000'000}, {1, 20'000}))->chunk_shape == Shape{1, 20'000});
  auto plan = carrier.Plan(*empty(i4, {100, 100'000}, {1, 20'000}));
  CHECK(!plan->complete);
  CHECK(plan->fill_value == "0");
  // xarray makes a mask of a fill value, and opens no group with a structure that has one: few bytes are spelled out.
  auto pair = std::make_shared<Dtype>(*Simple(TypeClass::kCompound, 4));
  pair->members = {{"a", 0, MakeInteger(2, true), 0}, {"b", 2, MakeInteger(2, true), 0}};
  auto structures = empty(pair, {3}, {2});
  structures->fill_value = BytesOf("fill");
  structures->fill_defined = true;
  plan = carrier.Plan(*structures);
  REQUIRE(plan);
  CHECK(plan->complete);
  CHECK(Lines(*plan) == "0 inline 0 12\n");
  CHECK(plan->inline_data == "fillfillfill");
  structures->index = std::make_shared<TableIndex>(structures->ChunkGrid(), std::vector<TableIndex::Row>{}, std::vector<std::byte>{});
  plan = carrier.Plan(*structures);
  REQUIRE(plan);
  CHECK_MESSAGE(plan->inline_data == "fillfillfill", "also where the file has an index that names no chunk");
  plan = carrier.Plan(*empty(i4, {500, 500}, {10, 10}));
  CHECK(plan->complete);
  CHECK(plan->chunk_shape == Shape{500, 500});
  CHECK(plan->codecs.compressor == "{\"id\":\"zlib\",\"level\":1}");
  CHECK(plan->inline_data.size() < 10'000);
  carrier.data.chunk = [&](const Array&, const Shape&) -> Result<std::vector<std::byte>> { return BytesOf("fill"); };
  auto some = ChunkedArray(MakeInteger(1, false), {12}, {4}, {}, {{1, 100, 4, 0, 0}});
  plan = carrier.Plan(*some);
  CHECK(Lines(*plan) == "0 inline 0 4\n1 at 100 4\n2 inline 4 4\n");
  CHECK(plan->complete);
  carrier.options.dialect = Dialect::kKerchunkZarr3;
  plan = carrier.Plan(*some);
  CHECK(Lines(*plan) == "1 at 100 4\n");
  CHECK(!plan->complete);
}

TEST_CASE("a null dataspace is an axis of no elements, whatever the type") {
  Carrier carrier;
  auto seven_bits = std::make_shared<Dtype>(*MakeInteger(2, true));
  seven_bits->precision = 7;
  for (const DtypePtr& dtype : {MakeInteger(2, true), DtypePtr(seven_bits)}) {
    auto array = FlatArray(dtype, {}, 0);
    array->is_null = true;
    carrier.data.stored[array.get()] = {};
    auto plan = carrier.Plan(*array);
    REQUIRE_MESSAGE(plan, (plan ? "" : plan.error().ToString()));
    CHECK(plan->shape == Shape{0});
    CHECK(plan->chunk_shape == Shape{1});
    CHECK(plan->chunks.empty());
  }
}

TEST_CASE("a _FillValue stands in the metadata only where it is one of the array's numbers") {
  ArrayPlan plan;
  auto fill = [&plan](DtypePtr element, DtypePtr dtype, Value value) {
    plan.element = std::move(element);
    Node node;
    SetAttribute(node, TypedAttributeOf("_FillValue", std::move(dtype), {}, std::move(value)));
    bool taken = false;
    std::string text = FillOf(node, plan, taken);
    return text + (taken ? " taken" : "");
  };
  DtypePtr i1 = MakeInteger(1, true), u1 = MakeInteger(1, false), i8 = MakeInteger(8, true), u8 = MakeInteger(8, false);
  CHECK(fill(i1, u1, Value(std::uint64_t{127})) == "127 taken");
  CHECK(fill(i1, u1, Value(std::uint64_t{128})) == "null");
  CHECK(fill(i1, i8, Value(std::int64_t{-128})) == "-128 taken");
  CHECK(fill(i1, i8, Value(std::int64_t{-129})) == "null");
  CHECK(fill(u1, i1, Value(std::int64_t{-1})) == "null");
  CHECK(fill(u1, i8, Value(std::int64_t{256})) == "null");
  CHECK(fill(i8, u8, Value(~std::uint64_t{0})) == "null");
  CHECK(fill(u8, u8, Value(~std::uint64_t{0})) == "18446744073709551615 taken");
  CHECK(fill(MakeFloat(4), MakeFloat(8), Value(-1.5)) == "-1.5 taken");
  CHECK(fill(MakeFloat(4), i8, Value(std::int64_t{1})) == "null");
}

TEST_CASE("every reason for which an array is not carried") {
  Carrier carrier;
  DtypePtr i2 = MakeInteger(2, true);

  SUBCASE("its own damage") {
    auto array = FlatArray(i2, {4}, 0);
    array->failure = MakeError(ErrorCode::kCorrupt, "no data layout");
    CHECK(carrier.Reason(*array) == "corrupt: no data layout");
  }
  SUBCASE("more elements than 64 bits count") {
    auto array = FlatArray(i2, {4}, 0);
    array->shape = {kHuge, kHuge};
    CHECK(carrier.Reason(*array) == "limit: the array has more than 2^64 elements");
  }
  SUBCASE("a type without a Zarr name, too large to inline") {
    CHECK(carrier.Reason(*FlatArray(MakeInteger(3, true), {kHuge}, 0)) ==
          "unsupported: its element type, " + DtypeTitle(*MakeInteger(3, true)) + ", has no Zarr name, and the array is too large to inline");
    CHECK(carrier.Reason(*FlatArray(Simple(TypeClass::kTime, 4), {4}, 0)).starts_with("unsupported: its element type, "));
  }
  SUBCASE("a virtual dataset, too large to inline") {
    auto array = ChunkedArray(i2, {kHuge}, {1024}, {}, {});
    array->index = std::make_shared<MosaicIndex>(std::vector<MosaicPiece>{});
    CHECK(carrier.Reason(*array) == "unsupported: a virtual dataset has no chunks of its own, and the array is too large to inline");
  }
  SUBCASE("a filter that clients have no codec for, too large to inline") {
    auto array = ChunkedArray(i2, {kHuge}, {1024}, {Stage(CodecId::kSzip)}, {{0, 0, 9, 0, 0}});
    CHECK(carrier.Reason(*array) == "unsupported: Zarr clients have no codec for filter 4 (Szip), and the array is too large to inline");
    array->codecs[0].id = CodecId::kUnknown;
    array->codecs[0].hdf5_filter = 305;
    CHECK(carrier.Reason(*array) == "unsupported: Zarr clients have no codec for filter 305 (" + std::string(Hdf5FilterTitle(305)) + "), and the array is too large to inline");
  }
  SUBCASE("a shuffle of compressed bytes, too large to inline") {
    auto array = ChunkedArray(i2, {kHuge}, {1024}, {Stage(CodecId::kDeflate, {1}), Stage(CodecId::kShuffle, {2})}, {{0, 0, 9, 0, 0}});
    CHECK(carrier.Reason(*array) == "unsupported: Zarr clients cannot undo a shuffle of compressed bytes, and the array is too large to inline");
    std::swap(array->codecs[0], array->codecs[1]);
    CHECK(carrier.Reason(*array) == "carried");
  }
  SUBCASE("and where it is small, but cannot be read") {
    auto array = ChunkedArray(i2, {4}, {4}, {Stage(CodecId::kSzip)}, {{0, 0, 9, 0, 0}});
    CHECK(carrier.Reason(*array) == "unsupported: Zarr clients have no codec for filter 4 (Szip); nothing is laid down");
  }
  SUBCASE("elements that do not lie in runs") {
    auto array = FlatArray(i2, {kHuge}, 0);
    array->index = std::make_shared<FlatIndex>(std::vector<Extent>{{0, 0, 0, kHuge * 6}}, Shape{6}, array->shape, array->chunk_shape, 2);
    CHECK(carrier.Reason(*array) == "unsupported: its elements do not lie in runs of bytes, and the array is too large to inline");
  }
  SUBCASE("too many references") {
    auto array = FlatArray(i2, {1u << 24, 4}, 0);
    array->index = std::make_shared<FlatIndex>(std::vector<Extent>{{0, 0, 0, 1ull << 40}}, Shape{64, 2}, array->shape, array->chunk_shape, 2);
    CHECK(carrier.Reason(*array) == "unsupported: it would take more than " + std::to_string(kMaxPlannedRows) + " references, and the array is too large to inline");
  }
  SUBCASE("a fill value that differs within one element") {
    auto array = ChunkedArray(ArrayOf({2}, i2), {4}, {2}, {}, {{0, 0, 8, 0, 0}});
    array->fill_value = BytesOf("abcd");
    array->fill_defined = true;
    CHECK(carrier.Reason(*array) == "unsupported: the fill value of its missing chunks differs by element, which Zarr cannot say");
    array->fill_value = BytesOf("abab");
    CHECK(carrier.Reason(*array) == "carried");
  }
  SUBCASE("damage in its chunk table") {
    CHECK(carrier.Reason(*ChunkedArray(i2, {4}, {4}, {Stage(CodecId::kFletcher32)}, {{0, 0, 4, 0, 0}})) == "corrupt: a stored chunk is shorter than its checksum");
    CHECK(carrier.Reason(*ChunkedArray(i2, {4}, {4}, {}, {{0, 0, 8, 7, 0}})) == "internal: a chunk of a source that the map does not have");
    CHECK(carrier.Reason(*ChunkedArray(i2, {4}, {4}, {}, {{0, 0, ChunkRef::kWholeSource, 0, 0}})) == "unsupported: the size of its sources is not known");
  }
  SUBCASE("too much that only goes inline") {
    std::vector<std::byte> chunk(1024);
    carrier.data.chunk = [&](const Array&, const Shape&) -> Result<std::vector<std::byte>> { return chunk; };
    carrier.options.max_inline_array_bytes = 1500;
    // Both chunks skipped their filter.
    auto array = ChunkedArray(MakeInteger(1, false), {2048}, {1024}, {Stage(CodecId::kDeflate, {1})}, {{0, 0, 1024, 0, 1}, {1, 2000, 1024, 0, 1}});
    for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = static_cast<std::byte>(i * i * 2'654'435'761u >> 13);
    CHECK(carrier.Reason(*array) == "unsupported: its chunks that no reference can name are too large to inline, and the array is too large to inline");
  }
  SUBCASE("variable-length data: too many elements, too many bytes, or no data") {
    Array array;
    array.dtype = MakeVlenString(CharSet::kUtf8);
    array.shape = array.chunk_shape = {2'000'000};
    array.index = std::make_shared<EmptyIndex>();
    CHECK(carrier.Reason(array) == "unsupported: variable-length data must go inline, and 2000000 elements are too many");
    array.shape = array.chunk_shape = {1};
    CHECK(carrier.Reason(array) == "unsupported: nothing is laid down");
    carrier.options.max_inline_array_bytes = 100;
    carrier.data.values[&array] = {Value(std::string(200, 'x'))};
    CHECK(carrier.Reason(array) == "unsupported: its variable-length data, 208 bytes, is too large to inline");
  }
  SUBCASE("nothing to carry") {
    CHECK(carrier.Reason(Array()) == "internal: the array has no type or no index");
  }
}
