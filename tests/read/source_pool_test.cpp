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

namespace {

/// Sources as a disk has them, or a server; and a server that is asked for many at once.
class WorldOpener : public SourceOpener {
 public:
  class WorldSource : public ByteSource {
   public:
    WorldSource(std::string name, Fingerprint fingerprint) : name_(std::move(name)), fingerprint_(std::move(fingerprint)) {}
    const std::string& name() const override { return name_; }
    std::uint64_t size() const override { return fingerprint_.size; }
    Fingerprint fingerprint() const override { return fingerprint_; }
    Status ReadAt(std::uint64_t, std::span<std::byte>) override { return {}; }

   private:
    std::string name_;
    Fingerprint fingerprint_;
  };

  Result<std::shared_ptr<ByteSource>> Open(std::string_view reference, std::string_view) override {
    ++opened;
    if (reference == "gone.bin") return Fail(ErrorCode::kNotFound, "cannot open");
    Fingerprint fingerprint{10, std::nullopt, etag, ""};
    if (is_local) fingerprint.mtime_ns = mtime_ns;
    return std::make_shared<WorldSource>(std::string(reference), fingerprint);
  }
  Result<std::shared_ptr<ByteSource>> OpenMapped(std::string_view reference, std::string_view base, const Fingerprint& mapped) override {
    last_mapped = mapped;
    return Open(reference, base);
  }
  std::vector<std::optional<Result<std::shared_ptr<ByteSource>>>> OpenAhead(std::span<const std::string> references, std::string_view base) override {
    ahead.push_back(references.size());
    std::vector<std::optional<Result<std::shared_ptr<ByteSource>>>> results(references.size());
    for (std::size_t k = 0; k < references.size() && !is_local; ++k) results[k] = Open(references[k], base);
    return results;
  }

  bool is_local = false;
  std::int64_t mtime_ns = 5;
  std::string etag;
  std::size_t opened = 0;
  std::vector<std::size_t> ahead;
  Fingerprint last_mapped;
};

std::vector<Source> ManySources(std::size_t count) {
  std::vector<Source> sources(count);
  for (std::size_t k = 0; k < count; ++k) sources[k].url = std::to_string(k) + ".bin";
  return sources;
}

}  // namespace

TEST_CASE("of many local sources some are closed, and are the same or changed when they are opened again") {
  auto opener = std::make_shared<WorldOpener>();
  opener->is_local = true;
  const std::size_t count = SourcePool::kMostLocal + 10;
  SourcePool pool(ManySources(count), "map.json", opener);
  std::weak_ptr<ByteSource> first = *pool.Get(0);
  for (std::uint32_t k = 1; k < count; ++k) REQUIRE(pool.Get(k));
  CHECK(opener->opened == count);
  CHECK(first.expired());
  REQUIRE(pool.Get(static_cast<std::uint32_t>(count - 1)));
  CHECK(opener->opened == count);
  REQUIRE(pool.Get(0));
  CHECK(opener->opened == count + 1);
  CHECK(opener->last_mapped.size == 10);
  CHECK(opener->last_mapped.mtime_ns == 5);
  opener->mtime_ns = 6;
  auto changed = pool.Get(1);
  REQUIRE(!changed);
  CHECK(changed.error().code == ErrorCode::kSourceChanged);
}

TEST_CASE("sources of servers are opened together, and what fails is told once") {
  auto opener = std::make_shared<WorldOpener>();
  std::vector<Source> sources = ManySources(6);
  sources[2].url = "gone.bin";
  sources[4].size = 10;  // opened without a question
  SourcePool pool(sources, "map.json", opener);
  const std::vector<std::uint32_t> wanted{0, 1, 2, 3, 4, 99};
  pool.OpenAhead(wanted);
  CHECK(opener->ahead == std::vector<std::size_t>{4});
  CHECK(opener->opened == 4);
  CHECK(pool.Get(0));
  CHECK(pool.TryGet(2) == nullptr);
  CHECK(pool.Get(2).error().code == ErrorCode::kNotFound);
  CHECK(opener->opened == 4);
  CHECK(pool.Get(2).error().code == ErrorCode::kNotFound);  // asked again
  CHECK(opener->opened == 5);
  CHECK(pool.TryGet(4) != nullptr);
  CHECK(pool.TryGet(99) == nullptr);
  pool.OpenAhead(wanted);
  CHECK(opener->ahead.size() == 1);  // one alone is left to Get
}

TEST_CASE("local sources are not opened ahead") {
  auto opener = std::make_shared<WorldOpener>();
  opener->is_local = true;
  SourcePool pool(ManySources(3), "map.json", opener);
  const std::vector<std::uint32_t> wanted{0, 1, 2};
  pool.OpenAhead(wanted);
  pool.OpenAhead(wanted);
  CHECK(opener->ahead.size() == 1);
  CHECK(opener->opened == 0);
  CHECK(pool.Get(2));
}
