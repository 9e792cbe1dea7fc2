// Runs a fuzz target over files that are there: replay.cpp is its main where there is no libFuzzer.
//   fuzz.<name> FOLDER-OR-FILE...
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"

namespace {

void run(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  // A block of its very size, so that a tool sees each byte read past it.
  const auto input = std::make_unique<std::uint8_t[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), input.get());
  if (std::getenv("RC_TEST_VERBOSE") != nullptr) std::fprintf(stderr, "%s\n", path.c_str());
  LLVMFuzzerTestOneInput(input.get(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> inputs;
  for (int i = 1; i < argc; ++i) {
    const std::filesystem::path path(argv[i]);
    if (!std::filesystem::is_directory(path)) {
      inputs.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (const auto& input : inputs) run(input);
  std::printf("%zu inputs\n", inputs.size());
  return inputs.empty() ? EXIT_FAILURE : EXIT_SUCCESS;  // a corpus that is not found shows nothing
}
