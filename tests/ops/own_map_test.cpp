#include "ops/own_map.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>

#include "io/user_seal.h"

using namespace rutter;
namespace fs = std::filesystem;

TEST_CASE("a map of one's own leads to its sources, a stranger's does not") {
  char name[] = "/tmp/rutter-seal-XXXXXX";
  fs::path home = fs::path(::mkdtemp(name));
  ::setenv("XDG_STATE_HOME", (home / "mine").c_str(), 1);
  Map map;
  map.sources = {{"/data/a.h5", 1, {}, {}, {}}, {"/raw/b.bin", 1, {}, {}, {}}};

  CHECK_FALSE(IsOwnSeal(std::vector<std::string>{"/data/a.h5"}, "0123"));
  CHECK_FALSE(fs::exists(home / "mine"));  // asking makes no key
  auto seal = SealForMap(map, "/maps/a.json");
  REQUIRE(seal);
  CHECK(seal->size() == 64);
  CHECK(*SealForMap(map, "/maps/other.json") == *seal);
  CHECK((fs::status(home / "mine/rutter/seal.key").permissions() & fs::perms::all) == (fs::perms::owner_read | fs::perms::owner_write));
  map.seal = *seal;
  CHECK(SourcesOfOwnMap(map) == std::vector<std::string>{"/data/a.h5", "/raw/b.bin"});

  map.sources.push_back({"/etc/passwd", 1, {}, {}, {}});
  CHECK(SourcesOfOwnMap(map).empty());
  map.sources.pop_back();
  map.sources[0].url = "/data/c.h5";
  CHECK(SourcesOfOwnMap(map).empty());
  map.sources[0].url = "/data/a.h5";
  ::setenv("XDG_STATE_HOME", (home / "another").c_str(), 1);
  REQUIRE(SealForMap(map, "/maps/a.json"));
  CHECK(SourcesOfOwnMap(map).empty());  // another user's key

  Map beside;
  beside.sources = {{"/data/a.h5", 1, {}, {}, {}}, {"/data/more/b.bin", 1, {}, {}, {}}};
  CHECK(SealForMap(beside, "/data/a.h5.json")->empty());
  CHECK_FALSE(SealForMap(beside, "/data/more/a.json")->empty());
  ::unsetenv("XDG_STATE_HOME");
  fs::remove_all(home);
}
