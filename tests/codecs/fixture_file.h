#pragma once
// Opens the files of fixtures/codecs/ in tests.

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "formats/hdf5/format.h"
#include "model/map.h"
#include "read/source_pool.h"

namespace rutter::test {

inline std::filesystem::path FixtureFolder() {
  auto folder = std::filesystem::current_path();
  while (!std::filesystem::exists(folder / "fixtures" / "codecs") && folder.has_relative_path()) folder = folder.parent_path();
  return folder / "fixtures" / "codecs";
}

struct CodecFixture {
  std::shared_ptr<ByteSource> source;
  std::unique_ptr<FormatFile> file;
  Map map;

  std::shared_ptr<SourcePool> pool() const { return std::make_shared<SourcePool>(std::vector<std::shared_ptr<ByteSource>>{source}); }
};

inline CodecFixture OpenCodecFixture(const std::string& name) {
  auto source = OpenFile((FixtureFolder() / name).string());
  REQUIRE(source);
  auto file = kHdf5Format.open(*source, {{}, MakeSourceOpener()});
  REQUIRE(file);
  auto map = (*file)->Describe();
  REQUIRE(map);
  return {*source, *std::move(file), *std::move(map)};
}

}  // namespace rutter::test
