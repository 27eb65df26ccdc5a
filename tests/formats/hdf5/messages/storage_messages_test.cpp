#include "formats/hdf5/messages/storage_messages.h"

#include "formats/hdf5/bytes.h"

using namespace rutter;
using namespace rutter::hdf5;

namespace {

constexpr Sizes kSizes{8, 8};

Result<DataLayout> Layout(const std::vector<std::byte>& bytes) { return DecodeDataLayout(ReaderOf(bytes), kSizes); }
Status LayoutStatus(const std::vector<std::byte>& bytes) { return StatusOf(Layout(bytes)); }
Result<std::vector<CodecSpec>> Pipeline(const std::vector<std::byte>& bytes) { return DecodeFilterPipeline(ReaderOf(bytes), Limits()); }
Result<FillValueMessage> Fill(const std::vector<std::byte>& bytes) { return DecodeFillValue(ReaderOf(bytes)); }

}  // namespace

TEST_CASE("old layouts") {
  auto chunked = Bytes8().U8(1).U8(3).U8(2).Zeros(5).U64(1234).U32(10).U32(20).U32(4).get();
  auto layout = Layout(chunked);
  REQUIRE(layout);
  CHECK(layout->layout_class == LayoutClass::kChunked);
  CHECK(layout->address == 1234);
  CHECK(layout->chunk_dims == std::vector<std::uint64_t>{10, 20});
  CHECK(layout->element_bytes == 4);
  CheckTruncations(chunked, LayoutStatus);
  auto contiguous = Bytes8().U8(2).U8(1).U8(1).Zeros(5).U64(~0ull).U32(7).get();
  CHECK_FALSE(Layout(contiguous)->address);
  CheckTruncations(contiguous, LayoutStatus);
  auto compact = Bytes8().U8(2).U8(1).U8(0).Zeros(5).U32(3).U32(3).Text("abc").get();
  CHECK(Layout(compact)->compact_data.size() == 3);
  CheckTruncations(compact, LayoutStatus);
}

TEST_CASE("version 3 layouts") {
  auto compact = Bytes8().U8(3).U8(0).U16(3).Text("abc").get();
  CHECK(Layout(compact)->compact_data.size() == 3);
  CheckTruncations(compact, LayoutStatus);
  auto contiguous = Bytes8().U8(3).U8(1).U64(99).U64(400).get();
  CHECK(Layout(contiguous)->contiguous_bytes == 400);
  CheckTruncations(contiguous, LayoutStatus);
  auto chunked = Bytes8().U8(3).U8(2).U8(2).U64(77).U32(5).U32(8).get();
  CHECK(Layout(chunked)->chunk_dims == std::vector<std::uint64_t>{5});
  CheckTruncations(chunked, LayoutStatus);
  CHECK_FALSE(Layout(Bytes8().U8(3).U8(2).U8(2).U64(77).U32(0).U32(8).get()));  // a chunk of nothing
  CHECK_FALSE(Layout(Bytes8().U8(3).U8(2).U8(1).U64(77).U32(5).get()));
  CHECK_FALSE(Layout(Bytes8().U8(3).U8(2).U8(200).U64(77).U32(5).Zeros(64).get()));
  CHECK_FALSE(Layout(Bytes8().U8(3).U8(9).Zeros(64).get()));
  CHECK_FALSE(Layout(Bytes8().U8(6).Zeros(64).get()));
}

TEST_CASE("version 4 and 5 layouts of every index") {
  for (unsigned version : {4u, 5u}) {
    auto head = [&](unsigned flags, unsigned index) {
      return Bytes8().U8(version).U8(2).U8(flags).U8(3).U8(2).U16(300).U16(2).U16(8).U8(index);
    };
    auto single = head(3, 1).U64(555).U32(6).U64(4096).get();
    auto layout = Layout(single);
    REQUIRE(layout);
    CHECK(layout->index_type == ChunkIndexType::kSingle);
    CHECK(layout->unfiltered_edge_chunks);
    CHECK(layout->single_filtered_bytes == 555);
    CHECK(layout->single_filter_mask == 6);
    CHECK(layout->chunk_dims == std::vector<std::uint64_t>{300, 2});
    CheckTruncations(single, LayoutStatus);
    auto implicit = head(0, 2).U64(4096).get();
    CHECK(Layout(implicit)->address == 4096);
    CheckTruncations(implicit, LayoutStatus);
    auto fixed = head(0, 3).U8(10).U64(4096).get();
    CHECK(Layout(fixed)->fixed_page_bits == 10);
    CheckTruncations(fixed, LayoutStatus);
    auto extensible = head(0, 4).U8(32).U8(4).U8(4).U8(16).U8(10).U64(4096).get();
    CHECK(Layout(extensible)->ea_page_bits == 10);
    CHECK(Layout(extensible)->address == 4096);
    CheckTruncations(extensible, LayoutStatus);
    auto tree = head(0, 5).U32(2048).U8(100).U8(40).U64(~0ull).get();
    CHECK(Layout(tree)->bt2_node_bytes == 2048);
    CHECK_FALSE(Layout(tree)->address);
    CheckTruncations(tree, LayoutStatus);
    CHECK_FALSE(Layout(head(0, 0).Zeros(32).get()));
    CHECK_FALSE(Layout(head(0, 6).Zeros(32).get()));
    CHECK_FALSE(Layout(head(8, 2).Zeros(32).get()));
    CHECK_FALSE(Layout(Bytes8().U8(version).U8(2).U8(0).U8(3).U8(9).Zeros(64).get()));
    auto of_others = Bytes8().U8(version).U8(3).U64(4096).U32(2).get();
    CHECK(Layout(of_others)->virtual_heap_index == 2);
    CheckTruncations(of_others, LayoutStatus);
  }
}

TEST_CASE("filter pipelines of both versions") {
  auto first = Bytes8().U8(1).U8(2).Zeros(6).U16(2).U16(8).U16(1).U16(1).Text(std::string("shuffle\0", 8)).U32(4).U32(0);
  first.U16(32015).U16(0).U16(0).U16(2).U32(3).U32(9);
  auto stages = Pipeline(first.get());
  REQUIRE(stages);
  REQUIRE(stages->size() == 2);
  CHECK((*stages)[0].id == CodecId::kShuffle);
  CHECK((*stages)[0].name == "shuffle");
  CHECK((*stages)[0].optional);
  CHECK((*stages)[0].values == std::vector<std::uint32_t>{4});
  CHECK((*stages)[1].id == CodecId::kZstd);
  CHECK_FALSE((*stages)[1].name.empty());
  CheckTruncations(first.get(), [](const auto& bytes) { return StatusOf(Pipeline(bytes)); });

  auto second = Bytes8().U8(2).U8(2).U16(1).U16(0).U16(1).U32(6).U16(40000).U16(4).U16(0).U16(0).Text(std::string("abc\0", 4)).get();
  stages = Pipeline(second);
  REQUIRE(stages);
  CHECK((*stages)[0].id == CodecId::kDeflate);
  CHECK((*stages)[1].id == CodecId::kUnknown);
  CHECK((*stages)[1].name == "abc");
  CHECK((*stages)[1].hdf5_filter == 40000);
  CheckTruncations(second, [](const auto& bytes) { return StatusOf(Pipeline(bytes)); });

  CHECK_FALSE(Pipeline(Bytes8().U8(2).U8(33).Zeros(4000).get()));
  CHECK_FALSE(Pipeline(Bytes8().U8(2).U8(1).U16(1).U16(0).U16(0xFFFF).Zeros(64).get()));
  CHECK_FALSE(Pipeline(Bytes8().U8(1).U8(1).Zeros(6).U16(1).U16(7).U16(0).U16(0).Zeros(64).get()));
  CHECK_FALSE(Pipeline(Bytes8().U8(3).Zeros(64).get()));
}

TEST_CASE("fill values of every version") {
  for (unsigned version : {1u, 2u}) {
    auto set = Bytes8().U8(version).U8(2).U8(2).U8(1).U32(2).U16(7).get();
    auto fill = Fill(set);
    REQUIRE(fill);
    CHECK(fill->defined);
    CHECK(fill->value.size() == 2);
    CheckTruncations(set, [](const auto& bytes) { return StatusOf(Fill(bytes)); });
    auto standard = Fill(Bytes8().U8(version).U8(2).U8(2).U8(1).U32(0).get());
    REQUIRE(standard);
    CHECK_FALSE(standard->defined);
    CHECK_FALSE(standard->undefined);
    auto undefined = Fill(Bytes8().U8(version).U8(2).U8(2).U8(1).U32(0xFFFFFFFF).get());  // as old libraries write it
    REQUIRE(undefined);
    CHECK_FALSE(undefined->defined);
    CHECK(undefined->undefined);
  }
  CHECK(Fill(Bytes8().U8(2).U8(2).U8(2).U8(0).get())->undefined);
  CHECK(Fill(Bytes8().U8(1).U8(2).U8(2).U8(0).U32(0).get())->undefined);
  auto third = Bytes8().U8(3).U8(0x2A).U32(4).U32(1).get();
  CHECK(Fill(third)->defined);
  CHECK(Fill(third)->allocation_time == 2);
  CHECK(Fill(third)->write_time == 2);
  CheckTruncations(third, [](const auto& bytes) { return StatusOf(Fill(bytes)); });
  CHECK(Fill(Bytes8().U8(3).U8(0x1A).get())->undefined);
  CHECK_FALSE(Fill(Bytes8().U8(3).U8(0x3A).U32(0).get()));
  CHECK_FALSE(Fill(Bytes8().U8(3).U8(0x20).U32(0xFFFFFFFF).get()));
  CHECK_FALSE(Fill(Bytes8().U8(4).Zeros(16).get()));
  auto old = Bytes8().U32(2).U16(7).get();
  CHECK(DecodeFillValueOld(ReaderOf(old))->value.size() == 2);
  CheckTruncations(old, [](const auto& bytes) { return StatusOf(DecodeFillValueOld(ReaderOf(bytes))); });
}

TEST_CASE("external files") {
  auto bytes = Bytes8().U8(1).Zeros(3).U16(2).U16(1).U64(800).U64(8).U64(100).U64(~0ull).get();
  auto files = DecodeExternalFiles(ReaderOf(bytes), kSizes);
  REQUIRE(files);
  CHECK(files->heap_address == 800);
  REQUIRE(files->slots.size() == 1);
  CHECK(files->slots[0].name_offset == 8);
  CHECK(files->slots[0].file_offset == 100);
  CHECK(files->slots[0].bytes == ~0ull);
  CheckTruncations(bytes, [](const auto& b) { return StatusOf(DecodeExternalFiles(ReaderOf(b), kSizes)); });
  CHECK_FALSE(DecodeExternalFiles(ReaderOf(Bytes8().U8(1).Zeros(3).U16(0xFFFF).U16(0xFFFF).U64(800).Zeros(24).get()), kSizes));
  CHECK_FALSE(DecodeExternalFiles(ReaderOf(Bytes8().U8(1).Zeros(3).U16(1).U16(2).U64(800).Zeros(48).get()), kSizes));
}
