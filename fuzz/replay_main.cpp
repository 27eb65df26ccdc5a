// Runs a fuzz target over files and folders of inputs, for builds without libFuzzer.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  constexpr std::uintmax_t kMaxBytes = 1 << 20;
  std::vector<fs::path> inputs;
  for (int i = 1; i < argc; ++i) {
    std::error_code missing;
    if (fs::is_directory(argv[i], missing)) {
      for (const auto& entry : fs::recursive_directory_iterator(argv[i])) {
        if (entry.is_regular_file() && entry.file_size() <= kMaxBytes) inputs.push_back(entry.path());
      }
    } else if (fs::is_regular_file(argv[i], missing)) {
      inputs.emplace_back(argv[i]);
    }
  }
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (const fs::path& input : inputs) {
    std::ifstream file(input, std::ios::binary);
    std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::fprintf(stderr, "replays %s\n", input.c_str());  // names the input that a crash belongs to
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  }
  std::printf("%zu passed, 0 failed\n", inputs.size() + 1);
  return 0;
}
