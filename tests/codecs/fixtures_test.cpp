// Every array of fixtures/codecs/, against what the reference libraries read from it.

#include "base/limits.h"
#include "codecs/fixture_file.h"
#include "read/reader.h"

using namespace rutter;
using namespace rutter::test;

namespace {

/// Reads the whole array as native elements.
Result<std::vector<std::byte>> ReadAll(const Array& array, const std::shared_ptr<SourcePool>& pool) {
  Reader reader(pool, Limits());
  Slice slice = WholeSlice(array.shape);
  std::vector<std::byte> out(slice.NumElements() * static_cast<std::size_t>(NativeType(array.dtype)->size_bytes));
  RUTTER_TRY(reader.Read(array, slice, out));
  return out;
}

/// Compares every array at the root of a file with /expected/NAME; one with an attribute `error` must fail with it.
void CheckFile(const std::string& name) {
  CodecFixture fixture = OpenCodecFixture(name);
  auto pool = fixture.pool();
  int compared = 0;
  for (const auto& node : fixture.map.root.children) {
    if (node->kind != NodeKind::kArray) continue;
    std::string path = name + ":" + node->name;
    CAPTURE(path);
    ++compared;
    auto found = ReadAll(*node->array, pool);
    if (const Attribute* error = node->FindAttribute("error")) {
      REQUIRE_FALSE(found);
      std::string message = found.error().ToString();
      CAPTURE(message);
      CHECK(message.find(*error->value.As<std::string>()) != std::string::npos);
      continue;
    }
    std::string problem = found ? "" : found.error().ToString();
    CHECK(problem == "");
    const Node* expected = fixture.map.Find("expected/" + node->name);
    REQUIRE(expected != nullptr);
    auto values = ReadAll(*expected->array, pool);
    REQUIRE(values);
    if (!found) continue;
    bool equal = *found == *values;
    CHECK(equal);
  }
  CHECK(compared > 0);
}

}  // namespace

TEST_CASE("deflate and shuffle") { CheckFile("deflate.h5"); }
TEST_CASE("fletcher32, right and broken") { CheckFile("fletcher32.h5"); }
TEST_CASE("every combination of stages that a chunk may leave out") { CheckFile("masks.h5"); }
TEST_CASE("szip in both modes") { CheckFile("szip.h5"); }
TEST_CASE("n-bit") { CheckFile("nbit.h5"); }
TEST_CASE("scale-offset") { CheckFile("scaleoffset.h5"); }
TEST_CASE("LZF, bzip2, Zstandard, LZ4") { CheckFile("whole_bytes.h5"); }
TEST_CASE("Blosc") { CheckFile("blosc.h5"); }
TEST_CASE("Blosc2 as the HDF5 filter writes it") { CheckFile("blosc2.h5"); }
TEST_CASE("Blosc2 frames of several chunks and filters") { CheckFile("blosc2_arrays.h5"); }
TEST_CASE("Bitshuffle") { CheckFile("bitshuffle.h5"); }
TEST_CASE("ZFP") { CheckFile("zfp.h5"); }
TEST_CASE("ZFP of a big-endian machine: the header's words are swapped, and so are the elements") {
  CodecFixture fixture = OpenCodecFixture("zfp.h5");
  int compared = 0;
  for (const auto& node : fixture.map.root.children) {
    if (node->kind != NodeKind::kArray || node->FindAttribute("error") != nullptr) continue;
    auto values = ReadAll(*node->array, fixture.pool());
    REQUIRE(values);
    Array swapped = *node->array;
    for (std::size_t k = 1; k < swapped.codecs.at(0).values.size(); ++k) swapped.codecs[0].values[k] = __builtin_bswap32(swapped.codecs[0].values[k]);
    auto dtype = std::make_shared<Dtype>(*swapped.dtype);
    dtype->order = ByteOrder::kBig;
    swapped.dtype = std::move(dtype);
    auto found = ReadAll(swapped, fixture.pool());
    REQUIRE(found);
    bool equal = *found == *values;
    CHECK(equal);
    ++compared;
  }
  CHECK(compared > 0);
}
TEST_CASE("filters that only round") { CheckFile("identity.h5"); }
TEST_CASE("filters that cannot be undone are named") { CheckFile("unknown.h5"); }
