// Runs the contract through the C API. See README.md.
//   contract_runner_c FILE...    beside contract_with_cluster
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "runner_scenario.h"
#include "runner_values.h"

using namespace contract;

namespace {

struct Scenario {
  std::string name;
  std::string file;
  Block block;
};

std::string first_word(const std::string& line) { return line.substr(0, line.find(' ')); }

bool has_block(const std::string& word) {
  return word == "watch" || word == "threads" || word == "background" || word == "fork" || word == "first";
}

// ThreadSanitizer cannot follow the threads of a forked child.
#ifdef __SANITIZE_THREAD__
constexpr bool kCanFork = false;
#else
constexpr bool kCanFork = true;
#endif

// "dir/values.txt" to "values.txt"
std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

void read(const char* path, std::vector<Scenario>& scenarios) {
  std::ifstream file(path);
  if (!file) throw Failure(std::string(path) + " cannot be read");
  std::vector<Block*> open;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    const std::string word = first_word(line);
    if (line.empty() || line[0] == '#') continue;
    if (word == "scenario") {
      scenarios.push_back({line.substr(9), base_name(path), {}});
      open = {&scenarios.back().block};
    } else if (word == "end") {
      open.pop_back();
    } else {
      open.back()->push_back({line, number, {}});
      if (has_block(word)) open.push_back(&open.back()->back().block);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* nodes = std::getenv("RC_TEST_NODES");
  if (argc < 2 || nodes == nullptr) {
    std::fprintf(stderr, "usage: contract_with_cluster contract_runner_c FILE...\n");
    return 2;
  }
  std::vector<Scenario> scenarios;
  for (int i = 1; i < argc; ++i) read(argv[i], scenarios);

  std::size_t passed = 0;
  std::size_t skipped = 0;
  for (const Scenario& scenario : scenarios) {
    if (!kCanFork && scenario.block.front().line == "needs fork") {
      ++skipped;
      std::printf("skipped %s: ThreadSanitizer\n", scenario.name.c_str());
      continue;
    }
    try {
      run_scenario(scenario.block, nodes);
      ++passed;
      std::printf("ok %s\n", scenario.name.c_str());
    } catch (const std::exception& failure) {
      std::printf("FAILED %s: %s:%s\n", scenario.name.c_str(), scenario.file.c_str(), failure.what());
    }
    std::fflush(stdout);
  }
  const std::size_t all = scenarios.size() - skipped;
  std::printf("contract: %zu of %zu passed, %zu skipped\n", passed, all, skipped);
  return passed == all && passed > 0 ? 0 : 1;
}
