// Five tasks in C++: list a file, read a slice, save a slice, write the map, check the file.
//   read_slice FILE-OR-URL /path/to/array '0:4' OUTPUT-FOLDER

#include <cstdio>
#include <rutter/rutter.h>
#include <string>

namespace {

int Fail(const rutter::Error& error) {
  std::fprintf(stderr, "%s\n", error.ToString().c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "hint: %s\n", error.hint.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: read_slice FILE-OR-URL ARRAY SLICE OUTPUT-FOLDER\n");
    return 2;
  }
  const std::string folder = argv[4];
  auto file = rutter::File::Open(argv[1]);
  if (!file) return Fail(file.error());

  auto nodes = file->List();
  if (!nodes) return Fail(nodes.error());
  for (const rutter::NodeInfo& node : *nodes) {
    if (node.kind == rutter::NodeKind::kArray) std::printf("array %s\n", node.path.c_str());
  }

  auto array = file->OpenArray(argv[2]);
  if (!array) return Fail(array.error());
  auto slice = rutter::ParseSlice(argv[3], array->info().shape);
  if (!slice) return Fail(slice.error());
  rutter::ReadOptions options;
  options.max_memory = 256 << 20;
  auto bytes = array->Read(*slice, options);
  if (!bytes) return Fail(bytes.error());
  std::printf("%zu bytes of %s (%s)\n", bytes->size(), array->info().type.title.c_str(), array->info().type.numpy.c_str());

  if (auto saved = array->Save(*slice, folder + "/slice.npy", options); !saved) return Fail(saved.error());
  auto map = file->WriteMap(folder + "/map.json");
  if (!map) return Fail(map.error());
  std::printf("a map of %llu arrays\n", static_cast<unsigned long long>(map->arrays));

  auto check = file->Check();
  if (!check) return Fail(check.error());
  for (const rutter::Finding& finding : check->findings) std::printf("%s: %s\n", finding.path.c_str(), finding.message.c_str());
  std::printf("%llu chunks checked, %llu local reads\n", static_cast<unsigned long long>(check->chunks),
              static_cast<unsigned long long>(file->counters().local_reads));
  return 0;
}
