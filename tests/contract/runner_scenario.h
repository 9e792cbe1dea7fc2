// The steps of a scenario, through the C API.
#pragma once

#include <string>
#include <vector>

namespace contract {

struct Step {
  std::string line;
  int number = 0;
  std::vector<Step> block;
};
using Block = std::vector<Step>;

// Throws Failure, which begins with the number of the line.
void run_scenario(const Block& block, const std::string& nodes);

}  // namespace contract
