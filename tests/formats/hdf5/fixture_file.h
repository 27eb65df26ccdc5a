#pragma once
// Opens the files of fixtures/hdf5/ in tests.

#include <doctest/doctest.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "formats/hdf5/format.h"
#include "model/map.h"
#include "project_folder.h"

namespace rutter {

inline std::string FixturePath(const std::string& name) { return (ProjectFolder() / "fixtures" / "hdf5" / name).string(); }

inline nlohmann::json ReadJson(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in);
  return nlohmann::json::parse(in);
}

/// A described file; the map's arrays keep what they need of it.
struct FixtureFile {
  std::unique_ptr<FormatFile> file;
  Map map;

  const Array& At(const std::string& path) const {
    CAPTURE(path);
    const Node* node = map.Find(path);
    REQUIRE(node != nullptr);
    REQUIRE(node->array != nullptr);
    return *node->array;
  }
};

inline FixtureFile OpenFixture(const std::string& name) {
  auto source = OpenFile(FixturePath(name));
  REQUIRE(source);
  auto file = kHdf5Format.open(*source, {{}, MakeSourceOpener()});
  REQUIRE(file);
  auto map = (*file)->Describe();
  REQUIRE(map);
  return {*std::move(file), *std::move(map)};
}

}  // namespace rutter
