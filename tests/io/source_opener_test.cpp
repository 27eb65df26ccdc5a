#include "io/source_opener.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

using namespace rutter;
namespace fs = std::filesystem;

TEST_CASE("a file may lead into its own folder and into allowed ones only") {
  char name[] = "/tmp/rutter-opener-XXXXXX";
  fs::path folder = fs::path(::mkdtemp(name));
  fs::create_directories(folder / "own" / "sub");
  fs::create_directories(folder / "other");
  for (const char* file : {"own/a.h5", "own/b.bin", "own/sub/c.bin", "other/d.bin"}) std::ofstream(folder / file) << "x";
  fs::create_symlink(folder / "other" / "d.bin", folder / "own" / "sly.bin");
  std::string base = (folder / "own" / "a.h5").string();

  auto opener = MakeSourceOpener();
  CHECK(opener->Open("b.bin", base));
  CHECK(opener->Open("sub/c.bin", base));
  CHECK(opener->Open((folder / "own" / "b.bin").string(), base));
  for (std::string out : {std::string("../other/d.bin"), (folder / "other/d.bin").string(), std::string("/etc/hostname"), std::string("sly.bin")}) {
    auto refused = opener->Open(out, base);
    REQUIRE(!refused);
    CHECK(refused.error().code == ErrorCode::kPolicy);
    CHECK(refused.error().hint.find("--allow") != std::string::npos);
  }
  auto missing = opener->Open("none.bin", base);
  REQUIRE(!missing);
  CHECK(missing.error().code == ErrorCode::kNotFound);
  CHECK(MakeSourceOpener({(folder / "other").string()})->Open("../other/d.bin", base));
  fs::remove_all(folder);
}
