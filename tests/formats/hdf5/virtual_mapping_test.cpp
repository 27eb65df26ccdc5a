#include "formats/hdf5/virtual_mapping.h"

#include "formats/hdf5/bytes.h"

using namespace rutter;
using namespace rutter::hdf5;

namespace {

constexpr auto kEndless = HyperslabAxis::kUnlimited;

Bytes8& All(Bytes8& bytes) { return bytes.U32(3).U32(1).Zeros(8); }
Bytes8& Row(Bytes8& bytes) { return bytes.U32(2).U32(3).U8(1).U8(2).U32(1).U16(0).U16(1).U16(4).U16(1); }

std::vector<std::byte> Block(unsigned version, std::uint64_t origin = 0) {
  Bytes8 bytes;
  bytes.U8(version).U64(2);
  if (version == 1) bytes.U8(0);
  bytes.Text(std::string("a.h5\0name\0", 10));
  Row(All(bytes));
  if (version == 1) {
    bytes.U8(1 | 2).U64(origin).U64(0);
  } else {
    bytes.Text(std::string("a.h5\0name\0", 10));
  }
  Row(All(bytes));
  return bytes.Seal().get();
}

Result<std::vector<VirtualMapping>> Decode(const std::vector<std::byte>& block) {
  return DecodeVirtualMappings(block, 0, *FileOf(block), 1);
}

}  // namespace

TEST_CASE("mappings of both versions") {
  for (unsigned version : {0u, 1u}) {
    auto mappings = Decode(Block(version));
    REQUIRE(mappings);
    REQUIRE(mappings->size() == 2);
    for (const VirtualMapping& mapping : *mappings) {
      CHECK(mapping.file_name == "a.h5");
      CHECK(mapping.dataset_name == "name");
      CHECK(mapping.source_selection.kind == ElementSelection::Kind::kAll);
      CHECK(mapping.virtual_selection.axes[0] == HyperslabAxis{0, 1, 4, 1});
    }
    CheckTruncations(Block(version), [](const auto& bytes) { return StatusOf(Decode(bytes)); });
  }
  auto same_file = Bytes8().U8(1).U64(1).U8(4).Text(std::string("d\0", 2));
  Row(All(same_file));
  CHECK((*Decode(same_file.Seal().get()))[0].file_name == ".");
  CHECK_FALSE(Decode(Block(1, 1)));  // a name of the mapping itself
  CHECK_FALSE(Decode(Block(1, ~0ull)));
  CHECK_FALSE(Decode(Bytes8().U8(0).U64(~0ull).Zeros(64).Seal().get()));
  CHECK_FALSE(Decode(Bytes8().U8(2).U64(0).Seal().get()));
}

TEST_CASE("a scalar has no axes to select along") {
  auto block = Block(0);
  CHECK(DecodeVirtualMappings(block, 0, *FileOf(block), 0).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("names with block numbers") {
  CHECK(SubstituteBlock("f-%b.h5", 12) == "f-12.h5");
  CHECK(SubstituteBlock("%b%%%b", 3) == "3%3");
  CHECK(SubstituteBlock("100%", 3) == "100%");
  CHECK(HasBlockNumber("a%b"));
  CHECK_FALSE(HasBlockNumber("a%%b"));
}

TEST_CASE("how far endless axes reach") {
  HyperslabAxis gaps{1, 4, kEndless, 3};  // 1 2 3, 5 6 7, 9 ...
  CHECK(SelectedBelow(gaps, 0) == 0);
  CHECK(SelectedBelow(gaps, 1) == 0);
  CHECK(SelectedBelow(gaps, 4) == 3);
  CHECK(SelectedBelow(gaps, 5) == 3);
  CHECK(SelectedBelow(gaps, 6) == 4);
  CHECK(EndOfSelected(gaps, 0) == 0);
  CHECK(EndOfSelected(gaps, 3) == 4);
  CHECK(EndOfSelected(gaps, 4) == 6);
  CHECK(EndOfSelected(gaps, ~0ull) == ~0ull);
  HyperslabAxis run{2, 1, kEndless, 1};
  CHECK(SelectedBelow(run, 10) == 8);
  CHECK(EndOfSelected(run, 8) == 10);
}

TEST_CASE("pairs cover every coordinate once and in order") {
  for (HyperslabAxis target : {HyperslabAxis{0, 1, kEndless, 1}, HyperslabAxis{1, 4, kEndless, 3}, HyperslabAxis{0, 5, kEndless, 2}}) {
    for (HyperslabAxis part : {HyperslabAxis{2, 1, kEndless, 1}, HyperslabAxis{0, 3, kEndless, 1}, HyperslabAxis{5, 9, kEndless, 4}}) {
      for (std::uint64_t n = 1; n < 40; ++n) {
        auto pairs = PairAxes(target, part, n);
        REQUIRE(pairs);
        std::uint64_t position = 0;
        for (const AxisPair& pair : *pairs) {
          REQUIRE(pair.target.count * pair.target.block == pair.part.count * pair.part.block);
          for (std::uint64_t i = 0; i < pair.target.count * pair.target.block; ++i, ++position) {
            CHECK(EndOfSelected(pair.target, i + 1) == EndOfSelected(target, position + 1));
            CHECK(EndOfSelected(pair.part, i + 1) == EndOfSelected(part, position + 1));
          }
        }
        CHECK(position == n);
      }
    }
  }
}
