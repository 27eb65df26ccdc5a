#include "read/source_pool.h"

#include <doctest/doctest.h>

using namespace rutter;

namespace {

class CountingOpener : public SourceOpener {
 public:
  Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view) override {
    ++opened;
    if (reference == "gone.bin") return Fail(ErrorCode::kNotFound, "cannot open");
    return MakeMemorySource(std::string(reference), std::vector<std::byte>(10));
  }
  int opened = 0;
};

}  // namespace

TEST_CASE("sources are opened once, on first use, and compared with what was mapped") {
  auto opener = std::make_shared<CountingOpener>();
  std::vector<Source> sources(4);
  sources[0] = {"a.bin", 10, std::nullopt, "", ""};
  sources[1] = {"b.bin", 11, std::nullopt, "", ""};
  sources[2] = {"gone.bin", 5, std::nullopt, "", ""};
  sources[3] = {"unknown size.bin", 0, 123, "\"tag\"", ""};  // what only one side knows is no difference
  SourcePool pool(sources, "map.json", opener);
  CHECK(opener->opened == 0);
  auto first = pool.Get(0);
  REQUIRE(first);
  CHECK(*pool.Get(0) == *first);
  CHECK(opener->opened == 1);
  auto changed = pool.Get(1);
  REQUIRE(!changed);
  CHECK(changed.error().code == ErrorCode::kSourceChanged);
  CHECK(changed.error().message == "the source is not the one that was mapped: it had 11 bytes when it was mapped and has 10 now");
  CHECK(changed.error().hint == "map it again");
  CHECK(pool.Get(2).error().code == ErrorCode::kNotFound);
  CHECK(pool.Get(3));
  CHECK(pool.Get(4).error().code == ErrorCode::kCorrupt);
}

TEST_CASE("sources that are open already") {
  SourcePool pool({MakeMemorySource("m", {})});
  CHECK(pool.Get(0));
  CHECK(!pool.Get(1));
}
