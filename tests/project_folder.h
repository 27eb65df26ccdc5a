#pragma once

#include <filesystem>

namespace rutter {

/// The project's folder, found upwards from where the test runs.
inline std::filesystem::path ProjectFolder() {
  auto folder = std::filesystem::current_path();
  while (!std::filesystem::exists(folder / "fixtures" / "hdf5") && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

}  // namespace rutter
